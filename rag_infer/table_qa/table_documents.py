"""Which documents of an index have tables: asked before anything about tables is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import allows_in

MAX_DOCUMENTS = 50  # whose tables are all read; of more, only those of documents on the subject
MAX_NAMED = 30  # documents that the words of a question name
_NAME = re.compile(r"\b[A-Z][^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PAIR = re.compile(r"\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)")
_MIN_JOINED = 5
LINE_FORMATS = ("csv", "sheet")  # whose pages are rows of a table, a line each


def any_table(snapshot: Snapshot, filter: Filter) -> bool:
    """Whether the filter allows any table at all; reads no cells."""
    return any(True for _ in table_documents(snapshot, filter))


def count_documents(snapshot: Snapshot, filter: Filter) -> int:
    """How many documents with tables a filter allows."""
    return sum(1 for _ in table_documents(snapshot, filter))


def named_documents(snapshot: Snapshot, filter: Filter, question: str) -> frozenset[str]:
    """The documents with tables whose file's name has a name that a question says.

    Of many such documents none: a word that is in all names tells none of them.
    """
    name_keys = {w.lower() for w in _NAME.findall(question)}
    named = []
    for _, row in table_documents(snapshot, filter):
        stem = PurePosixPath(row.id.split("#", 1)[0]).stem
        joined = re.sub(r"[\W_]+", "", stem).lower()
        words = {w.lower() for w in _WORD.findall(stem.replace("_", " "))}
        if words & name_keys or any(
            len(w) >= _MIN_JOINED and w in joined for w in _pairs(question)
        ):
            named.append(row.id)
    return frozenset(named) if len(named) <= MAX_NAMED else frozenset()


def _pairs(question: str) -> list[str]:
    """Words with capitals side by side, written as one: "Best Buy" of ``BESTBUY_2023.pdf``."""
    return [(a + b).lower() for a, b in _PAIR.findall(question)]


def table_documents(snapshot: Snapshot, filter: Filter) -> Iterator[tuple[Place, DocumentRow]]:
    """The documents with tables that a filter allows, with their places."""
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        with_tables = segment.catalogue.with_tables()
        ordinals = with_tables | {o for o, _ in segment.catalogue.of_formats(LINE_FORMATS)}
        for ordinal in sorted(ordinals):
            if live[ordinal]:
                row = segment.catalogue.document(ordinal)
                place = Place(number, ordinal)
                if allows_in(filter, snapshot, place, row):
                    yield place, row
