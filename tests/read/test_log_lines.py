"""Logs: their entries are units, cited by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.cite.answer_units import answer_units
from rag_infer.sentences import sentences
from tests.read.conftest import document

ENTRIES = (
    "2026-03-02 10:00:01,120 INFO  pump started. Speed is 1200.\n",
    "2026-03-02 10:04:17,003 WARN  pressure low at valve 7\n",
    "2026-03-02 10:04:18,441 ERROR relay tripped\n"
    "Traceback (most recent call last):\n"
    '  File "pump.py", line 3\n',
    "2026-03-02 10:09:55,000 INFO  pump stopped by Odile Farrow\n",
)
LOG = "".join(ENTRIES)


def test_the_text_is_the_file_and_its_times_are_known(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(LOG)
    log = document(path)
    assert (log.format, log.pages[0].text) == ("log", LOG)
    assert log.metadata == {"from": "2026-03-02 10:00:01,120", "until": "2026-03-02 10:09:55,000"}


def test_an_entry_is_a_unit_with_its_time_and_its_trace() -> None:
    units = [LOG[unit.start : unit.end] for unit in answer_units(LOG)]
    assert units == [entry.rstrip() for entry in ENTRIES]


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02T10:00:01Z a",
        "[2026-03-02 10:00:01] a",
        "Mar  2 10:00:01 host a",
        "[02/Mar/2026:10:00:01 +0100] a",
        "10:00:01.123 a",
    ],
)
def test_kinds_of_times(line: str) -> None:
    text = f"{line} one thing happened here\n{line} and another thing\n"
    assert len(sentences(text)) == 2


def test_an_entry_is_cited_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(LOG)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "server.log")
    answer = index.ask("Who stopped the pump?")
    assert [c.location for c in answer.citations] == ["server.log:6"]


def test_a_log_without_times_and_a_plain_one(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("started\nstopped\n")
    (tmp_path / "b.log").write_text("")
    assert document(tmp_path / "a.log").metadata == {}
    assert document(tmp_path / "b.log").pages[0].text == ""
