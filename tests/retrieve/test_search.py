"""Search over a real index with the real embedder: ranking, phrases, exclusions, filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag_infer.embed import Embedder, load_embedder
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.snapshot import Snapshot
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
                SegmentRow(
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
    loaded = load_embedder()
    # The first few questions of a process are embedded by NumPy, later ones by the runtime, which
    # may compute in bf16; here two searches are compared and should not differ by that.
    for _ in range(9):
        loaded.embed_queries(["warm up"])
    return loaded


@pytest.fixture(scope="module")
def snapshot(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    path = add(tmp_path_factory.mktemp("search") / "index", embedder, TEXTS)
    with Snapshot(path) as opened:
        yield opened


def names(snapshot: Snapshot, embedder: Embedder, query: str, **filters: object) -> list[str]:
    options = SearchOptions(filter=Filter(**filters))  # type: ignore[arg-type]
    return [hit.document_id for hit in search(snapshot, embedder, query, 5, options)]


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
        page = snapshot.page(hit.document_id, hit.chunk.page_number)
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
            hits = search(both, embedder, query, 5, stranger)
            plain_hits = search(plain, embedder, query, 5, stranger)
            assert [h.document_id for h in hits] == [h.document_id for h in plain_hits]
            # The same question embedded twice may differ in its last bits.
            for one, other in zip(hits, plain_hits, strict=True):
                assert one.lexical == other.lexical
                assert one.score == pytest.approx(other.score, abs=1e-5)
                assert one.dense == pytest.approx(other.dense, abs=1e-6)
            assert not any("secret" in hit.document_id for hit in hits)
        member = SearchOptions(filter=Filter(groups=frozenset({"board"})))
        assert any("secret" in h.document_id for h in search(both, embedder, "sleep", 5, member))


def long_document(path: Path, embedder: Embedder, name: str, parts: list[str]) -> None:
    """One page of several chunks."""
    text = "\n\n".join(parts)
    chunks, at = [], 0
    for part in parts:
        chunks.append(Chunk(name, 1, at, at + len(part), part, tokens=len(part) // 4))
        at += len(part) + 2
    made_with = EmbedderEntry("minilm", embedder.name, embedder.fingerprint, embedder.dimension)
    hashes = np.frombuffer(b"".join(map(content_hash, parts)), dtype="<u8").reshape(-1, 2)
    with Writer(path, made_with) as writer:
        writer.add(
            SegmentRow(
                DocumentRow(name, name, "text", "0" * 64, 1, 1),
                Document(name, "text", "0" * 64, (Page(1, text),)),
                chunks,
                embedder.embed(parts),
                hashes,
                [terms(p) for p in parts],
            )
        )
        writer.publish()


PARTS = [
    "The reactor hall was painted green in 1971 after a vote of the staff.",
    "Cooling water for the reactor comes from the river through two intakes.",
    "Each intake of cooling water has a screen that is cleaned every hour.",
    "Lunch is served at noon in the canteen on the second floor.",
]


def test_neighbours_are_joined_and_stay_an_exact_slice(embedder: Embedder, tmp_path: Path) -> None:
    long_document(tmp_path / "i", embedder, "plant.txt", PARTS)
    with Snapshot(tmp_path / "i") as snapshot:
        first = search(snapshot, embedder, "cooling water intake", 1)[0]
        hits = search(snapshot, embedder, "cooling water intake", 4)
        page = snapshot.page("plant.txt", 1)
        assert page is not None
        for hit in hits:
            assert page[1][hit.chunk.start : hit.chunk.end] == hit.chunk.text
        assert sum(len(h.chunk.text) for h in hits) <= len(page[1])
        assert PARTS[1] in hits[0].chunk.text
        assert PARTS[2] in hits[0].chunk.text
        assert first.chunk.text in hits[0].chunk.text
        separate = search(snapshot, embedder, "cooling water", 4, SearchOptions(joined=False))
        assert [h.chunk.text for h in separate][:2] in ([PARTS[1], PARTS[2]], [PARTS[2], PARTS[1]])


def test_copies_give_way_to_what_is_different(embedder: Embedder, tmp_path: Path) -> None:
    path = tmp_path / "i"
    for number in range(4):
        long_document(path, embedder, f"copy{number}.txt", [PARTS[1]])
    long_document(path, embedder, "other.txt", ["River water is cold enough for cooling all year."])
    with Snapshot(path) as snapshot:
        hits = search(snapshot, embedder, "cooling water from the river", 3)
        assert "other.txt" in [h.document_id for h in hits[:2]]
        assert len(hits) == 3  # copies still fill what would stay empty


def test_a_reranker_has_the_last_word(embedder: Embedder, tmp_path: Path) -> None:
    import transformers
    from sentence_transformers import CrossEncoder

    from rag_infer.retrieve.reranker import Reranker
    from tests.factories import tokenizer

    words = tokenizer("chatml")
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, num_labels=1, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    folder = tmp_path / "reranker"
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    words.save_pretrained(folder)
    long_document(tmp_path / "i", embedder, "plant.txt", PARTS)
    with Snapshot(tmp_path / "i") as snapshot:
        options = SearchOptions(reranker=Reranker(str(folder)), joined=False)
        hits = search(snapshot, embedder, "cooling water", 4, options)
    expected = CrossEncoder(str(folder)).predict([("cooling water", "\n" + p) for p in PARTS])
    order = sorted(range(4), key=lambda i: -float(expected[i]))
    assert [PARTS.index(h.chunk.text) for h in hits] == order
    assert [h.rerank for h in hits] == pytest.approx([float(expected[i]) for i in order], abs=1e-4)


def test_dates_bound_what_is_searched(embedder: Embedder, tmp_path: Path) -> None:
    from rag_infer.errors import InputError
    from rag_infer.index.document_columns import day_of

    row = DocumentRow("a", "a", "text", "0" * 64, 1, 1_711_800_000_000_000_000)
    assert day_of(row) == 20240330
    assert Filter(since="2024", until="2024").allows(row)
    assert Filter(since="2024-03-30", until="2024-03").allows(row)
    assert not Filter(since="2024-03-31").allows(row)
    assert not Filter(until="2024-02").allows(row)
    document_row = DocumentRow(
        "b", "b", "text", "0" * 64, 1, 1, metadata={"date": "1999-12-31T23:00"}
    )
    assert Filter(until="1999").allows(document_row)
    mail = replace(document_row, metadata={"Date": "Sun, 31 Mar 2024 10:00:00 +0200"})
    assert day_of(mail) == 20240331
    with pytest.raises(InputError, match="not a date"):
        Filter(since="yesterday")
    path = add(tmp_path / "index", embedder, TEXTS)  # files of 1970
    with Snapshot(path) as opened:
        assert names(opened, embedder, "sleep", since="2000") == []
        assert names(opened, embedder, "sleep", until="1970") == names(opened, embedder, "sleep")


def test_an_excluded_stop_word_excludes_nothing(snapshot: Snapshot, embedder: Embedder) -> None:
    assert names(snapshot, embedder, "felines -the") == names(snapshot, embedder, "felines")
