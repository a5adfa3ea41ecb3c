"""The usage log: records and sums, and files of earlier versions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from rag_infer.types import Answer, Usage
from rag_infer.userdata.usage_log import UsageLog


def test_the_last_questions_come_newest_first(tmp_path: Path) -> None:
    log = UsageLog(tmp_path / "log.sqlite")
    assert log.add("/i", Answer("first", "a", True, "m", usage=Usage(10, 2, cost=0.5)))
    assert not log.add("/i", Answer("second", "b", False, "n"))
    assert [(r.question, r.model, r.index) for r in log.last()] == [
        ("second", "n", "/i"),
        ("first", "m", "/i"),
    ]
    assert {s.model: s.cost for s in log.summed()} == {"m": 0.5, "n": None}


def test_a_file_without_a_version_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE asked (at TEXT NOT NULL, place TEXT NOT NULL, question TEXT NOT NULL,"
            " generator TEXT NOT NULL, answered INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,"
            " cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost REAL,"
            " retrieval_s REAL NOT NULL, first_token_s REAL, total_s REAL NOT NULL) STRICT"
        )
        row = ("2026-01-01T00:00:00+00:00", "/i", "q", "m", 1, 2, 3, 4, None, 0.1, None, 0.2)
        database.execute(f"INSERT INTO asked VALUES ({', '.join('?' * 12)})", row)
    database.close()
    log = UsageLog(path)
    log.add("/i", Answer("second", "b", True, "m"))
    assert [r.question for r in log.last()] == ["second", "q"]
    assert log.summed()[0].prompt_tokens == 2


def test_a_damaged_file_never_costs_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"not a database, and longer than the header of one" * 40)
    assert UsageLog(path).add("/i", Answer("q", "a", True, "m")) is False
