"""Questions about the tables themselves: which there are, and which columns one has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.types import ResultTable

_LEAD = (
    r"\s*(?:please\s+)?(?:(?:can you\s+)?(?:list|show(?: me)?|name|give me|what(?: are|'s)?|which|"
    r"describe)\s+)"
)
_TABLES = re.compile(
    _LEAD + r"(?:all\s+|of\s+)?(?:the\s+)?(?:tables|sheets|spreadsheets)"
    r"(?:\s+(?:are|do))?(?:\s+(?:there|you have|we have|exist|available))?"
    r"(?:\s+(?:are\s+)?in (?:the|this) (?:index|folder))?\s*[?.!]*\s*",
    re.IGNORECASE,
)
_COLUMNS = re.compile(
    _LEAD + r"(?:all\s+|of\s+)?(?:the\s+)?(?:columns|fields|headers|column names)"
    r"(?:\s+(?:are|does|do|there|of|in|for|has|have))*(?P<name>(?:\s+[^\s?!]+?){0,12}?)"
    r"(?:\s+(?:have|has|contain))?\s*[?.!]*\s*",
    re.IGNORECASE,
)
_ARTICLES = frozenset(map(key, "the a an table sheet file spreadsheet there in of".split()))
_MAX_QUESTION_CHARS = 200
_MAX_NAMES = 12  # of columns in the text of an answer


@dataclass(frozen=True, slots=True)
class SchemaAnswer:
    """What tables or columns there are, in words and as a table, and the tables that it is of."""

    text: str
    table: ResultTable
    tables: tuple[QueryTable, ...]


def is_schema_question(question: str) -> bool:
    """Whether it asks for tables or columns; reads no table."""
    if len(question) > _MAX_QUESTION_CHARS:
        return False
    return _TABLES.fullmatch(question) is not None or _COLUMNS.fullmatch(question) is not None


def schema_answer(question: str, tables: Sequence[QueryTable]) -> SchemaAnswer | None:
    """The tables of an index, or the columns of one; None for other questions.

    Args:
        question: What was asked.
        tables: Those that the user may read.
    """
    if not tables or len(question) > _MAX_QUESTION_CHARS:
        return None
    if _TABLES.fullmatch(question):
        return _listing(tables)
    match = _COLUMNS.fullmatch(question)
    if match is None:
        return None
    named = _named(match["name"], tables)
    return _columns(named) if named is not None else None


def _listing(tables: Sequence[QueryTable]) -> SchemaAnswer:
    rows = tuple(
        (
            table.name or "table",
            PurePosixPath(table.document).name,
            f"{len(table.data):,}",
            ", ".join(column.name for column in table.columns[:_MAX_NAMES])
            + (" ..." if len(table.columns) > _MAX_NAMES else ""),
        )
        for table in tables
    )
    names = "; ".join(f"{name} ({count} rows: {columns})" for name, _, count, columns in rows[:8])
    more = f"; and {len(rows) - 8} more" if len(rows) > 8 else ""
    count = f"{len(rows)} table{'s' * (len(rows) != 1)}"
    return SchemaAnswer(
        f"{count}: {names}{more}",
        ResultTable(("table", "file", "rows", "columns"), rows[:100], max(0, len(rows) - 100)),
        tuple(tables),
    )


def _named(name: str, tables: Sequence[QueryTable]) -> QueryTable | None:
    """The one table whose name or file is said; the only one where none is."""
    said = {k for k in keys(name) if k not in _ARTICLES} if name.strip() else set()
    if not said:
        return tables[0] if len(tables) == 1 else None
    fits = [t for t in tables if said <= set(keys(f"{t.name} {PurePosixPath(t.document).name}"))]
    exact = [t for t in fits if set(keys(t.name)) == said]
    fits = exact or fits
    return fits[0] if len(fits) == 1 else None


def _columns(table: QueryTable) -> SchemaAnswer:
    kinds = {"number": "number", "year": "year", "date": "date", "flag": "yes or no"}
    rows = tuple(
        (column.name, kinds.get(column.kind, "text"), column.unit) for column in table.columns
    )
    names = ", ".join(column.name for column in table.columns)
    return SchemaAnswer(
        f"Columns of {table.name or 'the table'}: {names}",
        ResultTable(("column", "type", "unit"), rows[:100], max(0, len(rows) - 100)),
        (table,),
    )
