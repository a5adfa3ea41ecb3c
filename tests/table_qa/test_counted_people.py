"""Rows are counted as people only where a column names such people."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

COURSES = "Course,Teacher,Fee\nThrowing,Ines Kowal,184\nGlazes,Wen Achter,140\nRaku,Sun Dahl,76\n"
MEMBERS = "Name,Joined,Role\nAnna Lind,2020,rower\nBo Tor,2021,cox\nIda Vel,2023,rower\n"


@pytest.mark.parametrize("question", ["how many members", "How many staff are there?"])
def test_rows_with_a_teacher_are_no_members(tmp_path: Path, question: str) -> None:
    (tmp_path / "courses.csv").write_text(COURSES, "utf-8")
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(tmp_path / "courses.csv")
        answer = index.ask(question)
    assert answer.short_text != "3"


def test_rows_with_a_name_are_members(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text(MEMBERS, "utf-8")
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(tmp_path / "members.csv")
        answer = index.ask("How many members are there?")
    assert answer.short_text == "3"
