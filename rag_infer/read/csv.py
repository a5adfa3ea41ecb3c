"""Tables in text files (CSV, TSV): groups of rows that repeat the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.table_pages import table_pages
from rag_infer.types import Document

_SAMPLE_CHARS = 16 * 1024
_MAX_FIELD_BYTES = 10 * 2**20


def read(file: OpenedFile) -> Iterator[Document]:
    """One document; a page is a stretch of rows."""
    text = decode(file.data())
    csv.field_size_limit(_MAX_FIELD_BYTES)
    dialect = _dialect(text, "\t" if file.path.suffix.lower() in (".tsv", ".tab") else ",")
    try:
        pages = tuple(table_pages(csv.reader(io.StringIO(text, newline=""), dialect)))
    except csv.Error as error:
        raise ReadError(f"its rows cannot be told apart ({error})") from error
    yield Document(file.id, "csv", file.sha256, pages)


def _dialect(text: str, default_delimiter: str) -> type[csv.Dialect]:
    class CsvDialect(csv.excel):
        delimiter = default_delimiter

    # The delimiter is what the first line has most of; the module's own guess is slow and wild.
    line = text[:_SAMPLE_CHARS].split("\n", 1)[0]
    counts = {char: line.count(char) for char in (default_delimiter, ",", ";", "\t", "|")}
    delimiter_char = max(counts, key=lambda char: counts[char])
    if counts[delimiter_char] > counts[default_delimiter]:
        CsvDialect.delimiter = delimiter_char
    return CsvDialect
