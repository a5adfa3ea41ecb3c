"""Questions for the cells of tables, of whatever format, by the row's label and the column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rag_infer.evaluation.question_drafts import (
    PARTICIPLES,
    QuestionDraft,
    SourcePage,
    is_verb,
    lowered,
)
from rag_infer.table_qa.query_table import QueryRow, QueryTable
from rag_infer.tables.columns import Column
from rag_infer.types import Span

_MAX_WORDS = 6  # of a label, a header or a cell
_MAX_DRAFTS = 24  # of a table, evenly over its rows
_MIN_LABEL_CHARS = 3
_MAX_LINE_CHARS = 400  # of a row that is quoted; of a longer one its cell is
_UNITS = re.compile(
    r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\bin\s+\S+|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK)\b|[€$£%])\s*$"
)
_ATTRIBUTE = re.compile(r" (?:for|of|per|in|to|at|by) ")
_NO_PROPERTIES = frozenset(
    "pos position year month day total sum note notes remark remarks".split()
)
_PREPOSITIONS = frozenset("for since until from to of in on at by with per".split())
_PERIOD = re.compile(r"(?:Q[1-4]|H[12]|FY)?\s*(?:(?:19|20)\d\d)?(?:/\d\d)?", re.IGNORECASE)


def table_drafts(
    tables: Sequence[QueryTable], pages: Sequence[SourcePage]
) -> Iterator[QuestionDraft]:
    """Questions for cells, each with the line of its row as its quote.

    Totals, titles of groups, rows that share their label and columns of codes are left out.

    Args:
        tables: The tables of an index.
        pages: The texts that they stand in.
    """
    by_place = {(page.document_id, page.number): page for page in pages}
    for table in tables:
        drafts = list(_drafts(table, by_place))
        step = max(1, len(drafts) // _MAX_DRAFTS)
        yield from drafts[::step][:_MAX_DRAFTS]


def _drafts(
    table: QueryTable, by_place: Mapping[tuple[str, int], SourcePage]
) -> Iterator[QuestionDraft]:
    label_column = table.label_column
    repeats = Counter(row.texts[label_column] for row in table.rows)
    columns = [c for c in table.columns if c.index != label_column and _is_property(c, table)]
    for number in table.data:
        row = table.rows[number]
        label = row.texts[label_column].strip()
        if repeats[row.texts[label_column]] > 1 or not _is_label(label):
            continue
        for column in columns:
            cell, span = row.texts[column.index].strip(), _span(row, column.index)
            page = by_place.get((span.document_id, span.page_number or 1)) if span else None
            if span is None or page is None or not _is_value(cell):
                continue
            question = _question(column, label, table)
            yield QuestionDraft(question, cell, _line(page.text, span), label, "cell", page)


def _question(column: Column, label: str, table: QueryTable) -> str:
    header = _header(column, table)
    is_level = len(table.headers[column.index]) > 1  # of a matrix: no property of its rows
    if is_level or table.is_statement or _PERIOD.fullmatch(header):
        return f"What is the figure of {label} for {header}?"
    if header.split()[0].lower().endswith("ed") or header.lower() in PARTICIPLES:
        return f"What is {header.lower()} for {label}?"
    head = _ATTRIBUTE.split(header)[0]
    verb = "are" if head.endswith("s") and not head.endswith("ss") else "is"
    return f"What {verb} the {lowered(header)} of {label}?"


def _header(column: Column, table: QueryTable) -> str:
    """The lowest level of a column's header, without its unit."""
    levels = table.headers[column.index]
    return _UNITS.sub("", levels[-1] if levels else "").strip()


def _is_property(column: Column, table: QueryTable) -> bool:
    """Whether a column has a name that can be asked for: no code, verb, number or count of rows."""
    header = _header(column, table)
    is_named = bool(header) and (header[0].isalpha() or table.is_statement)
    is_short = len(header.split()) <= _MAX_WORDS and header.lower() not in _NO_PROPERTIES
    counts = [row.texts[column.index].strip(" .") for row in table.rows if row.role == "data"]
    is_count = counts == [str(n) for n in range(1, len(counts) + 1)]
    is_open = header.rpartition(" ")[2].lower() in _PREPOSITIONS  # "valid for", "in use since"
    is_code = column.index in table.code_columns
    return is_named and is_short and not (is_verb(header) or is_count or is_code or is_open)


def _is_label(label: str) -> bool:
    is_short = len(label.split()) <= _MAX_WORDS
    return is_short and label[:1].isalpha() and len(label) >= _MIN_LABEL_CHARS


def _is_value(cell: str) -> bool:
    return len(cell.split()) <= _MAX_WORDS and any(map(str.isalnum, cell))


def _span(row: QueryRow, column: int) -> Span | None:
    return row.spans[column] if column < len(row.spans) else None


def _line(text: str, span: Span) -> str:
    """The line of a page that a cell stands in; the cell itself where it is long."""
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    line = text[start : end if end >= 0 else len(text)].strip()
    return line if len(line) <= _MAX_LINE_CHARS else span.quote
