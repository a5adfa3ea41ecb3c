"""Another embedder for an index, from the text that it stores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag_infer import Index
from rag_infer.embed.callable_embedder import CallableEmbedder
from rag_infer.errors import IndexLockedError
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.verify import verify
from rag_infer.index.writer import Writer
from rag_infer.ingest import reindex as module
from rag_infer.ingest.reindex import STAGING, reindex

TEXTS = {
    "pump.md": "# Pump\n\nSpare part AX-4410-B.\n\n| bay | part |\n|---|---|\n| 7 | pump |",
    "cats.txt": "Felines sleep for most of the day.",
    "kaution.txt": "Die Kaution beträgt drei Monatsmieten.",
}


class Interrupting:
    """Counts texts as vectors; stops like Ctrl-C after so many calls."""

    def __init__(self, calls: int | None = None) -> None:
        self.calls = calls
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        if self.calls is not None and len(self.texts) >= self.calls:
            raise KeyboardInterrupt
        self.texts.extend(texts)
        rows = np.array([[len(t), t.count("e") + 1, 3.0] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def entry(embedder: CallableEmbedder) -> EmbedderEntry:
    return EmbedderEntry("other", embedder.name, embedder.fingerprint, embedder.dimension)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder, groups=["staff"])
    return index


def contents(index: Index) -> list[tuple[object, list[str], list[bytes]]]:
    snapshot = index.engine.snapshot
    rows = []
    for place, row in sorted(snapshot.documents(), key=lambda item: item[1].id):
        catalog, segment = (
            snapshot.segments[place.segment].catalogue,
            snapshot.segments[place.segment],
        )
        pages = [segment.read(p.byte_start, p.byte_end) for p in catalog.pages(place.row)]
        rows.append((row, pages, [t.data for t in catalog.tables(place.row)]))
    return rows


def test_documents_stay_as_they_were_and_vectors_change(index: Index) -> None:
    before = contents(index)
    embedder = CallableEmbedder(Interrupting(), name="other")
    report = reindex(index.path, embedder, entry(embedder))
    assert (report.documents, report.resumed, report.interrupted) == (3, 0, False)
    again = Index.open(index.path, embedder=embedder)
    assert contents(again) == before
    assert again.engine.manifest().embedder == entry(embedder)
    assert not verify(index.path).damage
    assert not (index.path / STAGING).exists()
    assert again.search("Kaution")[0].document_id.endswith("kaution.txt")


def test_a_stopped_run_goes_on_where_it_was(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PUBLISH_CHUNKS", 1)
    monkeypatch.setattr("rag_infer.ingest.file_intake._EMBED_BATCH_CHUNKS", 1)
    function = Interrupting(calls=3)  # one of them asks for the dimension
    embedder = CallableEmbedder(function, name="other")
    generation = index.engine.manifest().generation
    report = reindex(index.path, embedder, entry(embedder))
    assert report.interrupted
    assert index.engine.manifest().generation == generation
    assert index.search("felines")[0].document_id.endswith("cats.txt")
    function.calls = None
    done = len(function.texts)
    report = reindex(index.path, embedder, entry(embedder))
    assert report.resumed > 0
    assert report.resumed + report.documents == len(TEXTS)
    assert len(function.texts) - done <= len(TEXTS) - report.resumed + 2
    assert len(contents(Index.open(index.path, embedder=embedder))) == len(TEXTS)


def test_readers_that_are_open_follow_the_switch(index: Index) -> None:
    assert index.search("felines")
    embedder = CallableEmbedder(Interrupting(), name="other")
    reindex(index.path, embedder, entry(embedder))
    reader = index.engine
    snapshot = reader.snapshot  # opened anew
    assert snapshot.manifest.embedder.name == "other"
    assert reader._embedder is None  # the one that it had is of no use to the new vectors


def test_nothing_is_left_of_a_run_with_a_third_embedder(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_infer.ingest.file_intake._EMBED_BATCH_CHUNKS", 1)
    third = CallableEmbedder(Interrupting(calls=1), name="third")
    assert reindex(index.path, third, entry(third)).interrupted
    embedder = CallableEmbedder(Interrupting(), name="other")
    report = reindex(index.path, embedder, entry(embedder))
    assert (report.documents, report.resumed) == (3, 0)


def test_an_index_that_is_written_is_left_alone(index: Index) -> None:
    embedder = CallableEmbedder(Interrupting(), name="other")
    with (
        Writer(index.path, index.engine.manifest().embedder),
        pytest.raises(IndexLockedError),
    ):
        reindex(index.path, embedder, entry(embedder))


def test_unknown_languages_are_said(index: Index) -> None:
    status = index.status()
    assert status.languages["de"] == 1
    assert status.unknown_languages == ("de",)
