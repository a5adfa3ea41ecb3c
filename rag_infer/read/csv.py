"""Tables in text files (CSV, TSV): groups of rows that repeat the header.

Knows: delimiters, quoting.
Does not know: how rows become blocks; that is ``rows``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.table_pages import pages
from rag_infer.types import Document

_SAMPLE = 16 * 1024
_LONGEST_FIELD = 10 * 2**20


def read(file: OpenedFile) -> Iterator[Document]:
    """One document; a page is a stretch of rows."""
    text = decode(file.data())
    csv.field_size_limit(_LONGEST_FIELD)
    dialect = _dialect(text, "\t" if file.path.suffix.lower() in (".tsv", ".tab") else ",")
    try:
        found = tuple(pages(csv.reader(io.StringIO(text, newline=""), dialect)))
    except csv.Error as error:
        raise ReadError(f"its rows cannot be told apart ({error})") from error
    yield Document(file.id, "csv", file.sha256, found)


def _dialect(text: str, usual: str) -> type[csv.Dialect]:
    class CsvDialect(csv.excel):
        delimiter = usual

    # The delimiter is what the first line has most of; the module's own guess is slow and wild.
    line = text[:_SAMPLE].split("\n", 1)[0]
    counts = {mark: line.count(mark) for mark in (usual, ",", ";", "\t", "|")}
    most = max(counts, key=lambda mark: counts[mark])
    if counts[most] > counts[usual]:
        CsvDialect.delimiter = most
    return CsvDialect
