"""Files that are byte for byte the same are one document with several names."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag_infer import Filter, Index
from rag_infer.cli.index_view import render_documents
from rag_infer.embed import load_embedder
from rag_infer.errors import IndexStorageError, InputError
from rag_infer.index.catalog import NAME as CATALOG
from rag_infer.index.verify import verify
from rag_infer.ingest import file_intake
from rag_infer.ingest.discovery import discover
from rag_infer.ingest.segment_build import build_segment
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files

TITLED = "# Pumps\n\nThe pump in the cellar runs at night.\n"
UNTITLED = "The green valve was made by Okafor and never opened.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "plan.md": TITLED, "archive/plan.md": TITLED, "archive/zebra.md": TITLED,
        "note.txt": UNTITLED, "archive/note.txt": UNTITLED, "other.md": "# Other\n\nNothing.\n",
    }.items():  # fmt: skip
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "docs"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index", create=True)


def names(index: Index) -> list[tuple[str, ...]]:
    return [row.names for row in index.documents()]


def hit_ids(index: Index, question: str, filter: Filter | None = None) -> list[str]:
    return [hit.document_id for hit in index.search(question, 10, filter=filter)]


PLAN = ("docs/plan.md", "docs/archive/plan.md", "docs/archive/zebra.md")
NOTE = ("docs/note.txt", "docs/archive/note.txt")


def test_copies_are_one_document(
    folder: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    report = index.add(folder)
    assert names(index) == [NOTE, ("docs/other.md",), PLAN]
    assert len(index) == index.status().documents == 3
    assert {f.id: f.copy_of for f in report.indexed if f.copy_of} == {
        **dict.fromkeys(PLAN[1:], PLAN[0]),
        NOTE[1]: NOTE[0],
    }
    assert hit_ids(index, "pump in the cellar").count("docs/plan.md") == 1
    assert hit_ids(index, "zebra")[0] == "docs/plan.md"  # a word of one of its other names
    snapshot = index.engine.snapshot
    assert {snapshot.find(name) for name in PLAN} == {snapshot.find(PLAN[0])} != {None}
    assert next(snapshot.texts("docs/archive/zebra.md")) == next(snapshot.texts("docs/plan.md"))
    assert index.add(folder).generation == report.generation
    assert not verify(index.path).damage
    render_documents(index.documents())
    assert "docs/note.txt, also as docs/archive/note.txt\n" in capsys.readouterr().out


def test_a_copy_is_not_read(folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def listed(files: Sequence[SourceFile], options: ReadOptions) -> Iterator[FileResult]:
        opened.extend(file.id for file in files)
        return read_files(files, options)

    monkeypatch.setattr("rag_infer.ingest.pipeline.read_files", listed)
    index.add(folder)
    assert sorted(opened) == ["docs/note.txt", "docs/other.md", "docs/plan.md"]
    opened.clear()
    (folder / "plan.md").unlink()
    report = index.add(folder)
    assert (opened, report.embedded, report.removed) == ([], 0, ("docs/plan.md",))
    assert names(index)[0] == PLAN[1:]
    assert hit_ids(index, "pump in the cellar")[0] == PLAN[1]
    (folder / "note.txt").unlink()
    report = index.add(folder)
    assert (opened, report.embedded) == ([], 1)  # the name that stands in for its title
    (folder / "archive" / "zebra.md").unlink()
    index.add(folder)
    assert names(index) == [("docs/archive/note.txt",), PLAN[1:2], ("docs/other.md",)]


def test_a_copy_that_changes_becomes_a_document(folder: Path, index: Index) -> None:
    index.add(folder)
    (folder / "plan.md").write_text(TITLED + "\nBut not on Sundays.\n")
    index.add(folder)
    assert names(index)[-1] == ("docs/plan.md",)
    assert PLAN[1:] in names(index)
    assert "Sundays" in "".join(index.engine.snapshot.texts("docs/plan.md"))
    assert "Sundays" not in "".join(index.engine.snapshot.texts("docs/archive/plan.md"))
    shutil.copy(folder / "archive" / "plan.md", folder / "plan.md")
    index.add(folder)
    assert PLAN in names(index)


def test_a_copy_elsewhere_joins_a_document(folder: Path, index: Index, tmp_path: Path) -> None:
    index.add(folder)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    report = index.add(elsewhere)
    assert (len(index), report.embedded) == (3, 0)
    assert names(index)[-1] == (
        "docs/plan.md", "elsewhere/plan.md", *PLAN[1:],
        "elsewhere/archive/plan.md", "elsewhere/archive/zebra.md",
    )  # fmt: skip
    shutil.rmtree(folder)
    index.add(folder, remove_missing=True)
    assert names(index)[-1][0] == "elsewhere/plan.md"
    assert len(index) == 3


def test_nobody_learns_of_a_name_that_others_may_read(folder: Path, index: Index) -> None:
    (folder / "archive" / ".ragaccess").write_text("*: board\n")
    index.add(folder)
    staff, board = Filter(groups=["staff"]), Filter(groups=["board"])
    assert [row.names for row in index.documents(staff)] == [
        NOTE[:1], ("docs/other.md",), PLAN[:1]
    ]  # fmt: skip
    assert PLAN[1:] in [row.names for row in index.documents(board)]
    assert "docs/archive/plan.md" not in hit_ids(index, "zebra archive pump", staff)
    (folder / "archive" / ".ragaccess").write_text("plan.md: board\n*: everyone\n")
    index.add(folder)
    assert PLAN in names(index)
    (folder / "archive" / ".ragaccess").write_text("*: everyone\nzebra.md: board\n")
    report = index.add(folder)
    assert (report.embedded, report.regrouped) == (0, 1)
    assert [row.names for row in index.documents(staff)][-1] == PLAN[:2]


def test_access_of_one_name_is_changed_alone(folder: Path, index: Index) -> None:
    index.add(folder)
    assert index.set_groups(["docs/archive/plan.md"], ["board"]) == ("docs/archive/plan.md",)
    staff = Filter(groups=["staff"])
    assert [row.names for row in index.documents(staff)][-1] == (PLAN[0], PLAN[2])
    assert index.set_groups(["docs/archive"], ["board"]) == tuple(sorted((*PLAN[1:], NOTE[1])))
    assert [row.names for row in index.documents(staff)][-1] == PLAN[:1]
    assert PLAN[1:] in names(index)
    index.set_groups(["docs"], ())
    assert names(index) == [NOTE, ("docs/other.md",), PLAN]


def test_filters_look_at_every_name(folder: Path, index: Index) -> None:
    for name, year in (("plan.md", 2020), ("archive/plan.md", 2022), ("archive/zebra.md", 2024)):
        day = datetime(year, 5, 1, tzinfo=UTC).timestamp()
        os.utime(folder / name, (day, day))
    index.add(folder)
    plan = "docs/plan.md"
    for filter, is_there in (
        (Filter(paths=["docs/archive/*"]), True),
        (Filter(paths=["docs/archive/zebra.md"]), True),
        (Filter(paths=["*/z*.md"]), True),
        (Filter(paths=["docs/archive/y*"]), False),
        (Filter(since="2024", until="2024"), True),
        (Filter(since="2025"), False),
        (Filter(paths=["docs/archive/p*"], since="2024"), False),  # a name and its own day
        (Filter(paths=["docs/archive/z*"], since="2024"), True),
        (Filter(paths=["docs/archive/z*"], as_of="2021"), True),
    ):
        assert (plan in hit_ids(index, "pump cellar", filter)) == is_there, filter
        assert (plan in [row.id for row in index.documents(filter)]) == is_there, filter


def test_names_that_say_different_years_stay_apart(folder: Path, index: Index) -> None:
    for year in ("2023", "2024"):
        (folder / year).mkdir()
        (folder / year / "prices.md").write_text("# Prices\n\nA lamp costs 20 euros.\n")
    index.add(folder)
    assert ("docs/2023/prices.md",) in names(index)
    assert ("docs/2024/prices.md",) in names(index)
    assert hit_ids(index, "lamp", Filter(as_of="2023"))[0] == "docs/2023/prices.md"


def test_removing_a_name_keeps_the_others(folder: Path, index: Index) -> None:
    index.add(folder)
    assert index.remove(["docs/archive/plan.md"]) == ("docs/archive/plan.md",)
    assert names(index)[-1] == (PLAN[0], PLAN[2])
    certificate = index.erase(["docs/plan.md"])
    assert [document.id for document in certificate.documents] == ["docs/plan.md"]
    assert certificate.passages_shared and certificate.is_complete
    assert names(index)[0] == (PLAN[2],)
    certificate = index.erase(["docs/archive/"])
    assert [document.id for document in certificate.documents] == [NOTE[1], PLAN[2]]
    assert certificate.passages_checked and certificate.is_complete
    assert names(index) == [NOTE[:1], ("docs/other.md",)]
    assert not any(b"zebra" in path.read_bytes() for path in index.path.rglob("*.sqlite"))
    assert not verify(index.path).damage


def test_records_and_texts_stay_documents(folder: Path, index: Index) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_text('{"id": "1", "text": "A record."}\n')
    index.add_text(TITLED, id="a text")
    with pytest.raises(InputError):  # the id of a copy is taken too
        index.add(folder)
        index.add_text("New.", id="docs/archive/plan.md")
    index.add_file(folder / "plan.md", "/uploads/ann/plan.md")
    index.add_file(folder / "plan.md", "/uploads/bob/plan.md")
    ids = [row.id for row in index.documents() if not row.copies]
    assert {"docs/a.jsonl#1", "docs/b.jsonl#1", "a text"} <= set(ids)
    assert {"/uploads/ann/plan.md", "/uploads/bob/plan.md"} <= set(ids)


def test_what_cannot_be_read_is_reported_by_every_name(folder: Path, index: Index) -> None:
    for name in ("x.pdf", "y.pdf"):
        (folder / name).write_bytes(b"%PDF-1.4 nothing")
    report = index.add(folder)
    assert [failure.id for failure in report.failed] == ["docs/x.pdf", "docs/y.pdf"]


def test_a_stopped_run_reports_what_is_in_the_index(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_intake, "_EMBED_BATCH_CHUNKS", 1)
    embedder = load_embedder()
    calls = 0

    class Stopped(type(embedder)):  # type: ignore[misc]
        def embed(self, texts: list[str]) -> object:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise KeyboardInterrupt
            return super().embed(texts)

    monkeypatch.setattr(embedder, "__class__", Stopped)
    index = Index.open(tmp_path / "index", create=True, embedder=embedder)
    report = index.add(folder)
    assert report.interrupted
    assert {f.id for f in report.indexed} == {name for row in names(index) for name in row}
    index.add(folder)
    assert names(index) == [NOTE, ("docs/other.md",), PLAN]


def test_an_index_without_names_of_copies_gains_them(
    folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # as an earlier version wrote it
        patch.setattr("rag_infer.ingest.pipeline.identical_files", lambda files, _: [
            *map(file_intake.IdenticalFiles, files)
        ])  # fmt: skip
        patch.setattr("rag_infer.ingest.name_changes.NameChanges.join", lambda *_: False)
        index.add(folder)
    assert len(index) == 6
    report = index.add(folder)
    assert (report.unchanged, report.embedded) == (6, 0)
    assert names(index) == [NOTE, ("docs/other.md",), PLAN]


def test_an_index_without_copies_has_no_table_of_them(index: Index, folder: Path) -> None:
    shutil.rmtree(folder / "archive")
    index.add(folder)
    (catalog,) = index.path.rglob(CATALOG)
    with sqlite3.connect(catalog) as database:
        assert not database.execute("SELECT 1 FROM sqlite_master WHERE name='copies'").fetchall()


def test_copies_survive_another_embedder_and_joined_segments(folder: Path, index: Index) -> None:
    index.add(folder)
    index.reindex(chunk_tokens=64)
    assert names(index) == [NOTE, ("docs/other.md",), PLAN]
    for number in range(9):  # more than a merge waits for
        (folder / f"n{number}.md").write_text(f"# Number {number}\n\nText {number}.\n")
        index.add(folder)
    assert len(index.engine.snapshot.segments) < 9
    assert names(index)[-1] == PLAN
    assert index.engine.snapshot.find(PLAN[2]) == index.engine.snapshot.find(PLAN[0])
    assert index.add(folder).unchanged == 15
    assert not verify(index.path).damage


def test_a_run_that_cannot_publish_changes_no_name(
    folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(folder)
    before = names(index)
    (folder / "plan.md").unlink()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("rag_infer.index.manifest.point", fail)
        with pytest.raises(IndexStorageError):
            index.add(folder)
    assert names(Index.open(index.path)) == before
    assert not verify(index.path).damage
    index.add(folder)
    assert PLAN[1:] in names(index)


def test_a_segment_of_a_task_has_a_document_for_each_file(folder: Path, tmp_path: Path) -> None:
    files = discover([folder], tmp_path / "index", {}).files
    build = build_segment(files, load_embedder(), tmp_path / "segments" / "s1")
    assert build.entry is not None
    assert build.entry.documents == len(files) == 6
