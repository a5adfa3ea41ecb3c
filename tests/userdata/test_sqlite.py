"""SQLite files with versions: created, upgraded once, refused when they are newer."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag_infer.errors import InputError
from rag_infer.userdata.sqlite import open_database, transaction


def create(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")


def add_author(database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'")


def rows(path: Path, *schema: object) -> list[tuple[str, ...]]:
    with open_database(path, schema, timeout_s=5) as database:  # type: ignore[arg-type]
        return database.execute("SELECT * FROM notes").fetchall()


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "notes.sqlite"
    assert rows(path, create) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_file_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with open_database(path, [create], timeout_s=5) as database:
        database.execute("INSERT INTO notes VALUES ('a')")
    assert rows(path, create, add_author) == [("a", "nobody")]
    assert rows(path, create, add_author) == [("a", "nobody")]  # a second step would fail


def test_a_newer_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    rows(path, create, add_author)
    with pytest.raises(InputError, match=r"newer version \(schema 2, supported up to 1\)"):
        rows(path, create)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    rows(path, create)

    def fail(database: sqlite3.Connection) -> None:
        add_author(database)
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        rows(path, create, fail)
    assert rows(path, create, add_author) == []


def test_many_at_once_upgrade_only_once(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    rows(path, create)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: rows(path, create, add_author), range(16)))
    assert results == [[]] * 16


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with (
        open_database(path, [create], timeout_s=5) as database,
        pytest.raises(RuntimeError),
        transaction(database),
    ):
        database.execute("INSERT INTO notes VALUES ('a')")
        raise RuntimeError("interrupted")
    assert rows(path, create) == []
