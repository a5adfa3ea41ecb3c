"""Which documents of an index have tables: asked before anything about tables is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import allowed_documents

MAX_DOCUMENTS = 50  # whose tables are all read; of more, only those of documents on the subject
MAX_NAMED = 30  # documents that the words of a question name
_NAME = re.compile(r"\b[A-Z][^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PAIR = re.compile(r"\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)")
_MIN_JOINED = 5
LINE_FORMATS = ("csv", "sheet")  # whose pages are rows of a table, a line each


def any_table(snapshot: Snapshot, filter: Filter) -> bool:
    """Whether the filter allows any table at all; reads no cells."""
    return any(len(ordinals) for _, ordinals in _table_ordinals(snapshot, filter))


def count_documents(snapshot: Snapshot, filter: Filter) -> int:
    """How many documents with tables a filter allows."""
    return sum(len(ordinals) for _, ordinals in _table_ordinals(snapshot, filter))


def named_documents(snapshot: Snapshot, filter: Filter, question: str) -> frozenset[str]:
    """The documents with tables whose file's name has a name that a question says.

    Of many such documents none: a word that is in all names tells none of them.
    """
    name_keys = {w.lower() for w in _NAME.findall(question)}
    named = []
    for _, row in table_documents(snapshot, filter):
        stems = [PurePosixPath(name.split("#", 1)[0]).stem for name in row.names]
        if any(_is_named(stem, name_keys, question) for stem in stems):
            named.append(row.id)
    return frozenset(named) if len(named) <= MAX_NAMED else frozenset()


def _is_named(stem: str, name_keys: set[str], question: str) -> bool:
    joined = re.sub(r"[\W_]+", "", stem).lower()
    words = {w.lower() for w in _WORD.findall(stem.replace("_", " "))}
    return bool(words & name_keys) or any(
        len(w) >= _MIN_JOINED and w in joined for w in _pairs(question)
    )


def _pairs(question: str) -> list[str]:
    """Words with capitals side by side, written as one: "Best Buy" of ``BESTBUY_2023.pdf``."""
    return [(a + b).lower() for a, b in _PAIR.findall(question)]


def table_documents(snapshot: Snapshot, filter: Filter) -> Iterator[tuple[Place, DocumentRow]]:
    """The documents with tables that a filter allows, with their places."""
    for number, ordinals in _table_ordinals(snapshot, filter):
        for ordinal in ordinals:
            yield Place(number, ordinal), snapshot.segments[number].catalogue.document(ordinal)


def _table_ordinals(snapshot: Snapshot, filter: Filter) -> Iterator[tuple[int, list[int]]]:
    """For each segment the documents with tables that a filter allows; no row is read."""
    for number, segment in enumerate(snapshot.segments):
        columns = segment.columns
        with_tables = np.isin(columns.format_numbers, columns.numbers_of_formats(LINE_FORMATS))
        with_tables[segment.table_documents] = True
        if with_tables.any():
            with_tables &= allowed_documents(snapshot, number, filter)
        yield number, np.flatnonzero(with_tables).tolist()
