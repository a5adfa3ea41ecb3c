"""Counting tokens: of a long text once, and of many short ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# Texts are tokenised in windows of this many characters, a few windows a call: a tokenizer keeps
# some hundred bytes a token until its answer is read.
_WINDOW_CHARS = 1 << 16
_BATCH_CHARS = 1 << 20


class Tokenizer(Protocol):
    """The part of an embedder that splitting needs."""

    max_tokens: int
    special_tokens: int

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Character spans of each text's tokens, (n, 2) ``[start, end)``, without specials."""
        ...


def token_starts(texts: Sequence[str], tokenizer: Tokenizer) -> list[NDArray[np.int64]]:
    """Where the tokens of each text begin: one ascending array of character offsets a text.

    Windows are cut after white space, where no tokenizer at hand joins tokens; what a chunk
    really costs is counted again by ``lengths``.
    """
    starts: list[list[NDArray[np.int64]]] = [[] for _ in texts]
    batch: list[tuple[int, int, str]] = []
    size = 0

    def flush() -> None:
        for (text_index, offset, _), spans in zip(
            batch, tokenizer.offsets([piece for _, _, piece in batch]), strict=True
        ):
            # Some tokenizers give several tokens of one character the same start, none goes back.
            starts[text_index].append(np.maximum.accumulate(spans[:, 0].astype(np.int64)) + offset)
        batch.clear()

    for text_index, text in enumerate(texts):
        for a, b in _windows(text):
            batch.append((text_index, a, text[a:b]))
            size += b - a
            if size >= _BATCH_CHARS:
                flush()
                size = 0
    if batch:
        flush()
    return [np.concatenate(s) if s else np.zeros(0, np.int64) for s in starts]


def lengths(texts: Sequence[str], tokenizer: Tokenizer) -> list[int]:
    """Tokens that the model reads for each text, its special tokens included."""
    counts: list[int] = []
    for i in range(0, len(texts), 1024):
        spans = tokenizer.offsets(texts[i : i + 1024])
        counts += [len(s) + tokenizer.special_tokens for s in spans]
    return counts


def _windows(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > _WINDOW_CHARS:
        end = start + _WINDOW_CHARS
        for separator in ("\n", " "):
            cut = text.rfind(separator, start + _WINDOW_CHARS // 2, end)
            if cut > start:
                end = cut + 1
                break
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)
