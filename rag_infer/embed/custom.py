"""Embedders that a program hands in: any object of the protocol, or a plain function.

What they return is checked before it reaches an index, where a NaN or a wrong shape would spoil
searches silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag_infer.embed import Embedder, FloatRows, TokenSpans
from rag_infer.errors import InputError, ModelError

CUSTOM = "custom:"  # before the name of an embedder that only the program that made it has
_MAX_WORDS = 256  # of a chunk, for functions, whose own limit is not known
_WORD = re.compile(r"\w+|[^\w\s]")
_EXCERPT_CHARS = 40

EmbeddingFunction = Callable[[list[str]], Any]


def as_embedder(embedder: Embedder | EmbeddingFunction | str) -> Embedder | str:
    """What ``Index.open(embedder=...)`` accepts, as an embedder or the name of one.

    Args:
        embedder: A name, an object with the methods of ``Embedder``, or a function that takes
            n texts and returns n vectors (a list of lists or an array of shape (n, dimension)).

    Raises:
        InputError: for anything else.
        ModelError: when a function's vectors are unusable.
    """
    if isinstance(embedder, str) or type(embedder).__module__.startswith("rag_infer.embed"):
        return embedder  # type: ignore[return-value]
    if isinstance(embedder, Embedder):
        return CheckedEmbedder(embedder)
    if callable(embedder):
        return FunctionEmbedder(embedder)
    raise InputError(
        f"{type(embedder).__name__} is not an embedder: expected a name, a function from texts to "
        "vectors, or an object with embed, embed_queries, offsets, name, fingerprint, dimension, "
        "max_tokens and special_tokens"
    )


def checked_rows(rows: Any, texts: Sequence[str], dimension: int | None, name: str) -> FloatRows:
    """Vectors as float32 unit rows.

    Args:
        rows: What an embedder returned for ``texts``.
        dimension: The expected number of columns; None accepts any.

    Raises:
        ModelError: for a wrong shape, NaN, infinity or a zero vector, naming the text.
    """
    try:
        array = np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ModelError(f"embedder '{name}' did not return numbers ({error})") from error
    if array.ndim != 2 or array.shape[0] != len(texts):
        raise ModelError(
            f"embedder '{name}' returned shape {array.shape} for {len(texts)} texts; "
            "expected (texts, dimension)"
        )
    if array.shape[1] == 0 or (dimension is not None and array.shape[1] != dimension):
        raise ModelError(
            f"embedder '{name}' returned vectors of {array.shape[1]} dimensions, not {dimension}"
        )
    norms = np.linalg.norm(array, axis=1)
    bad = ~np.isfinite(array).all(axis=1) | ~np.isfinite(norms) | (norms == 0)
    if bad.any():
        number = int(np.flatnonzero(bad)[0])
        excerpt = " ".join(texts[number].split())[:_EXCERPT_CHARS]
        fault = "zero" if norms[number] == 0 else "not finite"
        raise ModelError(
            f"embedder '{name}' returned a vector that is {fault} for text {number + 1} of "
            f'{len(texts)} ("{excerpt}")'
        )
    unit: FloatRows = (array / norms[:, None]).astype(np.float32)
    return unit


class CheckedEmbedder:
    """An embedder of a program, whose vectors are checked and scaled to unit length."""

    def __init__(self, inner: Embedder) -> None:
        for field, kind in (("name", str), ("fingerprint", str), ("dimension", int)):
            if not isinstance(getattr(inner, field), kind):
                raise InputError(f"embedder.{field} must be of type {kind.__name__}")
        self._inner = inner
        self.name = inner.name
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension
        self.max_tokens = inner.max_tokens
        self.special_tokens = inner.special_tokens

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        """Character spans of each text's tokens."""
        return self._inner.offsets(texts)

    def embed(self, texts: Sequence[str]) -> FloatRows:
        """Passages as (n, dimension) unit rows."""
        return checked_rows(self._inner.embed(texts), texts, self.dimension, self.name)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        """Questions as (n, dimension) unit rows."""
        return checked_rows(self._inner.embed_queries(texts), texts, self.dimension, self.name)


class FunctionEmbedder:
    """A function from texts to vectors as an embedder.

    Its tokens are words and punctuation marks; a chunk has at most 256 of them. Two functions of
    the same module and name with vectors of the same dimension count as the same embedder; set
    the attribute ``fingerprint`` on the function to tell versions apart.
    """

    def __init__(self, function: EmbeddingFunction) -> None:
        kind = type(function)
        own = getattr(function, "__qualname__", kind.__qualname__)
        self.name = CUSTOM + str(getattr(function, "name", own))
        self._function = function
        probe = checked_rows(function(["a text"]), ["a text"], None, self.name)
        self.dimension = int(probe.shape[1])
        version = getattr(function, "fingerprint", None)
        module = getattr(function, "__module__", kind.__module__)
        self.fingerprint = f"{self.name}:{version or f'{module}.{own}'}:{self.dimension}"
        self.special_tokens = 0
        self.max_tokens = _MAX_WORDS

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        """Character spans of each text's words."""
        return [
            np.array([m.span() for m in _WORD.finditer(t)], dtype=np.int32).reshape(-1, 2)
            for t in texts
        ]

    def embed(self, texts: Sequence[str]) -> FloatRows:
        """Passages as (n, dimension) unit rows."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return checked_rows(self._function(list(texts)), texts, self.dimension, self.name)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        """Questions as (n, dimension) unit rows."""
        return self.embed(texts)
