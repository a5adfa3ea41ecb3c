"""Embedders of the caller: plain functions adapted, every output validated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag_infer.embed import Embedder, FloatRows, TokenSpans
from rag_infer.errors import InputError, ModelError

EmbedFunction = Callable[[list[str]], Any]
CUSTOM_PREFIX = "custom:"  # of the stored name of an embedder that only its owner can hand in
_WORD = re.compile(r"\w+|[^\w\s]")
_DEFAULT_MAX_TOKENS = 256
_MEMBERS = ("name", "fingerprint", "dimension", "max_tokens", "special_tokens")
_METHODS = ("offsets", "embed", "embed_queries")


class CallableEmbedder:
    """A function from texts to vectors, as an embedder.

    Rows are normalized to unit length. Tokens are counted as words and punctuation marks, since
    the function has no tokenizer to ask.

    Args:
        function: Takes a list of n texts and returns n vectors of one length, as an array or
            nested lists.
        name: What the index remembers the embedder by. An index can only be opened with an
            embedder of the same name and dimension, so change it with the model.
        embed_queries: The same for questions, where the model reads them otherwise.
        max_tokens: Longest chunk in words.

    Raises:
        ModelError: The function fails, or its output is not n finite vectors.
    """

    special_tokens = 0

    def __init__(
        self,
        function: EmbedFunction,
        *,
        name: str | None = None,
        embed_queries: EmbedFunction | None = None,
        max_tokens: int = _DEFAULT_MAX_TOKENS,
    ) -> None:
        self._function = function
        self._query_function = embed_queries or function
        self.name = name or _function_name(function)
        self.max_tokens = max_tokens
        self.dimension = 0
        self.dimension = self.embed(["dimension"]).shape[1]
        key = f"{CUSTOM_PREFIX}{self.name}:{self.dimension}"
        self.fingerprint = hashlib.sha256(key.encode()).hexdigest()

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        """Character spans of the words and punctuation marks of each text."""
        return [
            np.array([m.span() for m in _WORD.finditer(text)], dtype=np.int32).reshape(-1, 2)
            for text in texts
        ]

    def embed(self, texts: Sequence[str]) -> FloatRows:
        """Passages as unit rows."""
        return self._rows(self._function, texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        """Questions as unit rows."""
        return self._rows(self._query_function, texts)

    def _rows(self, function: EmbedFunction, texts: Sequence[str]) -> FloatRows:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        try:
            output = function(list(texts))
        except Exception as error:
            raise ModelError(
                f"the embedder failed: {type(error).__name__}: {error}",
                where=self.name,
                code="embedder_failed",
            ) from error
        rows = checked_rows(output, len(texts), self.dimension or None, self.name)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(norms > 0, norms, 1), dtype=np.float32)


def as_embedder(value: object) -> Embedder:
    """An embedder of the caller as one of the package.

    Raises:
        InputError: The value is neither an embedder nor a function from texts to vectors.
    """
    if isinstance(value, CallableEmbedder | CheckedEmbedder):
        return value
    if type(value).__module__.startswith("rag_infer.embed."):
        return value  # type: ignore[return-value]  # of the package, by its own tests
    missing = [member for member in _MEMBERS + _METHODS if not hasattr(value, member)]
    if not missing and all(callable(getattr(value, method)) for method in _METHODS):
        return CheckedEmbedder(value)  # type: ignore[arg-type]
    if callable(value) and not isinstance(value, type):
        return CallableEmbedder(value)
    raise InputError(
        f"{type(value).__name__} is not an embedder: missing {', '.join(missing) or 'methods'}",
        hint="use an object with the members of rag_infer.Embedder, or a function from a list of "
        "texts to an array",
        code="invalid_embedder",
    )


class CheckedEmbedder:
    """An embedder of the caller whose output is validated."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.fingerprint = str(inner.name), str(inner.fingerprint)
        self.dimension = int(inner.dimension)
        self.max_tokens = int(inner.max_tokens)
        self.special_tokens = int(inner.special_tokens)

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        return self._inner.offsets(texts)

    def embed(self, texts: Sequence[str]) -> FloatRows:
        return checked_rows(self._inner.embed(texts), len(texts), self.dimension, self.name)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        return checked_rows(self._inner.embed_queries(texts), len(texts), self.dimension, self.name)


def checked_rows(output: object, count: int, dimension: int | None, name: str) -> FloatRows:
    """The output of an embedder as (count, dimension) float32 rows.

    Raises:
        ModelError: It has another shape, is not numeric, or has values that are not finite.
    """
    try:
        rows = np.asarray(output, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise _invalid(f"not numeric rows of one length ({error})", name) from error
    if rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] == 0:
        raise _invalid(f"shape {rows.shape} for {count} texts, expected ({count}, n)", name)
    if dimension is not None and rows.shape[1] != dimension:
        raise _invalid(f"vectors of length {rows.shape[1]}, expected {dimension}", name)
    if not np.isfinite(rows).all():
        raise _invalid("values that are not finite", name)
    return rows


def _invalid(reason: str, name: str) -> ModelError:
    return ModelError(
        f"invalid output of the embedder: {reason}", where=name, code="invalid_embeddings"
    )


def _function_name(function: EmbedFunction) -> str:
    target = function if hasattr(function, "__qualname__") else type(function)
    return f"{target.__module__}.{target.__qualname__}"
