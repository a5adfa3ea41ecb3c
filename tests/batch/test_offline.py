"""A batch exported in OpenAI's format and imported again, against a server that speaks it."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import AskOptions, Index
from rag_infer.batch.attempts import AskSettings
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.offline import ExportReport, ImportReport, export_batch, import_batch
from rag_infer.batch.questions import read_batch
from rag_infer.batch.run import BatchOptions, run_batch
from rag_infer.errors import InputError
from tests.command import run_command
from tests.generate.model_server import reply, server

pytest.importorskip("openai")
TOWNS = "Leeds York Hull Bath".split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    index = Index.open(tmp_path / "index", create=True)
    for town in TOWNS:
        index.add_text(f"The depot in {town} opens at 7:{len(town)}0 and shuts at 18:00.", id=town)
    questions = [{"id": t, "question": f"When does the depot in {t} open?"} for t in TOWNS]
    questions.append({"id": "sum", "question": "What is 12 * 30?"})  # needs no model
    text = "".join(json.dumps(question) + "\n" for question in questions)
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")
    return tmp_path


def says(town: str) -> str:
    return f"The depot in {town} opens at 7:{len(town)}0 [1]."


def completion(town: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": says(town)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43}
    return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}


def town_of(body: dict[str, Any]) -> str:
    question = body["messages"][-1]["content"].rsplit("depot in ", 1)[1]
    return next(town for town in TOWNS if question.startswith(town))


@pytest.fixture
def model() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    def streaming(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        body["stream"] and reply(to, 200, _events(town_of(body)), "text/event-stream")

    with server(streaming) as (url, requests):
        yield f"{url}#m", requests


def _events(town: str) -> str:
    response = completion(town)
    choice = response["choices"][0]
    parts = [
        {"choices": [{"index": 0, "delta": choice["message"], "finish_reason": "stop"}]},
        {"choices": [], "usage": response["usage"]},
    ]
    return "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n\n"


def options(llm: str) -> BatchOptions:
    return BatchOptions(AskSettings(llm, None, AskOptions()))


def export(home: Path, llm: str, output: str = "out.jsonl") -> ExportReport:
    rows = read_batch(home / "questions.jsonl")
    with AnswerJournal(home / output) as journal:
        index = Index.open(home / "index")
        return export_batch(index, rows, journal, options(llm), home / "requests.jsonl")


def imported(home: Path, llm: str, *results: dict[str, Any] | str) -> ImportReport:
    text = "\n".join(r if isinstance(r, str) else json.dumps(r) for r in results)
    (home / "results.jsonl").write_text(text, "utf-8")
    rows = read_batch(home / "questions.jsonl")
    with AnswerJournal(home / "out.jsonl") as journal:
        index = Index.open(home / "index")
        return import_batch(index, rows, journal, options(llm), [home / "results.jsonl"])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def result(request: dict[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
    """As OpenAI's service and ``vllm run-batch`` write it."""
    answer = body or completion(town_of(request["body"]))
    response = {"status_code": status, "request_id": "r", "body": answer}
    return {"id": "b", "custom_id": request["custom_id"], "response": response, "error": None}


def rag(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, cwd=home, env={**os.environ, "NO_COLOR": "1"})


def settled(value: Any) -> Any:
    """Without seconds, and without the last digits, which depend on what is embedded together."""
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items() if k != "seconds" and not k.endswith("_s")}
    if isinstance(value, list):
        return [settled(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def test_imported_answers_are_those_of_a_run(home: Path, model: Any) -> None:
    llm, requests = model
    report = export(home, llm)
    assert (report.requests, report.batch.answered, report.batch.exported) == (4, 1, 4)
    assert requests == []  # nothing was asked
    exported = lines(home / "requests.jsonl")
    assert all(r["method"] == "POST" and r["url"] == "/v1/chat/completions" for r in exported)
    assert not any("stream" in r["body"] for r in exported)

    done = imported(home, llm, *map(result, reversed(exported)))
    assert (done.batch.answered, done.batch.before, done.batch.failed) == (4, 1, 0)
    with AnswerJournal(home / "direct.jsonl") as journal:
        rows = read_batch(home / "questions.jsonl")
        run_batch(Index.open(home / "index"), rows, journal, options(llm))
    own = {r["id"]: settled(r) for r in lines(home / "out.jsonl")}
    direct = {r["id"]: settled(r) for r in lines(home / "direct.jsonl")}
    assert own == direct
    assert own["York"]["answer"]["claims"][0]["verdict"] == "supported"
    sent = sorted(json.dumps(r["messages"]) for r in requests)
    assert sent == sorted(json.dumps(r["body"]["messages"]) for r in exported)


def test_a_wrong_text_is_not_supported(home: Path, model: Any) -> None:
    llm, _ = model
    export(home, llm)
    first, *_ = lines(home / "requests.jsonl")
    wrong = completion("Leeds")
    wrong["choices"][0]["message"]["content"] = "The depot opens at noon on Sundays only [1]."
    imported(home, llm, result(first, **wrong))
    row = next(r for r in lines(home / "out.jsonl") if r["key"] == first["custom_id"])
    assert row["answer"]["claims"][0]["verdict"] != "supported"


def test_errors_missing_and_strange_lines(home: Path, model: Any) -> None:
    llm, _ = model
    export(home, llm)
    leeds, york, hull, _bath = lines(home / "requests.jsonl")
    expired = {"code": "batch_expired", "message": "it was too late"}
    done = imported(
        home, llm, "torn {", result({**leeds, "custom_id": "stranger"}),
        result(york, 429, error={"message": "slow down"}),
        {"id": "b", "custom_id": hull["custom_id"], "response": None, "error": expired},
        result(leeds), result(leeds), "[]",
    )  # fmt: skip
    assert (done.batch.answered, done.batch.failed, done.batch.exported) == (1, 2, 1)
    assert (done.unknown, done.unreadable, done.repeated) == (1, 2, 0)
    errors = {r["id"]: r["error"] for r in lines(home / "out.jsonl")}
    assert errors["Leeds"] is None
    assert "429" in errors["York"]
    assert "slow down" in errors["York"]
    assert "too late" in errors["Hull"]
    again = imported(home, llm, result(leeds))
    assert (again.repeated, again.batch.answered) == (1, 0)


def test_what_is_answered_is_not_exported_again(home: Path, model: Any) -> None:
    llm, requests = model
    export(home, llm)
    first, second, *others = lines(home / "requests.jsonl")
    assert export(home, llm).requests == 4  # the same requests under the same ids
    assert lines(home / "requests.jsonl") == [first, second, *others]
    imported(home, llm, result(first), result(second, 500, error={"message": "down"}))
    assert export(home, llm).requests == 2  # nor what failed, unless it is to be tried again
    with AnswerJournal(home / "out.jsonl") as journal:
        journal.drop_failed(drop_exported=False)
    assert {r["custom_id"] for r in lines(home / "requests.jsonl")} == {
        r["custom_id"] for r in others
    }
    assert export(home, llm).requests == 3
    with AnswerJournal(home / "out.jsonl") as journal:
        report = run_batch(
            Index.open(home / "index"), read_batch(home / "questions.jsonl"), journal, options(llm)
        )
    assert (report.exported, report.answered) == (3, 0)
    assert requests == []


def test_an_index_that_changed_is_said(home: Path, model: Any) -> None:
    llm, _ = model
    export(home, llm)
    index = Index.open(home / "index")
    generation = index.engine.manifest().generation
    index.add_text("The depot in Leeds is closed for good.", id="Leeds")
    done = imported(home, llm, *map(result, lines(home / "requests.jsonl")))
    assert done.changed_generations == (generation,)
    row = next(r for r in lines(home / "out.jsonl") if r["id"] == "Leeds")
    assert row["generation"] == generation
    assert row["answer"]["claims"][0]["verdict"] == "supported"  # by what the model was shown
    assert "7:50" in row["answer"]["citations"][0]["quote"]


def test_results_of_other_questions_are_refused(home: Path, model: Any) -> None:
    llm, _ = model
    export(home, llm)
    requests = lines(home / "requests.jsonl")
    with pytest.raises(InputError, match="no result belongs"):
        imported(home, llm, *(result({**r, "custom_id": f"x{n}"}) for n, r in enumerate(requests)))
    with pytest.raises(InputError, match="no result of a batch"):
        imported(home, llm, "my notes")


def test_a_broken_check_keeps_what_was_paid_for(home: Path, model: Any) -> None:
    llm, _ = model
    export(home, llm)
    requests = lines(home / "requests.jsonl")
    rows = read_batch(home / "questions.jsonl")
    (home / "results.jsonl").write_text(json.dumps(result(requests[0])), "utf-8")
    broken = AskSettings(llm, None, AskOptions(verifier=str(home / "no_such_model")))
    with AnswerJournal(home / "out.jsonl") as journal:
        import_batch(
            Index.open(home / "index"), rows, journal,
            replace(options(llm), settings=broken), [home / "results.jsonl"],
        )  # fmt: skip
    assert imported(home, llm, *map(result, requests)).batch.answered == 4


def test_the_command(home: Path, model: Any) -> None:
    llm, requests = model
    base = ["batch", "questions.jsonl", "-o", "out.jsonl", "-i", "./index", "--llm", llm]
    done = rag(home, *base, "--export", "requests.jsonl")
    assert done.returncode == 0, done.stderr
    assert "requests: requests.jsonl, 4 requests" in done.stdout
    results = [json.dumps(result(r)) for r in lines(home / "requests.jsonl")]
    (home / "a.jsonl").write_text("\n".join(results[:1]), "utf-8")
    (home / "b.jsonl").write_text("\n".join(results[1:3]), "utf-8")
    done = rag(home, *base, "--import", "a.jsonl", "--import", "b.jsonl")
    assert done.returncode == 1  # one has no result yet
    assert "exported" in done.stdout
    assert requests == []
    done = rag(home, *base, "--retry-failed", "--ordered")
    assert done.returncode == 0, done.stderr
    assert len(requests) == 1
    assert [r["id"] for r in lines(home / "out.jsonl")] == [*TOWNS, "sum"]
    done = rag(home, *base, "--export", "r", "--import", "a.jsonl")
    assert "two commands" in done.stderr
