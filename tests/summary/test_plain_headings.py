"""Outlines of plain text: headings in capitals and numbered lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import SummaryOptions, summarize
from rag_infer.summary.plain_headings import with_plain_headings
from rag_infer.types import Page

MANUAL = """PUMP STATION MANUAL

This manual is for the people who keep the pumps of the Larn station running all year.

1. STARTING
The operator opens the valve of the inlet before the motor of the first pump is switched on.

2. STOPPING

The motor of the pump is switched off first and the valve of the inlet is closed after it.

2.1 In an emergency
The red handle beside the door cuts the current of all the pumps in the station at once.

WINTER SERVICE
The heaters in the pump house are switched on when the air outside is colder than two degrees.
"""
NAMES = [
    "PUMP STATION MANUAL",
    "1. STARTING",
    "2. STOPPING",
    "2.1 In an emergency",
    "WINTER SERVICE",
]


def headings(text: str) -> list[str]:
    (page,) = with_plain_headings([Page(1, text)])
    return [text[block.start : block.end] for block in page.blocks if block.kind == "heading"]


def test_lines_in_capitals_and_numbered_lines_are_headings() -> None:
    assert headings(MANUAL) == NAMES
    assert headings(MANUAL.replace("\n", "\r\n")) == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "Buy these:\n\n1. Apples\n2. Pears\n3. A bottle of the red wine that we had on Sunday\n",
        "The station of the\nBBC\nbroadcast the concert of the choir in the evening of that day.",
        "1. Open the valve of the inlet\nand wait until the needle of the gauge stands still.\n",
        "NOTE\n",
        "| NAME | TOWN |\nThe table above lists all of the people who were at the meeting.",
        "He wrote:\n\nSTOP THAT AT ONCE.\nThe others did not answer him until the next morning.",
        "1871\nThe mill of Larn was built by Ingrid Voss and her brother in that year.",
    ],
)
def test_lists_and_prose_are_no_headings(text: str) -> None:
    assert headings(text) == []


def test_an_outline_has_a_point_for_each_section(tmp_path: Path) -> None:
    path = tmp_path / "manual.txt"
    path.write_text(MANUAL)
    outline = summarize(path, SummaryOptions(outline=True))
    sections = [citation.heading[-1] for citation in outline.citations]
    assert sections == NAMES
    assert outline.coverage.covered == outline.coverage.sections == 5
    assert not outline.warnings
    few = summarize(path, SummaryOptions(outline=True, bullets=2))
    assert len(few.points) == 2


def test_an_outline_of_a_text_without_headings_says_so(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("The mill of Larn was built in 1871 by Ingrid Voss and her brother.\n")
    outline = summarize(path, SummaryOptions(outline=True))
    assert len(outline.points) == 1
    assert outline.warnings == ("no headings were recognized; there is a point for each page",)


@pytest.mark.parametrize("limits", [{"words": 5}, {"words": 5, "bullets": 1}, {"words": 40}])
def test_limits_are_never_exceeded(tmp_path: Path, limits: dict[str, int]) -> None:
    path = tmp_path / "manual.txt"
    path.write_text(MANUAL)
    for outline in (False, True):
        summary = summarize(path, SummaryOptions(outline=outline, **limits))
        words = sum(len(point.text.split()) for point in summary.points)
        assert words <= limits["words"]
        assert bool(words) == (limits["words"] == 40)
        if not words:
            (warning,) = summary.warnings
            assert warning.startswith("no sentence fits in 5 words; the shortest has ")
