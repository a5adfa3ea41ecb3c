"""An index that an earlier version wrote: it is read as it is, and upgraded without its documents.

``format1.tar.gz`` was written by the last version of format 1: three segments, one document that
was replaced, a table, a German text, a document for one group.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from rag_infer import Filter, Index
from rag_infer.errors import CorruptIndexError, IndexLockedError
from rag_infer.index import durable_io
from rag_infer.index import manifest as manifests
from rag_infer.index.maintenance import collect, upgrade
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.verify import verify
from rag_infer.index.writer_lock import LOCK

QUESTIONS = [
    "When did the ferry stop?",
    "What is the toll of a lorry?",
    "Wann wurde die Fähre eingestellt?",
    "How large was the budget of the harbor?",
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(Path(__file__).with_name("format1.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "index"


def state(path: Path) -> object:
    """All that an index holds and finds, as it is compared."""
    with Snapshot(path) as snapshot:
        documents = []
        for place, row in snapshot.documents():
            segment = snapshot.segments[place.segment]
            rows = np.flatnonzero(np.asarray(segment.owners) == place.row)
            arrays = [np.asarray(a)[rows].tolist() for a in (segment.vectors, segment.hashes)]
            tables = [table.data for table in segment.catalogue.tables(place.row)]
            numbers = [page.number for page in segment.catalogue.pages(place.row)]
            pages = [snapshot.page(row.id, number) for number in numbers]
            documents.append((place, row, arrays, tables, pages))
        languages = snapshot.languages()
    index = Index.open(path)
    hits = [
        # A question's vector may be calculated by another runtime the second time.
        [
            (hit.chunk, round(hit.dense, 2), hit.lexical)
            for hit in index.search(question, filter=filter)
        ]
        for question in QUESTIONS
        for filter in (None, Filter(groups=["finance"]), Filter(groups=[]))
    ]
    index.close()
    return documents, languages, hits


def test_an_old_index_is_read_as_it_is(old: Path) -> None:
    before = {p: p.read_bytes() for p in old.rglob("*") if p.is_file()}
    index = Index.open(old)
    assert "1934" in index.ask(QUESTIONS[0]).text
    assert index.status().documents == 5
    index.close()
    assert not verify(old).damage
    assert {p: p.read_bytes() for p in old.rglob("*") if p.is_file()} == before


def test_an_upgrade_changes_nothing_that_is_stored_or_found(old: Path) -> None:
    shutil.rmtree(old.parent / "docs")  # no document is read again
    before = state(old)
    report = upgrade(old)
    assert (report.format_before, report.format, report.segments) == (1, manifests.FORMAT, 3)
    assert report.changed
    assert state(old) == before
    assert not verify(old).damage
    collect(old)
    assert state(old) == before
    assert not list(old.rglob("*.npy"))
    again = upgrade(old)
    assert not again.changed
    assert again.generation == report.generation


def test_the_first_write_upgrades(old: Path) -> None:
    index = Index.open(old)
    index.add_text("The lighthouse was built in 1950.", id="lighthouse")
    index.add(old.parent / "docs")
    assert "1950" in index.ask("When was the lighthouse built?").text
    index.close()
    manifest = manifests.read(old, manifests.current_generation(old))
    assert manifest.format == manifests.FORMAT
    assert manifest.documents == 6
    assert all("arrays.bin" in segment.files for segment in manifest.segments)
    assert not verify(old).damage


def test_an_upgrade_that_is_stopped_anywhere_loses_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(BaseException):
        pass

    expected = state(old)
    operations: list[str] = []
    shutil.copytree(old, old.with_name("count"))
    with monkeypatch.context() as patch:
        patch.setattr(
            durable_io, "checkpoint", lambda operation, path: operations.append(operation)
        )
        upgrade(old.with_name("count"))
    assert len(operations) > 20
    formats = set()
    for stop_at in range(1, len(operations) + 1, 2):
        path = old.with_name(f"at{stop_at}")
        shutil.copytree(old, path)
        done = 0

        def stop(operation: str, where: Path, stop_at: int = stop_at) -> None:
            nonlocal done
            done += 1
            if done >= stop_at:
                raise Stop

        with monkeypatch.context() as patch:
            patch.setattr(durable_io, "checkpoint", stop)
            with pytest.raises(Stop):
                upgrade(path)
        assert not verify(path).damage
        formats.add(manifests.read(path, manifests.current_generation(path)).format)
        upgrade(path)
        collect(path)
        assert not verify(path).damage
        named = {s.name for s in manifests.read(path, manifests.current_generation(path)).segments}
        assert {p.name for p in (path / "segments").iterdir()} == named
    assert state(path) == expected
    assert formats == {1, manifests.FORMAT}


def test_an_upgrade_waits_for_the_writer(old: Path) -> None:
    with FileLock(old / LOCK), pytest.raises(IndexLockedError):
        upgrade(old)
    assert upgrade(old).changed


def test_deletions_take_a_bit_a_document(tmp_path: Path) -> None:
    with tarfile.open(Path(__file__).with_name("format1.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    manifest = manifests.read(tmp_path / "index", 4)
    deleted = tuple(range(0, 60_000, 2))
    entry = replace(manifest.segments[0], documents=60_001, deleted=deleted)
    changed = replace(manifest, format=2, segments=(entry,))
    data = manifests.to_bytes(changed)
    assert manifests.parse(data, "here")[0] == changed
    assert len(data) < 60_000 / 8 * 4 / 3 + 2_000
    fields = json.loads(data)
    fields["segments"][0]["documents"] = 100
    fields.pop("checksum")
    fields["checksum"] = manifests._digest(manifests._canonical(fields))
    with pytest.raises(CorruptIndexError, match="deletes more documents"):
        manifests.parse(json.dumps(fields).encode(), "here")
