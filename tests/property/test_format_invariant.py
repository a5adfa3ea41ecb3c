"""Laws of reading and splitting, for random documents of every format: what was written is there,
chunks are exact slices that cover the text, and none is over the limit."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_infer.embed import Embedder, load_embedder
from rag_infer.read import ReadOptions, SourceFile
from rag_infer.read.registry import reader_of
from rag_infer.read.source_file import open_file
from rag_infer.split import embedding_text, split
from rag_infer.types import Document
from tests.read.fixtures import WRITERS

# Letters that every one of the formats, and the fonts of a plain PDF, can hold.
WORD = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZäöüéñ0123456789"), min_size=2, max_size=14
)
SENTENCE = st.lists(WORD, min_size=4, max_size=40).map(lambda words: f"Ein {' '.join(words)}.")
PARAGRAPHS = st.lists(
    st.lists(SENTENCE, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=5
)


@cache
def embedder() -> Embedder:
    return load_embedder()


def documents(path: Path) -> list[Document]:
    opened, form, _ = open_file(SourceFile(path, path.name), ReadOptions())
    return [d for d in reader_of(form)(opened) if d is not None]


def letters(text: str) -> str:
    """Letters and digits alone: line ends and hyphens of a printed page are not the writer's."""
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize("name", WRITERS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=SENTENCE, paragraphs=PARAGRAPHS)
def test_every_format_is_covered_by_slices_within_the_limit(
    name: str, title: str, paragraphs: list[str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(WRITERS[name](title, paragraphs))
    results = documents(path)
    text = letters("".join(page.text for d in results for page in d.pages))
    for paragraph in paragraphs:
        assert letters(paragraph) in text
    tokens = embedder()
    for document in results:
        chunks = split(document, tokens)
        pages = {page.number: page.text for page in document.pages}
        covered = {number: bytearray(len(text)) for number, text in pages.items()}
        for chunk in chunks:
            assert pages[chunk.page_number][chunk.start : chunk.end] == chunk.text
            covered[chunk.page_number][chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
        for number, marks in covered.items():
            left = [c for c, mark in zip(pages[number], marks, strict=True) if not mark]
            assert not "".join(left).strip()
        read = tokens.offsets([embedding_text(c, document.title) for c in chunks])
        for chunk, spans in zip(chunks, read, strict=True):
            assert len(spans) + tokens.special_tokens == chunk.tokens <= tokens.max_tokens
