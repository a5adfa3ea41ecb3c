"""Statements that stand in two documents, and two values in one sentence."""

from __future__ import annotations

import pytest

from rag_infer import Index

RULES = (
    "# Allotments: rules for {year}\n\nA full plot costs {full} pounds a year and a half plot "
    "{half} pounds. Water is turned off from 1 November to 15 March because the pipes freeze.\n"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("copies")
    for year, full, half in ((2024, 62, 35), (2025, 66, 38)):
        text = RULES.format(year=year, full=full, half=half)
        (folder / f"Allotments_{year}.md").write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    "question", ["When is the water turned off?", "Why is the water turned off?"]
)
def test_a_statement_is_as_sure_in_two_documents_as_in_one(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert "1 November" in answer.text


def test_the_short_answer_is_the_value_of_the_part_that_is_asked_about(index: Index) -> None:
    answer = index.ask("How much is a full plot?")
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "66 pounds"
