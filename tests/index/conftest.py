"""Small real indexes, filled without reading files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.writer import Writer
from rag_infer.types import Chunk, Document, Page

DIMENSION = 16
EMBEDDER = EmbedderEntry("test", "test", "test-fingerprint", DIMENSION)


def vector(text: str) -> np.ndarray:
    """A unit vector that is a function of the text."""
    seed = int.from_bytes(content_hash(text)[:4], "little")
    row = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return row / np.linalg.norm(row)


def entry(name: str, paragraphs: list[str], labels: frozenset[str] = frozenset()) -> SegmentRow:
    """A document of one page whose paragraphs are its chunks."""
    text = "\n\n".join(paragraphs)
    chunks, at = [], 0
    for paragraph in paragraphs:
        start = text.index(paragraph, at)
        at = start + len(paragraph)
        chunks.append(Chunk(name, 1, start, at, paragraph, (f"About {name}",), 7))
    document = Document(name, "text", "0" * 64, (Page(1, text),), groups=labels)
    row = DocumentRow(name, name, "text", "0" * 64, len(text), 1, labels=labels)
    vectors = np.array([vector(p) for p in paragraphs], dtype=np.float32).reshape(-1, DIMENSION)
    digests = b"".join(content_hash(p) for p in paragraphs)
    hashes = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
    return SegmentRow(row, document, chunks, vectors, hashes, [terms(p) for p in paragraphs])


@pytest.fixture
def fill(tmp_path: Path) -> Callable[..., Path]:
    """Adds documents, one generation a call, and returns the index folder."""

    def run(documents: dict[str, list[str]], folder: str = "index") -> Path:
        path = tmp_path / folder
        with Writer(path, EMBEDDER) as writer:
            for name, paragraphs in documents.items():
                writer.add(entry(name, paragraphs))
            writer.publish()
        return path

    return run
