"""Search over a real index with the real embedder: ranking, phrases, exclusions, filters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag_infer.embed import Embedder, load_embedder
from rag_infer.index.catalogue import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import Entry, content_hash
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.terms import terms
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.types import Chunk, Document, Page

TEXTS = {
    "parts/pump.md": "The spare pump for the cooling loop is part AX-4410-B, stored in bay 7.",
    "parts/valve.md": "The relief valve is part AX-4410-C and opens at 6 bar.",
    "notes/cats.txt": "Felines sleep for most of the day and hunt at dusk.",
    "notes/cars.txt": "Automobiles need new brake pads every 50000 km.",
    "notes/draft.txt": "Draft: felines may dream while they sleep.",
}


def add(path: Path, embedder: Embedder, texts: dict[str, str], **row: object) -> Path:
    made_with = EmbedderEntry("minilm", embedder.name, embedder.fingerprint, embedder.dimension)
    with Writer(path, made_with) as writer:
        for name, text in texts.items():
            hashes = np.frombuffer(content_hash(text), dtype="<u8").reshape(-1, 2)
            labels = row.get("labels", frozenset())
            writer.add(
                Entry(
                    DocumentRow(
                        name, name, name.rsplit(".", 1)[-1], "0" * 64, len(text), 1,
                        metadata={"year": 2024 if "parts" in name else 2025},
                        labels=labels,  # type: ignore[arg-type]
                    ),
                    Document(name, "text", "0" * 64, (Page(1, text),)),
                    [Chunk(name, 1, 0, len(text), text)],
                    embedder.embed([text]),
                    hashes,
                    [terms(text)],
                )
            )  # fmt: skip
        writer.publish()
    return path


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture(scope="module")
def snapshot(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    path = add(tmp_path_factory.mktemp("search") / "index", embedder, TEXTS)
    with Snapshot(path) as opened:
        yield opened


def names(snapshot: Snapshot, embedder: Embedder, query: str, **filters: object) -> list[str]:
    options = SearchOptions(filter=Filter(**filters))  # type: ignore[arg-type]
    return [hit.source for hit in search(snapshot, embedder, query, 5, options)]


def test_an_exact_part_number_comes_first(snapshot: Snapshot, embedder: Embedder) -> None:
    assert names(snapshot, embedder, "AX-4410-C")[0] == "parts/valve.md"
    assert names(snapshot, embedder, "where is AX-4410-B kept")[0] == "parts/pump.md"


def test_a_paraphrase_without_a_shared_word_is_found(
    snapshot: Snapshot, embedder: Embedder
) -> None:
    assert names(snapshot, embedder, "when do cats rest")[0].startswith("notes/")
    assert names(snapshot, embedder, "vehicle maintenance")[0] == "notes/cars.txt"


def test_hits_carry_every_score(snapshot: Snapshot, embedder: Embedder) -> None:
    hits = search(snapshot, embedder, "felines sleep", 5)
    assert all(hit.dense is not None and hit.lexical is not None for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in hits)
    for hit in hits:
        page = snapshot.page(hit.source, hit.chunk.page)
        assert page is not None
        assert page[1][hit.chunk.start : hit.chunk.end] == hit.chunk.text


def test_phrases_must_occur_and_excluded_words_must_not(
    snapshot: Snapshot, embedder: Embedder
) -> None:
    assert names(snapshot, embedder, '"sleep for most"') == ["notes/cats.txt"]
    assert names(snapshot, embedder, '"for sleep most"') == []
    assert "notes/draft.txt" not in names(snapshot, embedder, "felines sleep -draft")
    assert "notes/draft.txt" in names(snapshot, embedder, "felines sleep")
    # A hyphen inside a word or before a number excludes nothing.
    assert "parts/pump.md" in names(snapshot, embedder, "AX-4410-B -5 degrees")


def test_filters_name_paths_formats_and_metadata(snapshot: Snapshot, embedder: Embedder) -> None:
    assert set(names(snapshot, embedder, "sleep", paths=("parts/*",))) == {
        "parts/pump.md",
        "parts/valve.md",
    }
    assert set(names(snapshot, embedder, "part", formats=("txt",))) <= set(TEXTS)
    assert all("notes" in n for n in names(snapshot, embedder, "part", metadata={"year": "2025"}))
    assert names(snapshot, embedder, "part", metadata={"year": "1999"}) == []


def test_an_empty_index_finds_nothing(embedder: Embedder, tmp_path: Path) -> None:
    with Snapshot(add(tmp_path / "none", embedder, {})) as empty:
        assert search(empty, embedder, "anything", 5) == []


def test_what_the_asker_may_not_read_changes_nothing(embedder: Embedder, tmp_path: Path) -> None:
    """Law: hidden documents leave no trace in results, scores or their order."""
    secret = {
        f"secret/{i}.txt": text
        for i, text in enumerate(
            ["felines sleep sleep sleep", "The valve code is AX-4410-C", "sleep " * 40]
        )
    }
    open_only = add(tmp_path / "open", embedder, TEXTS)
    mixed = add(tmp_path / "mixed", embedder, secret, labels=frozenset({"board"}))
    add(mixed, embedder, TEXTS)
    with Snapshot(open_only) as plain, Snapshot(mixed) as both:
        for query in ("felines sleep", "AX-4410-C", '"valve code"', "sleep -draft", "zebra"):
            stranger = SearchOptions(filter=Filter(groups=frozenset({"sales"})))
            seen = search(both, embedder, query, 5, stranger)
            alone = search(plain, embedder, query, 5, stranger)
            assert [h.source for h in seen] == [h.source for h in alone]
            # The same question embedded twice may differ in its last bits.
            for one, other in zip(seen, alone, strict=True):
                assert one.lexical == other.lexical
                assert one.score == pytest.approx(other.score, abs=1e-5)
                assert one.dense == pytest.approx(other.dense, abs=1e-6)
            assert not any("secret" in hit.source for hit in seen)
        member = SearchOptions(filter=Filter(groups=frozenset({"board"})))
        assert any("secret" in h.source for h in search(both, embedder, "sleep", 5, member))
