"""Records that models label, how sure they are, and what the stronger one is asked."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.batch.confidence import agreement, value_probabilities
from rag_infer.batch.label_schema import schema_of_file, schema_of_labels
from rag_infer.errors import InputError
from tests.command import run_command
from tests.generate.model_server import reply, server

pytest.importorskip("openai")
pytest.importorskip("jsonschema")
TICKETS = "id,subject,text\na,Invoice,I was billed twice\nb,Crash,It ends at once\nc,Hello,Hm\n"


def said(text: str, probability: float | None) -> str:
    """A stream of a completion whose tokens have a probability."""
    choice: dict[str, Any] = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
    if probability is not None:
        pieces = [text[n : n + 4] for n in range(0, len(text), 4)]
        surest = dict.fromkeys(pieces, 0.0)
        surest[pieces[-2]] = math.log(probability)  # within the value
        choice["logprobs"] = {"content": [{"token": p, "logprob": surest[p]} for p in pieces]}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    parts = [{"choices": [choice]}, {"choices": [], "usage": usage}]
    return "".join(f"data: {json.dumps(p)}\n\n" for p in parts) + "data: [DONE]\n\n"


@contextmanager
def models(*, has_probabilities: bool) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A small model that is sure of bills only, and a strong one, on one server."""

    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        record = body["messages"][-1]["content"].rsplit("Record:", 1)[1]
        is_bill, is_strong = "billed" in record, body["model"] == "strong"
        label = "billing" if is_bill else "bug" if is_strong else "other"
        if body["temperature"] and not is_bill and body.get("seed", 0) % 2:
            label = "bug"  # repeated samples differ
        sure = 0.95 if is_bill or is_strong else 0.4
        text = json.dumps({"label": label})
        reply(to, 200, said(text, sure if has_probabilities else None), "text/event-stream")

    with server(behave) as (url, requests):
        yield url, requests


def label(home: Path, url: str, *arguments: str) -> Any:
    (home / "tickets.csv").write_text(TICKETS, "utf-8")
    profiles = "".join(
        f'[models.{name}]\nmodel = "{name}"\nbase_url = "{url}"\nwindow = 4096\n'
        f"price = {{input = {price}, output = {price}}}\n"
        for name, price in (("small", 1.0), ("strong", 10.0))
    )
    (home / "config" / "rag-infer").mkdir(parents=True, exist_ok=True)
    (home / "config" / "rag-infer" / "config.toml").write_text(profiles, "utf-8")
    env = {**os.environ, "NO_COLOR": "1", "XDG_CONFIG_HOME": str(home / "config")}
    command = ["batch", "tickets.csv", "-o", "out.jsonl", "--llm", "small", "--labels"]
    return run_command(*command, "billing,bug,other", *arguments, cwd=home, env=env)


def rows(home: Path) -> dict[str, Any]:
    lines = (home / "out.jsonl").read_text("utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def test_the_stronger_model_is_asked_where_the_first_is_not_sure(tmp_path: Path) -> None:
    with models(has_probabilities=True) as (url, requests):
        done = label(tmp_path, url, "--escalate", "strong", "--below", "0.7")
        assert done.returncode == 0, done.stderr
        again = label(tmp_path, url, "--escalate", "strong", "--below", "0.7")
    names = [r["model"] for r in requests]
    assert (names.count("small"), names.count("strong")) == (3, 2)  # and none again
    assert '"enum": ["billing", "bug", "other"]' in requests[0]["messages"][0]["content"]
    assert "done before         3" in again.stdout
    a, b = (rows(tmp_path)[name]["answer"] for name in "ab")
    assert (a["values"], a["model"], a["basis"]) == ({"label": "billing"}, "small", "probabilities")
    assert a["confidence"] == pytest.approx(0.95)
    assert (b["values"], b["model"]) == ({"label": "bug"}, "strong")
    assert [call["confidence"] for call in b["calls"]] == pytest.approx([0.4, 0.95])
    assert "small: 3 records, 1 decided, 3 requests, 330 tokens, cost 0.0003" in done.stdout
    assert "strong: 2 records, 2 decided, 2 requests, 220 tokens, cost 0.0022" in done.stdout


def test_without_probabilities_samples_have_to_agree(tmp_path: Path) -> None:
    with models(has_probabilities=False) as (url, requests):
        done = label(tmp_path, url, "--samples", "4")
        assert done.returncode == 0, done.stderr
    assert len(requests) == 15
    a, b = (rows(tmp_path)[name]["answer"] for name in "ab")
    assert (a["basis"], a["confidence"]) == ("agreement", 1.0)
    assert (b["basis"], b["confidence"]) == ("agreement", 0.6)


def test_what_is_not_known_is_said_and_not_sure(tmp_path: Path) -> None:
    with models(has_probabilities=False) as (url, _):
        done = label(tmp_path, url)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path)["a"]["answer"]["confidence"] is None
    assert "confidence unknown of 3" in done.stdout


def test_a_text_that_the_record_does_not_have_is_named(tmp_path: Path) -> None:
    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        text = json.dumps({"product": "boat", "city": None})
        reply(to, 200, said(text, 0.9), "text/event-stream")

    (tmp_path / "s.json").write_text(
        json.dumps({"properties": {"product": {"type": "string"}, "city": {"type": "string"}}})
    )
    (tmp_path / "r.jsonl").write_text('{"id": 1, "text": "The boat leaks"}\n{"text": "A car"}\n')
    env = {**os.environ, "NO_COLOR": "1"}
    with server(behave) as (url, requests):
        command = ["batch", "r.jsonl", "-o", "out.jsonl", "--schema", "s.json"]
        done = run_command(*command, "--llm", f"{url}#m", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    written = rows(tmp_path)
    assert (written["1"]["answer"]["absent"], written["2"]["answer"]["absent"]) == ([], ["product"])
    sent = requests[0]["response_format"]["json_schema"]["schema"]
    assert sent["required"] == ["product", "city"]
    assert sent["properties"]["city"]["type"] == ["string", "null"]


def test_the_ceiling_counts_both_models(tmp_path: Path) -> None:
    with models(has_probabilities=True) as (url, requests):
        done = label(tmp_path, url, "--escalate", "strong", "--max-cost", "0.0001")
    assert done.returncode != 0
    assert "one question may cost up to" in done.stderr
    assert requests == []


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 to"):
        schema_of_labels("one")
    (tmp_path / "s.json").write_text('{"properties": {"a": {"type": "object"}}}')
    with pytest.raises(InputError, match="is of the type object"):
        schema_of_file(tmp_path / "s.json")
    done = label(tmp_path, "http://127.0.0.1:9/v1", "--export", "x.jsonl")
    assert "for questions" in done.stderr


@given(st.lists(st.floats(-3, 0), min_size=6, max_size=6))
def test_a_value_is_as_probable_as_its_tokens(logs: list[float]) -> None:
    tokens = list(zip(['{"a"', ": ", '"x', 'y"', ', "b": ', "7}"], logs, strict=True))
    text = "".join(token for token, _ in tokens)
    probabilities = value_probabilities(text, tokens, ["a", "b"])
    assert probabilities is not None
    assert probabilities["a"] == pytest.approx(math.exp(logs[2] + logs[3]))
    assert probabilities["b"] == pytest.approx(math.exp(logs[5]))
    assert value_probabilities(text, tokens[1:], ["a"]) is None


@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=9))
def test_the_value_of_most_samples_counts(values: list[str]) -> None:
    agreed, shares = agreement([{"a": value} for value in values], ["a"])
    assert values.count(agreed["a"]) == max(map(values.count, values))
    assert shares["a"] == values.count(agreed["a"]) / len(values)
