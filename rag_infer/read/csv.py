"""Tables in text files (CSV, TSV): groups of rows that repeat the header.

The separator is the one by which most of the first rows have the same number of cells, quotes
respected: a comma inside a quoted header or a title line decides nothing. A quote that is never
closed would swallow every row after it; it is read as a character, and its line is reported.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.table_pages import table_pages
from rag_infer.types import Document

_SAMPLE_CHARS = 16 * 1024
_SAMPLE_ROWS = 60
_MAX_FIELD_BYTES = 10 * 2**20
_MAX_OPEN_QUOTES = 50
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)\s*(?:\r\n|\n|\r|\Z)", re.IGNORECASE)
_SEPARATORS = ",;\t|"


def read(file: OpenedFile) -> Iterator[Document]:
    """One document; a page is a stretch of rows.

    Raises:
        ReadError: The rows cannot be parsed.
    """
    text = decode(file.data())
    csv.field_size_limit(_MAX_FIELD_BYTES)
    default = "\t" if file.path.suffix.lower() in (".tsv", ".tab") else ","
    first_line = 1
    declared = _SEPARATOR_LINE.match(text)
    if declared is not None:
        text, first_line = text[declared.end() :], 2
    dialect = _dialect(declared[1] if declared is not None else _separator(text, default))
    open_quotes: list[int] = []
    try:
        pages = tuple(table_pages(_rows(text, dialect, first_line, open_quotes)))
    except csv.Error as error:
        raise ReadError(f"malformed CSV ({error})") from error
    if open_quotes:
        lines = ", ".join(map(str, open_quotes[:10]))
        pages = (replace(pages[0], note=f"quote not closed in line {lines}"), *pages[1:])
    yield Document(file.id, "csv", file.sha256, pages)


def _dialect(separator: str) -> type[csv.Dialect]:
    class CsvDialect(csv.excel):
        delimiter = separator

    return CsvDialect


def _separator(text: str, default: str) -> str:
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    best, best_score = default, (0, 0)
    for separator in (default, *_SEPARATORS.replace(default, "")):
        reader = csv.reader(io.StringIO(sample, newline=""), _dialect(separator))
        try:
            counts = Counter(len(row) for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False))
        except csv.Error:
            continue
        score = max(((rows, cells) for cells, rows in counts.items() if cells > 1), default=(0, 0))
        if score > best_score:
            best, best_score = separator, score
    return best


def _rows(
    text: str, dialect: type[csv.Dialect], first_line: int, open_quotes: list[int]
) -> Iterator[Sequence[str]]:
    """The rows; numbers of lines whose quote is never closed are added to ``open_quotes``."""
    lines = list(io.StringIO(text, newline=""))
    start = width = 0
    while start < len(lines):
        reader = csv.reader(iter(lines[start:]), dialect)
        begin = start
        for row in reader:
            end = start + reader.line_num
            if end - begin > 1 and (
                (end == len(lines) and _is_open(lines[begin:end]))
                or _is_swallowed(lines[begin:end], dialect, width)
            ):
                break
            yield row
            begin, width = end, len(row) or width
        if begin >= len(lines):
            return
        if len(open_quotes) >= _MAX_OPEN_QUOTES:
            raise ReadError(f"malformed CSV (more than {_MAX_OPEN_QUOTES} quotes not closed)")
        open_quotes.append(first_line + begin)
        yield _bare_cells(lines[begin], dialect)
        start = begin + 1


def _is_open(lines: Sequence[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def _is_swallowed(lines: Sequence[str], dialect: type[csv.Dialect], width: int) -> bool:
    """Whether lines that one cell runs over are rows of their own, as wide as the row before.

    A quote that was not meant as one ends at the next quote: within a cell, or at one that is not
    followed by a separator.
    """
    if width < 2 or len(_bare_cells(lines[0], dialect)) != width:
        return False
    try:
        list(csv.reader(lines, dialect, strict=True))
    except csv.Error:
        return True
    return all(len(_bare_cells(line, dialect)) == width for line in lines[1:])


def _bare_cells(line: str, dialect: type[csv.Dialect]) -> list[str]:
    """The cells of a line whose quotes are characters like others."""
    return next(csv.reader([line], dialect, quoting=csv.QUOTE_NONE), [])
