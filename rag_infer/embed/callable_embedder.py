"""Embedders of the caller: plain functions adapted, every output validated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag_infer.embed.base import Embedder, FloatRows, TokenSpans
from rag_infer.embed.checked import CheckedEmbedder, checked_rows
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
        return checked_rows(output, texts, self.dimension or None, self.name)


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


def _function_name(function: EmbedFunction) -> str:
    target = function if hasattr(function, "__qualname__") else type(function)
    return f"{target.__module__}.{target.__qualname__}"
