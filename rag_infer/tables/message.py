"""A table as JSON values, between processes and in the index; checked when it is read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from rag_infer.types import CellSpan, Table

_MAX_COLUMNS = 20_000
_MAX_TABLE_BYTES = 64 * 2**20


def table_message(table: Table) -> list[Any]:
    """A table as JSON values. A row's spans are offsets from the end of the cell before."""
    return [
        table.header_rows,
        table.header_columns,
        table.name,
        table.caption,
        list(table.notes),
        table.continues,
        [list(row) for row in table.cells],
        [_offsets(row) for row in table.spans],
    ]


def as_table(message: Any, length: int) -> Table:
    """The table again.

    Args:
        message: What ``table_message`` gave.
        length: Characters of its page's text.

    Raises:
        ValueError: It is not what ``table_message`` gives for a page of that length.
    """
    try:
        header_rows, header_columns, name, caption, notes, continues, rows, offsets = message
        cells = tuple(tuple(map(_text, row)) for row in rows)
        spans = tuple(_spans(row, length) for row in offsets)
    except (TypeError, AttributeError) as bad:
        raise ValueError(f"a malformed table ({type(bad).__name__})") from bad
    width = len(cells[0]) if cells else 0
    if not 0 < width <= _MAX_COLUMNS or len(spans) != len(cells):
        raise ValueError("a table without cells")
    if any(len(row) != width for row in (*cells, *spans)):
        raise ValueError("a table with ragged rows")
    if type(header_rows) is not int or not 0 <= header_rows <= len(cells):
        raise ValueError("a table with more header rows than rows")
    if type(header_columns) is not int or not 0 <= header_columns <= width:
        raise ValueError("a table with more header columns than columns")
    return Table(
        cells, spans, header_rows, header_columns, _text(name), _text(caption),
        tuple(map(_text, notes)), continues is True,
    )  # fmt: skip


def packed(table: Table) -> bytes:
    """A table as it is stored."""
    text = json.dumps(table_message(table), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8"), 3)


def unpacked(data: bytes, length: int) -> Table:
    """A stored table again. Raises ValueError for what ``packed`` does not give."""
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(data, _MAX_TABLE_BYTES)
        if reader.unconsumed_tail:
            raise ValueError("a table too large")
        return as_table(json.loads(text), length)
    except zlib.error as error:
        raise ValueError(f"a damaged table ({error})") from error


def _offsets(spans: Sequence[CellSpan]) -> list[int]:
    numbers, last = [], 0
    for start, end in spans:
        numbers += [start - last, end - start]
        last = end
    return numbers


def _spans(numbers: Sequence[int], length: int) -> tuple[CellSpan, ...]:
    spans, last = [], 0
    for gap, size in zip(numbers[::2], numbers[1::2], strict=True):
        if type(gap) is not int or type(size) is not int:
            raise ValueError("a cell without a place")
        start, end = last + gap, last + gap + size
        if not 0 <= start <= end <= length:
            raise ValueError("a cell out of place")
        spans.append((start, end))
        last = end
    return tuple(spans)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("invalid text")
    value.encode("utf-8")  # a lone surrogate would fail later, far from its cause
    return value
