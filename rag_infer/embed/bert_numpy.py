"""A BERT encoder in NumPy, for the few short texts of a single question.

Loading an inference runtime and compiling a graph takes a third of a second; a question of a dozen
tokens takes ten milliseconds here with nothing to load. Sequences are laid end to end, so that the
matrix products see no padding; only attention goes sequence by sequence.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
_GELU_BLOCK_ROWS = 32
_MAX_THREADS = 4
_MIN_THREAD_TOKENS = 64  # for which a thread pays off


class NumpyBert:
    """The encoder over weights by their names in a BERT file, such as ``mapped`` gives."""

    def __init__(
        self, weights: Mapping[str, Floats], *, layers: int, heads: int, epsilon: float
    ) -> None:
        self._layers = layers
        self._heads = heads
        self._epsilon = np.float32(epsilon)
        self._weights = weights

    def embed(self, sequences: Sequence[Sequence[int]], pooling: str) -> Floats:
        """(sequences, hidden) float32 unit rows for sequences of token ids, specials included.

        ``pooling`` is ``mean`` over the tokens or ``cls``, the first one.
        """
        states = self.states(sequences)
        if pooling == "cls":
            pooled = np.stack([x[0] for x in states])
        else:
            pooled = np.stack([x.mean(axis=0) for x in states])
        norms = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(norms, np.float32(1e-12)), dtype=np.float32)

    def states(
        self, sequences: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None = None
    ) -> list[Floats]:
        """(tokens, hidden) of the last layer for each sequence.

        ``kinds`` tells of each token whether it is of the first text or the second, 0 or 1.
        """
        parts = _parts([len(s) for s in sequences])
        if len(parts) == 1:
            return self._states(sequences, kinds)
        # Threads of the matrix library wait for each other at every product; these never do.
        with ThreadPoolExecutor(len(parts) - 1) as executor:
            others = [
                executor.submit(self._states, sequences[p], None if kinds is None else kinds[p])
                for p in parts[1:]
            ]
            first = self._states(sequences[parts[0]], None if kinds is None else kinds[parts[0]])
            return [*first, *(state for other in others for state in other.result())]

    def _states(
        self, sequences: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None
    ) -> list[Floats]:
        w = self._weights
        lengths = [len(s) for s in sequences]
        ids = np.concatenate([np.asarray(s, dtype=np.int64) for s in sequences])
        positions = np.concatenate([np.arange(n) for n in lengths])
        x = w["embeddings.word_embeddings.weight"][ids]
        x += w["embeddings.position_embeddings.weight"][positions]
        of = 0 if kinds is None else np.concatenate([np.asarray(k, dtype=np.int64) for k in kinds])
        x += w["embeddings.token_type_embeddings.weight"][of]
        x = self._norm(x, "embeddings.LayerNorm.")
        ends = np.cumsum(lengths)
        spans = [slice(int(e) - n, int(e)) for e, n in zip(ends, lengths, strict=True)]
        for layer in range(self._layers):
            x = self._layer(x, spans, f"encoder.layer.{layer}.")
        return [x[span] for span in spans]

    def _layer(self, x: Floats, spans: Sequence[slice], prefix: str) -> Floats:
        size = x.shape[1] // self._heads
        scale = np.float32(1 / math.sqrt(size))
        query, key, value = (
            self._dense(x, f"{prefix}attention.self.{name}.").reshape(len(x), self._heads, size)
            for name in ("query", "key", "value")
        )
        attended = np.empty_like(query)
        for span in spans:
            q, k, v = (m[span].transpose(1, 0, 2) for m in (query, key, value))
            weights = (q @ k.transpose(0, 2, 1)) * scale
            weights -= weights.max(axis=-1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=-1, keepdims=True)
            attended[span] = (weights @ v).transpose(1, 0, 2)
        joined = self._dense(attended.reshape(x.shape), f"{prefix}attention.output.dense.")
        x = self._norm(joined + x, f"{prefix}attention.output.LayerNorm.")
        inner = _gelu(self._dense(x, f"{prefix}intermediate.dense."))
        return self._norm(
            self._dense(inner, f"{prefix}output.dense.") + x, f"{prefix}output.LayerNorm."
        )

    def _dense(self, x: Floats, prefix: str) -> Floats:
        product = x @ self._weights[prefix + "weight"].T
        product += self._weights[prefix + "bias"]
        return np.asarray(product)

    def _norm(self, x: Floats, prefix: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        centred /= np.sqrt(variance + self._epsilon)
        centred *= self._weights[prefix + "weight"]
        centred += self._weights[prefix + "bias"]
        return np.asarray(centred)


def _parts(lengths: Sequence[int]) -> list[slice]:
    """Neighbouring sequences for one thread each, with about as many tokens."""
    total = sum(lengths)
    count = min(_MAX_THREADS, os.cpu_count() or 1, len(lengths), total // _MIN_THREAD_TOKENS)
    if count < 2:
        return [slice(0, len(lengths))]
    ends = np.cumsum(lengths)
    marks = [int(np.searchsorted(ends, total * n / count, "left")) + 1 for n in range(1, count)]
    bounds = sorted({0, *(m for m in marks if m < len(lengths)), len(lengths)})
    return [slice(a, b) for a, b in itertools.pairwise(bounds)]


def mapped(path: Path) -> dict[str, Floats]:
    """The float32 tensors of a safetensors file as views of its bytes, read when they are used.

    Format: 8 bytes of header length, a JSON header with offsets, then the data.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    size = int(data[:8].view("<u8")[0])
    header = json.loads(data[8 : 8 + size].tobytes())
    tensors: dict[str, Floats] = {}
    for name, described in header.items():
        if name != "__metadata__" and described["dtype"] == "F32":
            start, end = (8 + size + offset for offset in described["data_offsets"])
            tensors[name] = np.asarray(data[start:end]).view("<f4").reshape(described["shape"])
    return tensors


def _gelu(x: Floats) -> Floats:
    """x * Phi(x), with erf after Abramowitz & Stegun 7.1.26 (error below 1.5e-7).

    In blocks of rows: temporaries that fit the cache are reused, where those of the whole array
    would each be fresh memory, whose first touch costs more than the arithmetic.
    """
    result = np.empty_like(x)
    for start in range(0, len(x), _GELU_BLOCK_ROWS):
        block = x[start : start + _GELU_BLOCK_ROWS]
        z = np.abs(block)
        z *= np.float32(math.sqrt(0.5))
        t = z * np.float32(0.3275911)
        t += np.float32(1)
        np.reciprocal(t, out=t)
        poly = t * np.float32(1.061405429)
        poly += np.float32(-1.453152027)
        for c in (1.421413741, -0.284496736, 0.254829592):
            poly *= t
            poly += np.float32(c)
        poly *= t
        z *= z
        np.negative(z, out=z)
        poly *= np.exp(z, out=z)
        np.subtract(np.float32(1), poly, out=poly)
        np.copysign(poly, block, out=poly)
        poly += np.float32(1)
        poly *= block
        np.multiply(poly, np.float32(0.5), out=result[start : start + _GELU_BLOCK_ROWS])
    return result
