"""Laws of splitting, for random documents: exact slices, whole cover, never over the limit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.embed import load_embedder
from rag_infer.split import SplitOptions, Tokenizer, embedding_text, split
from rag_infer.types import Block, Document, Page

WORDS = st.one_of(
    st.sampled_from(
        [
            "rent",
            "The",
            "costs.",
            "1.",
            "e.g.",
            "|",
            "-",
            "3.14",
            "日本語。",
            "ﷺ",
            "한국어",
            "👩‍👩‍👧",
            "#",
        ]
    ),
    st.text(min_size=1, max_size=12),
    st.builds(lambda c, n: c * n, st.sampled_from("aA.字́ё "), st.integers(1, 900)),
)
SPACES = st.sampled_from([" ", " ", " ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\f", ""])


class Bytes:
    """A byte-level tokenizer: the hardest on a limit, as every character costs its bytes."""

    max_tokens = 128
    special_tokens = 1

    def offsets(self, texts):
        return [
            np.array(
                [(i, i + 1) for i, c in enumerate(t) for _ in c.encode("utf-8", "replace")],
                np.int32,
            ).reshape(-1, 2)
            for t in texts
        ]


@cache
def tokenizer(name: str) -> Tokenizer:
    return Bytes() if name == "bytes" else load_embedder()


@st.composite
def pages(draw, number: int) -> Page:
    pairs = draw(st.lists(st.tuples(WORDS, SPACES), max_size=25))
    text = "".join(w + s for w, s in pairs) * draw(st.sampled_from([1, 1, 3]))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    kinds = ["heading", "paragraph", "list", "table", "code"]
    blocks = tuple(
        Block(a, b, kind, draw(st.integers(1, 6)) if kind == "heading" else 0)
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
        if (kind := draw(st.sampled_from(kinds)))
    )
    return Page(number, text, blocks=blocks)


@st.composite
def documents(draw) -> Document:
    n = draw(st.integers(0, 4))
    title = draw(st.none() | st.text(max_size=300))
    return Document("d", "txt", "0", tuple(draw(pages(i + 1)) for i in range(n)), title)


@pytest.mark.parametrize("name", ["minilm", "bytes"])
@settings(max_examples=50, deadline=None)
@given(document=documents(), size=st.integers(16, 300))
def test_chunks_are_slices_that_cover_and_fit(name: str, document: Document, size: int) -> None:
    tok = tokenizer(name)
    options = SplitOptions(size=size)
    chunks = split(document, tok, options)
    text = {page.number: page.text for page in document.pages}

    covered = {number: bytearray(len(t)) for number, t in text.items()}
    for c in chunks:
        assert c.text and text[c.page_number][c.start : c.end] == c.text
        covered[c.page_number][c.start : c.end] = b"\1" * (c.end - c.start)
    for number, marks in covered.items():
        assert all(m or text[number][i].isspace() for i, m in enumerate(marks))

    tokens = tok.offsets([embedding_text(c, document.title) for c in chunks])
    for c, spans in zip(chunks, tokens, strict=True):
        assert len(spans) + tok.special_tokens == c.tokens <= tok.max_tokens

    places = [(c.page_number, c.start) for c in chunks]
    assert places == sorted(places)
    assert chunks == split(document, tok, options)
