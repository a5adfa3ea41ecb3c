"""Whose the most is, and which row has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

PLOTS = (
    "Plot,Tenant,Area (m2),Rent (EUR)\nA1,Hedda Lorenz,210,147\nA2,Tomasz Wirski,185,129.50\n"
    "B1,Ines Caldeira,240,168\n"
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Who has the largest plot?", "Ines Caldeira"),
        ("Which plot is the largest?", "B1"),
    ],
)
def test_a_person_has_the_most_and_no_code(tmp_path: Path, question: str, value: str) -> None:
    (tmp_path / "plots.csv").write_text(PLOTS)
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(tmp_path / "plots.csv")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == value
