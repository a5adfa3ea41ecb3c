"""The same table of several years or months as one: rows of all, with a column for the period.

"staff 2024.csv" and "staff 2025.csv", or the sheets "2024" and "2025" of a workbook, have the same
headers and names that differ by the period alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rag_infer.table_qa.query_table import QueryRow, QueryTable
from rag_infer.tables.columns import column_of

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MIN_TABLES, _MAX_TABLES, _MAX_ROWS = 2, 60, 50_000
_PERIOD = "Year"


def table_series(question: str, tables: Sequence[QueryTable]) -> Iterator[QueryTable]:
    """The tables of one kind put together, where a question is about years.

    Args:
        question: What was asked: it says a year of the names, or "year".
        tables: Those that may be put together.
    """
    years = set(_YEAR.findall(question))
    if (
        not years
        and re.search(r"\b(?:years?|annual\w*|over time)\b", question, re.IGNORECASE) is None
    ):
        return
    groups: dict[tuple[object, ...], list[tuple[str, QueryTable]]] = defaultdict(list)
    for table in tables:
        named = set(_YEAR.findall(table.name))
        if len(named) != 1 or not table.data or table.is_statement or table.join_note:
            continue
        if any(column.kind == "year" or column.name == _PERIOD for column in table.columns):
            continue
        year = named.pop()
        stem = " ".join(_YEAR.sub(" ", table.name).split())
        groups[table.headers, stem].append((year, table))
    for members in groups.values():
        distinct = {year for year, _ in members}
        if not _MIN_TABLES <= len(members) <= _MAX_TABLES or len(distinct) < len(members):
            continue
        if sum(len(table.rows) for _, table in members) > _MAX_ROWS or not years <= distinct:
            continue
        yield _united(sorted(members, key=lambda member: member[0]))


def _united(members: Sequence[tuple[str, QueryTable]]) -> QueryTable:
    first = members[0][1]
    rows = tuple(
        QueryRow(
            (*row.texts, year), row.role, row.group,
            (*row.spans[: len(row.texts)], None) if row.spans else (),
        )
        for year, table in members for row in table.rows if row.role != "group"
    )  # fmt: skip
    names = [column.name for column in first.columns] + [_PERIOD]
    columns = tuple(
        column_of(n, name, [row.texts[n] for row in rows]) for n, name in enumerate(names)
    )
    stem = " ".join(_YEAR.sub(" ", first.name).split())
    note = "rows of " + ", ".join(table.name for _, table in members) + " put together"
    return QueryTable(
        stem or "tables", first.document, (*first.headers, (_PERIOD,)), rows, columns,
        " ".join(dict.fromkeys(_YEAR.sub(" ", table.context) for _, table in members)),
        first.scale, join_note=note,
        surroundings=first.surroundings,
    )  # fmt: skip
