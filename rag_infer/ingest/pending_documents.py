"""Documents that wait to be embedded together, each distinct new text once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder, FloatRows
from rag_infer.embed.neighbor_smoothing import REACH, blend
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.embedded_hashes import Hashes
from rag_infer.index.segment import Rows, SegmentRow, content_hash
from rag_infer.index.snapshot import Place
from rag_infer.languages import passage_languages
from rag_infer.names import name_title, name_words
from rag_infer.split import SplitOptions, embedding_text, split
from rag_infer.types import Chunk, Document

_MAX_EMBEDDED_TABLE_CHUNKS = 500
_TABLE_FORMATS = frozenset(("csv", "sheet"))


class DocumentSink(Protocol):
    """Where documents with their vectors go: the writer of an index, or one new segment."""

    @property
    def chunk_tokens(self) -> int | None:
        """The size of its chunks; None: that of the package."""

    def vectors(self, hashes: Hashes) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """Vectors of content that it has already: rows, and which are known."""

    def add(self, entry: SegmentRow) -> None:
        """Adds a document."""

    def forget(self, file: str) -> None:
        """Takes back all documents of a file that were added."""

    def remove(self, places: Iterable[Place]) -> None:
        """Documents that are no longer to count."""


@dataclass(frozen=True, slots=True)
class _PendingDocument:
    """A document that waits for its vectors."""

    row: DocumentRow
    document: Document
    chunks: tuple[Chunk, ...]
    texts: tuple[str, ...]  # what is searched for words
    embedded_texts: tuple[str, ...]  # what the vectors are of
    name: str  # the words of its names: those of the files and their folders


class PendingDocuments:
    """Documents between their reader and the writer of the index.

    What they replace leaves the index when they enter it.
    """

    def __init__(self, sink: DocumentSink, embedder: Embedder) -> None:
        self._sink = sink
        self._embedder = embedder
        self._split_options = SplitOptions.of_size(sink.chunk_tokens)
        self._documents: list[_PendingDocument] = []
        self._replaced: list[Place] = []
        self.embedded = 0
        """Texts that went through the embedding model so far."""

    @property
    def chunk_count(self) -> int:
        """Chunks that wait."""
        return sum(len(pending.chunks) for pending in self._documents)

    @property
    def files(self) -> set[str]:
        """Files of which a document waits."""
        return {pending.row.file for pending in self._documents}

    def add(self, row: DocumentRow, document: Document) -> int:
        """Splits a document and lets it wait.

        Returns:
            The number of its chunks.
        """
        title = document.title or name_title(document.id)
        titled = dataclasses.replace(document, title=title)
        chunks = tuple(split(titled, self._embedder, self._split_options))
        texts = tuple(embedding_text(chunk, title) for chunk in chunks)
        embedded_texts = _embedded_texts(document, texts)
        name = " ".join(map(_searched_name, row.names))
        self._documents.append(_PendingDocument(row, document, chunks, texts, embedded_texts, name))
        return len(chunks)

    def replace(self, places: Sequence[Place]) -> None:
        """Removes these documents from the index with the next `flush`."""
        self._replaced.extend(places)

    def forget(self, file_id: str) -> None:
        """Drops the documents of a file."""
        self._documents = [p for p in self._documents if p.row.file != file_id]

    def clear(self) -> None:
        """Drops all that waits; what it was to replace stays."""
        self._documents.clear()
        self._replaced.clear()

    def flush(self) -> None:
        """Embeds what waits, each distinct new text once, and hands it to the writer.

        It waits until all of it is there, so that Ctrl-C in the middle gives up all of it.
        """
        waiting = self._documents
        digests = [
            digest for pending in waiting for digest in _chunk_digests(pending.embedded_texts)
        ]
        hashes = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
        rows, is_known = self._sink.vectors(hashes)
        spans: list[slice] = []
        for pending in waiting:
            start = spans[-1].stop if spans else 0
            spans.append(slice(start, start + len(pending.texts)))
        self._embed(waiting, spans, rows, is_known)
        for pending, span in zip(waiting, spans, strict=True):
            languages = passage_languages([chunk.text for chunk in pending.chunks])
            self._sink.add(
                SegmentRow(
                    row=pending.row,
                    document=pending.document,
                    chunks=pending.chunks,
                    vectors=rows[span],
                    hashes=hashes[span],
                    terms=_searched_terms(pending, languages),
                    languages=languages,
                )
            )
        replaced, self._replaced = self._replaced, []
        self._documents = []
        self._sink.remove(replaced)

    def _embed(
        self,
        waiting: Sequence[_PendingDocument],
        spans: Sequence[slice],
        rows: FloatRows,
        is_known: npt.NDArray[np.bool_],
    ) -> None:
        """Fills the rows that are not known: of the text's vector and of its neighbours'."""
        needed = [_with_neighbors(~is_known[span]) for span in spans]
        distinct: dict[str, int] = {}
        for pending, is_needed in zip(waiting, needed, strict=True):
            for n in np.flatnonzero(is_needed):
                distinct.setdefault(pending.embedded_texts[n], len(distinct))
        if not distinct:
            return
        vectors = self._embedder.embed(list(distinct))
        self.embedded += len(distinct)
        for pending, span, is_needed in zip(waiting, spans, needed, strict=True):
            own_vectors = np.zeros((len(pending.embedded_texts), rows.shape[1]), dtype=np.float32)
            row_indexes = np.flatnonzero(is_needed)
            own_vectors[row_indexes] = vectors[
                [distinct[pending.embedded_texts[n]] for n in row_indexes]
            ]
            new = ~is_known[span]
            rows[span][new] = blend(own_vectors)[new]


def _searched_name(document_id: str) -> str:
    """The index terms of a document's name, its words and what separators join."""
    parts = [part.rsplit(".", 1)[0] for part in document_id.split("/")]
    return " ".join((*name_words(document_id), *parts))


def _searched_terms(pending: _PendingDocument, languages: Sequence[str]) -> list[list[str]]:
    """The terms of each chunk: of its text, and of the name as far as the whole text lacks them.

    Both are analyzed in the language of the chunk, for which ``languages`` has a code.

    A term that the text holds is found where it stands; given to every chunk, it would tell none
    from the others.
    """
    own = [terms(text, code) for text, code in zip(pending.texts, languages, strict=True)]
    names: dict[str, list[str]] = {}
    for code in set(languages):
        names[code] = sorted(set(terms(pending.name, code)).difference(*own))
    return [names[code] + chunk for chunk, code in zip(own, languages, strict=True)]


def _embedded_texts(document: Document, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The text whose vector each chunk gets: its own, or in a large table that of a row nearby.

    Rows of one table mean the same to an embedder; it is their words that tell them apart, and
    those are all searched.
    """
    stride = -(-len(texts) // _MAX_EMBEDDED_TABLE_CHUNKS)
    if stride <= 1 or document.format not in _TABLE_FORMATS:
        return texts
    return tuple(texts[n - n % stride] for n in range(len(texts)))


def _chunk_digests(texts: Sequence[str]) -> list[bytes]:
    """A hash for each chunk of all that its vector is made of: its text and its neighbours'."""
    return [
        content_hash(
            f"{n - max(0, n - REACH)}\0" + "\0".join(texts[max(0, n - REACH) : n + REACH + 1])
        )
        for n in range(len(texts))
    ]


def _with_neighbors(new: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The chunks whose own vectors the vectors of the new ones are made of."""
    wide = new.copy()
    for distance in range(1, REACH + 1):
        wide[distance:] |= new[:-distance]
        wide[:-distance] |= new[distance:]
    return wide
