"""One segment of some files, built with no index at hand, is what an index makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag_infer import Index
from rag_infer.embed import load_embedder
from rag_infer.errors import ReadError
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Snapshot
from rag_infer.ingest.discovery import discover
from rag_infer.ingest.segment_build import build_segment
from rag_infer.read import FileResult, ReadOptions, SourceFile
from rag_infer.types import Document, Page


def chunk_rows(segment: Segment) -> list[tuple[object, ...]]:
    return [
        (segment.catalogue.document(row.document).id, row.page, row.start, row.end, row.tokens)
        for row in segment.catalogue.chunks(range(len(segment.owners)))
    ]


def test_a_segment_is_what_an_index_makes_of_the_files(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# Caching\n\nThe cache keeps keys and values.\n" * 40)
    (notes / "b.csv").write_text("name,price\nlamp,20\nchair,35\n")
    (notes / "c.jsonl").write_text('{"id": 7, "text": "One record."}\n' * 2)
    (notes / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    index = Index.open(tmp_path / "index", create=True)
    report = index.add(notes)
    files = discover([notes], index.path, {}).files
    build = build_segment(files, load_embedder(), tmp_path / "segments" / "s1")
    assert build.entry is not None
    assert (build.reports, build.failed) == (report.indexed, report.failed)
    assert [failure.id for failure in build.failed] == ["notes/broken.pdf"]
    with Snapshot(index.path) as snapshot, Segment(tmp_path / "segments" / "s1") as segment:
        (whole,) = snapshot.segments
        theirs, ours = chunk_rows(whole), chunk_rows(segment)
        assert sorted(theirs, key=str) == sorted(ours, key=str)
        assert [d.id for _, d in segment.catalogue.documents()]
        order = [theirs.index(row) for row in ours]
        likeness = np.sum(np.asarray(whole.vectors)[order] * np.asarray(segment.vectors), axis=1)
        assert likeness.min() > 0.999


def test_a_file_that_breaks_off_is_not_in_the_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_infer.ingest.file_intake._EMBED_BATCH_CHUNKS", 1)
    files = [SourceFile(tmp_path / name, name) for name in ("whole.txt", "torn.txt")]

    def read(files: Sequence[SourceFile], options: ReadOptions) -> Iterator[FileResult]:
        for file, error in zip(files, (None, ReadError("breaks off")), strict=True):
            document = Document(f"{file.id}#1", "text", "0" * 64, (Page(1, f"text of {file.id}"),))
            yield FileResult(file, "0" * 64, (document,), None, last=error is None, seconds=0)
            if error is not None:
                yield FileResult(file, "0" * 64, (), error, last=True, seconds=0)

    build = build_segment(files, load_embedder(), tmp_path / "s" / "s1", read=read)
    assert build.entry is not None
    assert (build.entry.documents, build.entry.deleted) == (2, (1,))
    assert [failure.id for failure in build.failed] == ["torn.txt"]
    none = build_segment(files[1:], load_embedder(), tmp_path / "s" / "s2", read=_refuse)
    assert none.entry is None
    assert not (tmp_path / "s" / "s2").exists()


def _refuse(files: Sequence[SourceFile], options: ReadOptions) -> Iterator[FileResult]:
    for file in files:
        yield FileResult(file, "", (), ReadError("no"), last=True, seconds=0)
