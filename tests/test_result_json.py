"""Results as JSON and as HTML: one shape for the library, ``--json`` and REST; nothing raw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rag_infer
from rag_infer import Failure, Index, IngestReport, UnreachablePath
from rag_infer.responses import RESPONSES, to_jsonable

EVIL_ID = "<b>evil</b>"
TEXT = "The <script>alert(1)</script> tower of Brock has 12 floors. It was built in 1871."


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        opened.add_text(TEXT, id=EVIL_ID, title="<i>Tower</i>")
        yield opened


def results(index: Index) -> dict[str, Any]:
    answer = index.ask("How many floors has the tower of Brock?")
    return {
        "answer": answer,
        "citation": answer.citations[0],
        "summary": index.summarize(EVIL_ID),
        "fact check": index.fact_check("The tower of Brock has 12 <u>floors</u>."),
        "hit": index.search("tower of Brock")[0],
        "ingest report": index.add_text("The mill turns.", id="mill"),
        "status": index.status(),
        "document": index.documents()[0],
        "replay": index.replay(index.receipt(answer)),
    }


def test_every_result_writes_the_json_of_the_command(index: Index) -> None:
    for name, result in results(index).items():
        fields = result.to_dict()
        assert fields == to_jsonable(result), name
        assert json.loads(result.to_json(indent=2)) == fields, name
    assert not [name for name in RESPONSES if not hasattr(getattr(rag_infer, name), "to_json")]


def test_the_shapes_are_flat_and_named_as_in_rest(index: Index) -> None:
    every = results(index)
    assert every["answer"].to_dict()["citations"][0]["document_id"] == EVIL_ID
    assert every["hit"].to_dict()["text"] == TEXT
    assert every["ingest report"].to_dict()["indexed"][0]["document_id"] == "mill"
    assert every["document"].to_dict()["groups"] == []
    assert every["status"].to_dict()["documents"] == 2
    replay = every["replay"].to_dict()
    assert replay["answer"]["short_text"] == every["answer"].short_text
    # The text was added since the receipt was written, so it says what differs.
    assert all(difference.keys() == {"what", "then", "now"} for difference in replay["differences"])


def test_a_report_says_what_could_not_be_reached() -> None:
    report = IngestReport(
        (), 0, (), (Failure("a.pdf", "damaged"),), {}, 0, 0, 1, 0.0,
        unreachable=(UnreachablePath("share/", "not mounted", 3),),
    )  # fmt: skip
    fields = report.to_dict()
    assert fields["failed"] == [{"document_id": "a.pdf", "reason": "damaged"}]
    assert fields["unreachable"] == [{"path": "share/", "reason": "not mounted", "documents": 3}]


@pytest.mark.parametrize("name", ["answer", "summary", "fact check"])
def test_notebooks_show_results_escaped(index: Index, name: str) -> None:
    page = results(index)[name]._repr_html_()
    assert "12" in page and "&lt;b&gt;evil&lt;/b&gt;" in page
    for raw in ("<script>", "<b>evil", "<i>Tower", "<u>"):
        assert raw not in page, raw
