"""Two tables joined on a column of equal keys, for questions that need columns of both.

Each row of one table takes the columns of the one row of the other that has its key; rows without
one are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.query_table import QueryRow, QueryTable
from rag_infer.tables.columns import column_of
from rag_infer.tools.sql_names import quoted

_MAX_TABLES = 30
_MAX_ROWS = 50_000
_MAX_JOINS = 4
_MIN_MATCH = 0.5  # of the rows must have a key in the other table


@dataclass(frozen=True, slots=True)
class _Key:
    """Column ``left`` of one table holds the keys that column ``right`` of another has once."""

    left: int
    right: int


def joined_tables(question: str, tables: Sequence[QueryTable]) -> Iterator[QueryTable]:
    """The joins that a question needs: each table has a word of it that the other lacks.

    Args:
        question: What was asked.
        tables: Those that may be joined.
    """
    said = {w.key for w in content_words(question)}
    usable = [t for t in tables if t.data and len(t.rows) <= _MAX_ROWS and not t.is_statement]
    if not 2 <= len(usable) <= _MAX_TABLES:
        return
    words = [said & _words(table) for table in usable]
    joins = 0
    for left, left_words in zip(usable, words, strict=True):
        for right, right_words in zip(usable, words, strict=True):
            if left is right or not left_words - right_words or not right_words - left_words:
                continue
            key = _key(left, right)
            if key is None:
                continue
            joined = _joined(left, right, key)
            if joined is not None:
                yield joined
                joins += 1
            if joins >= _MAX_JOINS:
                return


def _words(table: QueryTable) -> frozenset[str]:
    """The keys of headers and cells; not of a file's name, which no plan needs from two."""
    return frozenset(table.cell_index) | {k for header in table.header_keys for k in header}


def _key(left: QueryTable, right: QueryTable) -> _Key | None:
    """The columns of equal name whose values are distinct in the right table; the only such."""
    keys = []
    for one in left.columns:
        for other in right.columns:
            if not left.header_keys[one.index]:
                continue
            if set(left.header_keys[one.index]) != set(right.header_keys[other.index]):
                continue
            values = [_value(right, n, other.index) for n in right.data]
            if all(values) and len(set(values)) == len(values) and len(values) > 1:
                keys.append(_Key(one.index, other.index))
    return keys[0] if len(keys) == 1 else None


def _value(table: QueryTable, row: int, column: int) -> str:
    return table.rows[row].texts[column].strip().casefold()


def _joined(left: QueryTable, right: QueryTable, key: _Key) -> QueryTable | None:
    by_key = {_value(right, n, key.right): n for n in right.data}
    pairs = [(n, by_key.get(_value(left, n, key.left))) for n in left.data]
    matched = [(n, other) for n, other in pairs if other is not None]
    if len(matched) < _MIN_MATCH * len(pairs) or not matched:
        return None
    kept = [c.index for c in right.columns if c.index != key.right]
    rows = tuple(
        QueryRow(
            (*left.rows[n].texts, *(right.rows[m].texts[c] for c in kept)), "data", (),
            (*left.rows[n].spans[: len(left.columns)], *(right.rows[m].spans[c] for c in kept))
            if left.rows[n].spans and right.rows[m].spans else (),
        )
        for n, m in matched
    )  # fmt: skip
    names = [c.name for c in left.columns] + [right.columns[c].name for c in kept]
    columns = tuple(
        column_of(n, name, [row.texts[n] for row in rows]) for n, name in enumerate(names)
    )
    on = left.columns[key.left].name
    unmatched = len(pairs) - len(matched)
    used = {m for _, m in matched}
    unused = sum(n not in used for n in right.data)
    note = (
        f"{left.name} joined with {right.name} on {on}: "
        f"{unmatched} of {len(pairs)} rows of {left.name} and {unused} of {len(right.data)} of "
        f"{right.name} have no match"
    )
    return QueryTable(
        f"{left.name} and {right.name}", left.document,
        (*left.headers, *(right.headers[c] for c in kept)), rows, columns,
        f"{left.context} {right.context}", left.scale or right.scale,
        sql_source=f"{quoted(left.name)} JOIN {quoted(right.name)} USING ({quoted(on)})",
        join_note=note, join_start=len(left.columns),
    )  # fmt: skip


def uses_both(table: QueryTable, columns: Sequence[int]) -> bool:
    """Whether columns of both sides of a join are used."""
    return any(c < table.join_start for c in columns) and any(
        c >= table.join_start for c in columns
    )
