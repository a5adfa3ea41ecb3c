"""An embedder whose attributes and output are checked, for embedders that users bring.

A NaN in one vector would silently poison every score that it takes part in, and a wrong shape would
be noticed only after the index was written. So both are refused where they arise, with the text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag_infer.embed.base import Embedder, FloatRows, TokenSpans
from rag_infer.embed.language_coverage import known_languages
from rag_infer.embed.similarity import cosine_floor
from rag_infer.errors import InputError, ModelError

_EXCERPT_CHARS = 40
_UNIT_TOLERANCE = 1e-3
_MAX_DIMENSION = 65_536


class CheckedEmbedder:
    """Another embedder, each of whose results is checked and scaled to unit length.

    Args:
        inner: Any object with the attributes and methods of ``Embedder``.

    Raises:
        InputError: An attribute is missing or has a wrong type or value.
    """

    def __init__(self, inner: Embedder) -> None:
        check_protocol(inner)
        self.name = inner.name
        self.fingerprint = inner.fingerprint
        self.dimension = int(inner.dimension)
        self.max_tokens = int(inner.max_tokens)
        self.special_tokens = int(inner.special_tokens)
        self.languages = known_languages(inner)
        self.cosine_floor = cosine_floor(inner)
        self._inner = inner

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        """Token spans of texts. Raises ModelError for spans that are not (n, 2) within the text."""
        spans_by_text = list(self._inner.offsets(texts))
        if len(spans_by_text) != len(texts):
            count = len(spans_by_text)
            raise _unusable(self.name, f"returned offsets of {count} of {len(texts)} texts")
        checked = []
        for number, (text, spans) in enumerate(zip(texts, spans_by_text, strict=True)):
            array = np.asarray(spans)
            if not array.size:
                array = np.zeros((0, 2), dtype=np.int32)
            in_range = array.ndim == 2 and array.shape[1] == 2 and array.dtype.kind in "iu"
            if not in_range or (array.size and (array.min() < 0 or array.max() > len(text))):
                text_location = _location(texts, number)
                raise _unusable(self.name, f"returned invalid token offsets for {text_location}")
            checked.append(array.astype(np.int32, copy=False))
        return checked

    def embed(self, texts: Sequence[str]) -> FloatRows:
        """Passages as unit rows. Raises ModelError for anything but finite (n, dimension) rows."""
        return self._rows(self._inner.embed(texts), texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        """Questions as unit rows. Raises ModelError as ``embed`` does."""
        return self._rows(self._inner.embed_queries(texts), texts)

    def _rows(self, output: object, texts: Sequence[str]) -> FloatRows:
        return checked_rows(output, texts, self.dimension, self.name)


def checked_rows(
    output: object, texts: Sequence[str], dimension: int | None, name: str
) -> FloatRows:
    """What an embedder returned, as float32 unit rows.

    Args:
        output: Anything that NumPy reads as numbers.
        texts: The texts that were embedded.
        dimension: The expected number of columns; None accepts any.
        name: The embedder's, for errors.

    Raises:
        ModelError: A wrong shape, or NaN, infinity or zeros for a text, which is named.
    """
    try:
        values = np.asarray(output)
        if np.iscomplexobj(values):
            raise TypeError("complex numbers")
        with np.errstate(over="ignore"):  # what is too large for float32 counts as infinity
            rows = values.astype(np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _unusable(name, f"returned no array of numbers ({error})") from error
    if not texts and rows.size == 0:
        return np.zeros((0, dimension or 0), dtype=np.float32)
    columns = dimension or (rows.shape[1] if rows.ndim == 2 else 0)
    if rows.shape != (len(texts), columns) or not columns:
        expected = f"({len(texts)}, {dimension or 'dimension'})"
        raise _unusable(name, f"returned an array of shape {rows.shape}, expected {expected}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        number = int(np.argmin(finite))
        value = "NaN" if np.isnan(rows[number]).any() else "infinity"
        raise _unusable(name, f"returned {value} for {_location(texts, number)}")
    norms = np.linalg.norm(rows.astype(np.float64), axis=1)
    if (norms == 0).any():
        raise _unusable(
            name, f"returned a zero vector for {_location(texts, int(np.argmin(norms)))}"
        )
    if np.abs(norms - 1).max(initial=0.0) > _UNIT_TOLERANCE:
        rows = (rows / norms[:, None]).astype(np.float32)
    return np.ascontiguousarray(rows)


def _unusable(name: str, problem: str) -> ModelError:
    return ModelError(f"the embedder {problem}", where=name, code="invalid_embeddings")


def check_protocol(embedder: object) -> None:
    """Raises InputError when an object lacks an attribute or method of ``Embedder``."""
    for method in ("offsets", "embed", "embed_queries"):
        if not callable(getattr(embedder, method, None)):
            raise _invalid(embedder, f"has no method '{method}'")
    for attribute in ("name", "fingerprint"):
        value = getattr(embedder, attribute, None)
        if not isinstance(value, str) or not value:
            raise _invalid(embedder, f"needs a non-empty string '{attribute}'")
    dimension = _integer(embedder, "dimension", least=1)
    special_tokens = _integer(embedder, "special_tokens", least=0)
    max_tokens = _integer(embedder, "max_tokens", least=1)
    if max_tokens <= special_tokens:
        raise _invalid(embedder, "'max_tokens' leaves no token beside 'special_tokens'")
    if dimension > _MAX_DIMENSION:
        raise _invalid(embedder, f"'dimension' is over {_MAX_DIMENSION}")


def _integer(embedder: object, attribute: str, *, least: int) -> int:
    value = getattr(embedder, attribute, None)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise _invalid(embedder, f"needs an integer '{attribute}' of at least {least}")
    return int(value)


def _invalid(embedder: object, problem: str) -> InputError:
    return InputError(problem, where=f"embedder {type(embedder).__name__}", code="invalid_embedder")


def _location(texts: Sequence[str], number: int) -> str:
    text = " ".join(texts[number].split())
    excerpt = text if len(text) <= _EXCERPT_CHARS else f"{text[:_EXCERPT_CHARS]}..."
    return f"text {number + 1} of {len(texts)} ('{excerpt}')"
