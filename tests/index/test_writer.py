"""What a writer writes is what a snapshot reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag_infer.errors import (
    CorruptIndexError,
    EmbedderMismatchError,
    IndexLockedError,
    IndexNotFoundError,
)
from rag_infer.index import manifest as manifests
from rag_infer.index.maintenance import collect
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import content_hash
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.index.verify import verify
from rag_infer.index.writer import Writer

from .conftest import DIMENSION, EMBEDDER, entry, vector

Fill = Callable[..., Path]


def contents(path: Path) -> dict[str, list[str]]:
    """Documents and their chunk texts, with every stored part checked against the text."""
    stored: dict[str, list[str]] = {}
    with Snapshot(path) as snapshot:
        for location, row in snapshot.documents():
            segment = snapshot.segments[location.segment]
            rows = np.flatnonzero(np.asarray(segment.owners) == location.row)
            chunks = snapshot.chunks([Place(location.segment, int(r)) for r in rows])
            for chunk, at in zip(chunks, rows, strict=True):
                page = snapshot.page(row.id, chunk.page_number)
                assert page is not None
                assert page[1][chunk.start : chunk.end] == chunk.text
                assert chunk.heading == (f"About {row.id}",)
                assert np.array_equal(segment.vectors[at], vector(chunk.text))
            stored[row.id] = [chunk.text for chunk in chunks]
        assert snapshot.manifest.documents == len(stored)
        assert snapshot.chunk_count() == sum(map(len, stored.values()))
    return stored


def test_documents_come_back_whole(fill: Fill) -> None:
    documents = {"a": ["first words", "zweite Wörter 東京"], "b": [], "c": ["x"]}
    assert contents(fill(documents)) == documents


def test_later_generations_add(fill: Fill) -> None:
    fill({"a": ["one"]})
    assert contents(fill({"b": ["two"]})) == {"a": ["one"], "b": ["two"]}


def test_removed_documents_do_not_count_and_purge_erases_them(fill: Fill) -> None:
    path = fill({"a": ["secret words"], "b": ["other", "more"], "c": ["third"], "d": ["4th"]})
    with Writer(path, EMBEDDER) as writer:
        location = writer.base.find("a")
        assert location is not None
        writer.remove([location])
        writer.publish()
    assert set(contents(path)) == {"b", "c", "d"}
    content = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file())
    assert b"secret" in content  # marked, not yet erased
    with Writer(path, EMBEDDER) as writer:
        writer.publish(purge=True)
    assert set(contents(path)) == {"b", "c", "d"}
    content = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file())
    assert b"secret" not in content
    assert vector("secret words").tobytes() not in content


def test_many_small_additions_are_joined(fill: Fill) -> None:
    expected = {}
    for number in range(30):
        documents = {f"d{number}": [f"text {number}", f"again {number}"]}
        expected |= documents
        path = fill(documents)
    assert contents(path) == expected
    with Snapshot(path) as snapshot:
        assert len(snapshot.segments) < 12


def test_nothing_is_visible_before_publish(fill: Fill) -> None:
    path = fill({"a": ["one"]})
    with Writer(path, EMBEDDER) as writer:
        writer.add(entry("b", ["two"]))
        assert set(contents(path)) == {"a"}
    assert set(contents(path)) == {"a"}


def test_a_reader_keeps_its_generation(fill: Fill) -> None:
    path = fill({"a": ["one"]})
    with Snapshot(path) as old:
        with Writer(path, EMBEDDER) as writer:
            location = writer.base.find("a")
            assert location is not None
            writer.remove([location])
            writer.add(entry("b", ["two"]))
            writer.publish(purge=True)
        assert [row.id for _, row in old.documents()] == ["a"]
        assert old.chunks([Place(0, 0)])[0].text == "one"
    assert set(contents(path)) == {"b"}


def test_a_forgotten_file_leaves_no_trace(fill: Fill, tmp_path: Path) -> None:
    path = tmp_path / "index"
    with Writer(path, EMBEDDER) as writer:
        writer.add(entry("a", ["one"]))
        writer.add(entry("b", ["two"]))
        writer.forget("a")
        writer.publish()
    assert contents(path) == {"b": ["two"]}


def test_known_vectors_are_found_again(fill: Fill) -> None:
    path = fill({"a": ["one", "two"]})
    fill({"b": ["three"]})
    with Writer(path, EMBEDDER) as writer:
        digests = b"".join(content_hash(t) for t in ["three", "new", "one"])
        rows, is_known = writer.vectors(np.frombuffer(digests, dtype="<u8").reshape(-1, 2))
    assert is_known.tolist() == [True, False, True]
    assert np.array_equal(rows[0], vector("three"))
    assert np.array_equal(rows[2], vector("one"))


def test_a_second_writer_is_refused_and_the_lock_dies_with_its_process(fill: Fill) -> None:
    path = fill({"a": ["one"]})
    code = (
        "import os, sys; from pathlib import Path\n"
        "from rag_infer.index.writer import Writer\n"
        "from rag_infer.index.manifest import EmbedderEntry\n"
        f"w = Writer(Path({str(path)!r}), EmbedderEntry('test', 'test', 'test-fingerprint', 16))\n"
        "print('locked', flush=True); sys.stdin.read(); os._exit(9)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    with pytest.raises(IndexLockedError):
        Writer(path, EMBEDDER)
    assert set(contents(path)) == {"a"}  # readers do not wait
    other.communicate("")
    with Writer(path, EMBEDDER):
        pass


def test_another_embedder_is_refused(fill: Fill) -> None:
    path = fill({"a": ["one"]})
    with pytest.raises(EmbedderMismatchError, match="made with the embedder 'test'"):
        Writer(path, EmbedderEntry("other", "other", "f", DIMENSION))


def test_a_missing_index_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError, match="no index here"):
        Snapshot(tmp_path / "none")


@pytest.mark.parametrize("what", ["CURRENT", "generations/*.json", "segments/*/text.utf8"])
def test_a_missing_or_cut_file_is_named(fill: Fill, what: str) -> None:
    path = fill({"a": ["one two three"]})
    (victim,) = [p for p in path.glob(what) if "00000001" not in p.name]
    original = victim.read_bytes()
    victim.write_bytes(original[:-2])
    with pytest.raises(CorruptIndexError, match=victim.name):
        Snapshot(path)
    victim.unlink()
    with pytest.raises(CorruptIndexError, match=victim.name):
        Snapshot(path)


def test_segments_grow_by_size_class_within_bounds(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large joins wait for a run that adds much; a manifest grows with the logarithm of commits."""
    from rag_infer.index import writer

    monkeypatch.setattr(writer, "SEGMENT_CHUNKS", 64)
    monkeypatch.setattr(writer, "_MIN_JOINED_CHUNKS", 300)
    path = fill({f"bulk{n}": [f"bulk {n} {i}" for i in range(8)] for n in range(40)})
    with Snapshot(path) as snapshot:
        assert sorted(s.chunks for s in snapshot.segments) == [64, 256]
        folders_before = {segment.folder for segment in snapshot.segments}
    joined = 0
    for number in range(40):
        path = fill({f"d{number}": [f"text {number}"]})
        with Snapshot(path) as snapshot:
            folders = {segment.folder: segment.chunks for segment in snapshot.segments}
            new = [chunks for folder, chunks in folders.items() if folder not in folders_before]
            assert sum(new) <= 64 + 3
            assert max(folders.values()) <= 300
            joined += sum(new)
            folders_before = set(folders)
    assert len(folders_before) < 14
    assert joined < 40 * 8
    current = manifests.generation_path(path, manifests.current_generation(path))
    assert current.stat().st_size < 14 * 600
    assert len(contents(path)) == 80
    collect(path)
    assert len(contents(path)) == 80
    with Snapshot(path) as snapshot:
        assert len(snapshot.segments) <= len(folders_before)
        assert not verify(path).damage


def test_a_check_counts_what_counts(fill: Fill) -> None:
    path = fill({"a": ["one", "two"], "b": ["three"]})
    fill({"c": ["four"]})
    with Writer(path, EMBEDDER) as writer:
        writer.remove(place for place, row in writer.base.documents() if row.id == "b")
        writer.publish()
    report = verify(path)
    assert (report.documents, report.chunks) == (2, 3)


def test_segments_grow_with_the_index_so_that_they_stay_few(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag_infer.index import writer

    monkeypatch.setattr(writer, "SEGMENT_CHUNKS", 16)
    monkeypatch.setattr(writer, "_MIN_JOINED_CHUNKS", 40)
    monkeypatch.setattr(writer, "_MAX_JOINED_CHUNKS", 100)
    sizes = []
    for run, documents in enumerate([20, 60, 160]):
        texts = {f"r{run} d{n}": [f"{run} {n} {i}" for i in range(4)] for n in range(documents)}
        path = fill(texts)
        with Snapshot(path) as snapshot:
            sizes.append(max(segment.chunks for segment in snapshot.segments))
            assert len(snapshot.segments) <= 18
    assert sizes == [32, 32, 96]  # whole ones of 16
    assert len(contents(path)) == 240
    assert not verify(path).damage


def test_what_is_copied_is_what_was_there(fill: Fill) -> None:
    """Every second document leaves; headings that only it had leave too."""
    documents = {f"d{n}": [f"paragraph {n} {i}" for i in range(n % 4)] for n in range(30)}
    path = fill(documents)
    fill({"e": ["other"]})
    with Writer(path, EMBEDDER) as writer:
        writer.remove(place for place, row in writer.base.documents() if row.id[-1] in "13579")
        writer.publish(purge=True)
    remaining = {name: texts for name, texts in documents.items() if name[-1] not in "13579"}
    assert contents(path) == remaining | {"e": ["other"]}
    assert not verify(path).damage
    stored = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file())
    assert b"About d6" in stored
    assert b"About d5" not in stored


def test_a_small_run_reads_no_row_of_other_documents(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to find out what is there, nor to embed text again, nor to remove a document."""
    from rag_infer.index.catalog_connection import CatalogConnection

    path = fill({f"notes/{n}": [f"text {n}"] for n in range(300)})
    read: list[object] = []
    rows = CatalogConnection.rows

    def counting(self: CatalogConnection, query: str, parameters: Sequence[object] = ()) -> object:
        result = rows(self, query, parameters)
        read.extend(result)
        return result

    monkeypatch.setattr(CatalogConnection, "rows", counting)
    with Writer(path, EMBEDDER) as writer:
        states = writer.files(["notes/7", "notes/8", "notes/none", "other/"])
        assert set(states) == {"notes/7", "notes/8"}
        assert writer.files(["notes/29/", "notes/1"]).keys() == {"notes/1"}
        assert writer.base.find("notes/9") is not None
        assert [row.id for _, row in writer.base.documents_of({"notes/5"})] == ["notes/5"]
        digests = b"".join(content_hash(t) for t in ["text 3", "new"])
        _, is_known = writer.vectors(np.frombuffer(digests, dtype="<u8").reshape(-1, 2))
        assert is_known.tolist() == [True, False]
        writer.add(entry("notes/new", ["new"]))
        writer.publish()
    assert 0 < len(read) < 15
    assert len(writer_files(path, ["notes/"])) == 301


def writer_files(path: Path, names: list[str]) -> dict[str, object]:
    with Writer(path, EMBEDDER) as writer:
        return dict(writer.files(names))
