"""Chunks of another size, from the stored text."""

from pathlib import Path

import pytest

from rag_infer import Index, InputError

TEXT = "\n\n".join(
    f"Room {n} of the old mill is let for {300 + n} euros a month, heating included. "
    f"Its key hangs in box {n} beside the eastern door of the yard."
    for n in range(1, 41)
)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "rooms.txt").write_text(TEXT)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "rooms.txt")
    return index


def test_chunks_change_and_stay_for_later_documents(index: Index, tmp_path: Path) -> None:
    usual = index.status()
    report = index.reindex(chunk_tokens=64)
    status = index.status()
    assert usual.chunk_tokens is None
    assert status.chunk_tokens == report.chunk_tokens == 64
    assert status.chunks > 1.5 * usual.chunks
    (tmp_path / "more.txt").write_text(f"{TEXT}\n")
    index.add(tmp_path / "more.txt")
    assert index.status().chunks == 2 * status.chunks
    assert index.status().chunk_tokens == 64
    answer = index.ask("How much is room 17 a month?")
    assert "317 euros" in answer.text


def test_zero_returns_to_the_usual_size_and_the_embedder_stays(index: Index) -> None:
    usual = index.status()
    index.reindex(chunk_tokens=64)
    index.reindex(chunk_tokens=0)
    assert index.status().chunks == usual.chunks
    assert index.status().chunk_tokens is None
    assert index.status().embedder == usual.embedder


@pytest.mark.parametrize("size", [-1, 31, 8193])
def test_a_size_out_of_bounds_is_refused(index: Index, size: int) -> None:
    with pytest.raises(InputError, match="32 to 8192"):
        index.reindex(chunk_tokens=size)
