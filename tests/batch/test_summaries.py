"""Documents that a batch summarizes: named by lines, each once, within the limit of costs."""

import json
import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.batch.documents import read_documents
from tests.command import run_command
from tests.generate.model_server import reply, server

pytest.importorskip("openai")
TOWNS = ("Leeds", "York", "Hull", "Bath")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "depots"
    folder.mkdir()
    for town in TOWNS:
        text = f"The depot in {town} opens at 7:30. It shuts at 18:00. Trucks are washed on Friday."
        (folder / f"{town}.md").write_text(text)
    Index.open(tmp_path / "index", create=True).add(folder)
    return tmp_path


def summarize(home: Path, *arguments: str) -> Any:
    env = {**os.environ, "NO_COLOR": "1", "XDG_CONFIG_HOME": str(home / "config"),
           "XDG_STATE_HOME": str(home / "state")}  # fmt: skip
    command = ["batch", "docs.txt", "-o", "out.jsonl", "-i", "./index", "--summarize"]
    return run_command(*command, *arguments, cwd=home, env=env)


def rows(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "out.jsonl").read_text("utf-8").splitlines()]


def spoken(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """A sentence of the first passage, as a model's point."""
    prompt = body["messages"][-1]["content"]
    town = next(town for town in TOWNS if town in prompt)
    message = {"role": "assistant", "content": f"The depot in {town} opens at 7:30 [1]."}
    choice = {"index": 0, "delta": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    parts = [{"choices": [choice]}, {"choices": [], "usage": usage}]
    text = "".join(f"data: {json.dumps(part)}\n\n" for part in parts)
    reply(to, 200, f"{text}data: [DONE]\n\n", "text/event-stream")


def test_names_stand_for_documents(home: Path) -> None:
    index = Index.open(home / "index")
    (home / "d.txt").write_text(f"depots/[LY]*.md\ndepots/York.md\n{home}/depots/Bath.md\nno.md\n")
    (home / "d.csv").write_text("id,document\na,depots/York.md\nb,depots\n")
    (home / "d.jsonl").write_text('{"id": "depots/Hull.md"}\n"depots/Bath.md"\n{"x": 1}\nno\n')
    read = read_documents(home / "d.txt", index)
    assert [(r.id, r.error is None) for r in read] == [
        ("depots/Leeds.md", True), ("depots/York.md", True), ("depots/Bath.md", True),
        ("no.md", False),
    ]  # fmt: skip
    read = read_documents(home / "d.csv", index)
    assert [r.id for r in read] == ["a", *(f"depots/{town}.md" for town in sorted(TOWNS))]
    read = read_documents(home / "d.jsonl", index)
    assert [(r.id, r.question) for r in read if r.error is None] == [
        (f"depots/{town}.md", f"depots/{town}.md") for town in ("Hull", "Bath")
    ]
    assert sum(r.error is not None for r in read) == 2


def test_documents_are_summarized_once_and_again_when_they_change(home: Path) -> None:
    (home / "docs.txt").write_text("depots/*\nno.md\n")
    done = summarize(home, "--bullets", "1")
    assert done.returncode == 1, done.stderr
    assert "summarized          4" in done.stdout
    assert "5 documents in" in done.stdout
    written = {row["id"]: row for row in rows(home)}
    assert "not in the index" in written["no.md"]["error"]
    (point,) = written["depots/York.md"]["answer"]["points"]
    assert "York" in point["text"]
    assert written["depots/York.md"]["answer"]["citations"][0]["quote"] in point["text"]
    (home / "depots" / "York.md").write_text("The depot in York was sold to a brewer in May.")
    Index.open(home / "index").add(home / "depots")
    (home / "docs.txt").write_text("depots/*\n")
    again = summarize(home, "--bullets", "1", "--json")
    report = json.loads(again.stdout)
    assert (again.returncode, report["answered"], report["before"]) == (0, 1, 3)
    assert "brewer" in rows(home)[-1]["answer"]["points"][0]["text"]


def test_a_model_writes_within_the_limit_of_costs(home: Path) -> None:
    (home / "docs.txt").write_text("".join(f"depots/{town}.md\n" for town in TOWNS))
    (home / "config" / "rag-infer").mkdir(parents=True)
    with server(spoken) as (url, requests):
        profile = (
            f'[models.small]\nmodel = "m"\nbase_url = "{url}"\nwindow = 2048\n'
            "price = {input = 1.0, output = 1.0}\n"
        )
        (home / "config" / "rag-infer" / "config.toml").write_text(profile)
        command = ["--llm", "small", "--json"]
        # A call costs 110 millionths, and may cost 2,560; three are set aside for a document.
        short = summarize(home, *command, "--max-cost", "0.0078")
        report = json.loads(short.stdout)
        assert short.returncode == 1
        assert (report["answered"], report["remaining"]) == (2, 2)
        assert report["cost"] == pytest.approx(0.00022)
        enough = summarize(home, *command, "--max-cost", "0.1", "--processes", "2")
        assert enough.returncode == 0, enough.stderr
        assert json.loads(enough.stdout)["before"] == 2
    assert len(requests) == 4
    written = rows(home)
    assert sorted(row["id"] for row in written) == sorted(f"depots/{town}.md" for town in TOWNS)
    assert all(row["answer"]["points"][0]["verdict"] == "supported" for row in written)


def test_a_summary_of_more_calls_than_were_set_aside_is_an_error(home: Path) -> None:
    from rag_infer import AskOptions
    from rag_infer.batch.attempts import AskSettings, Job
    from rag_infer.batch.questions import BatchQuestion
    from rag_infer.batch.summarizing import summarizing
    from rag_infer.batch.summary_task import SummaryTask

    def model(messages: list[dict[str, str]]) -> str:
        return "".join(f"The depot in York opens at 7:{n}0 [1].\n" for n in range(6))

    index = Index.open(home / "index")
    attempt = summarizing(index, AskSettings(model, None, AskOptions(), summary=SummaryTask(2)))
    row = BatchQuestion("York", "depots/York.md")
    failed = attempt(Job(row, "k", calls=1)).fields
    assert "more than the 1 calls" in failed["error"]
    assert attempt(Job(row, "k", calls=3)).fields["answer"]["points"]
