"""SQL for a question about a table: a table of (operation, number of text columns) to templates.

A count, an aggregate or an extreme, over all rows or over those that the cells named in the
question select. A combination that has no template is left to the documents' own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag_infer.cite.text_normalization import words
from rag_infer.tools.sql_client import SqlTable, literal, quoted

_GROUP_BY = re.compile(
    r"\b(?:by|per|for each|for every|in each|of each|each)\s+(.+)", re.IGNORECASE
)
_WHO = re.compile(r"\bwho(?:se)?\b", re.IGNORECASE)
_FUNCTION_LABELS = {
    "count": "rows", "sum": "total", "avg": "average", "median": "median", "max": "highest",
    "min": "lowest",
}  # fmt: skip
_AGGREGATES, _EXTREMES = ("sum", "avg", "median"), ("max", "min")
_NUMERIC = re.compile(r"^\s*[-(+]?[$€£]?\s?(?:\d{1,3}(?:[, ]\d{3})+|\d+)?(?:\.\d+)?\)?\s*$")
_CURRENCY = re.compile(r"[$€£]")
_CODE = re.compile(r"^0\d")

Operation = Literal["count", "aggregate", "extreme", "extreme of aggregate"]


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question as a query over a table.

    Attributes:
        table: The table that is queried.
        sql: One SELECT over it.
        description: In words, what the query computes.
        rows: Numbers of the table's rows that the filters of the question select.
        selects_rows: The result is some of those rows, rather than computed from all of them.
    """

    table: SqlTable
    sql: str
    description: str
    rows: tuple[int, ...]
    selects_rows: bool = False


@dataclass(frozen=True, slots=True)
class _Template:
    """SQL and its description, with the fields of ``build_query`` in braces."""

    sql: str
    description: str
    selects_rows: bool = False


# Rows with the largest or smallest value; where two share it, both.
_RANKED = (
    " QUALIFY rank() OVER (ORDER BY {expression} {direction} NULLS LAST) = 1 ORDER BY 1"
)  # fmt: skip
_ONE_FIGURE = _Template("SELECT {expression} AS {alias} {source}", "{function} {number}")
_ROW_COUNT = _Template("SELECT count(*) AS count {source}", "rows in {table}")
# By operation, how many text columns are named, and whether the question groups by one.
_TEMPLATES: Mapping[tuple[Operation, int, bool], _Template] = {
    ("count", 0, False): _ROW_COUNT,
    ("count", 0, True): _ROW_COUNT,
    ("count", 1, False): _Template(
        "SELECT count(DISTINCT {text_column}) AS count {source}",
        "different values of {text} in {table}",
    ),
    ("count", 1, True): _Template(
        "SELECT {text_column}, count(*) AS count {source} GROUP BY 1 ORDER BY 2 DESC, 1",
        "rows for each {text}",
    ),
    ("aggregate", 0, False): _ONE_FIGURE,
    ("aggregate", 0, True): _ONE_FIGURE,
    ("aggregate", 1, True): _Template(
        "SELECT {text_column}, {expression} AS {alias} {source} GROUP BY 1 ORDER BY 1",
        "{function} {number} for each {text}",
    ),
    ("extreme", 0, False): _ONE_FIGURE,
    ("extreme", 0, True): _ONE_FIGURE,
    **{
        ("extreme", 1, grouped): _Template(
            "SELECT {text_column}, {alias} {source}" + _RANKED.replace("{expression}", "{alias}"),
            "{text} with the {function} {number}",
            selects_rows=True,
        )
        for grouped in (False, True)
    },
    **{
        ("extreme of aggregate", 1, grouped): _Template(
            "SELECT {text_column}, {expression} AS {alias} {source} GROUP BY 1" + _RANKED,
            "{text} with the {extreme} {function} {number}",
        )
        for grouped in (False, True)
    },
}


def build_query(
    question: str,
    table: SqlTable,
    functions: Sequence[str],
    columns: Sequence[int],
    filters: Mapping[int, tuple[str, ...]],
    matching_rows: Sequence[int],
) -> TableQuestion | None:
    """The query for ``functions`` over ``columns``.

    Args:
        question: The question, for words that group ("per team") or ask for a person ("who").
        table: The table that the question is about.
        functions: Names of SQL functions that the question asks for (count, sum, max, ...).
        columns: Numbers of the columns that the question names.
        filters: Cells by column, of which matching rows have one.
        matching_rows: Numbers of the rows that match ``filters``.

    Returns:
        The query, or None where the functions and columns do not go together.
    """
    numeric = [c for c in columns if is_numeric(table, c)]
    text_columns = [c for c in columns if c not in numeric]
    operation = _operation(functions)
    if operation is None or len(numeric) != (0 if operation == "count" else 1):
        return None
    if operation == "extreme" and not text_columns:
        person = _person_column(question, table)
        text_columns = [] if person is None else [person]
    grouped = _GROUP_BY.search(question) is not None
    template = _TEMPLATES.get((operation, len(text_columns), grouped))
    if template is None:
        return None
    extreme = next((f for f in functions if f in _EXTREMES), "")
    function = next((f for f in functions if f in _AGGREGATES), extreme)
    number = table.columns[numeric[0]] if numeric else ""
    text = table.columns[text_columns[0]] if text_columns else ""
    fields = {
        "source": _source(table, filters),
        "table": table.name,
        "number": number,
        "alias": quoted(number),
        "expression": f"{function}({quoted(number)})",
        "text": text,
        "text_column": quoted(text),
        "function": _FUNCTION_LABELS.get(function, ""),
        "extreme": _FUNCTION_LABELS.get(extreme, ""),
        "direction": "DESC" if extreme == "max" else "ASC",
    }
    condition = "".join(f", {table.columns[c]} {cells[0]}" for c, cells in filters.items())
    description = template.description.format_map(fields) + condition
    sql = template.sql.format_map(fields)
    return TableQuestion(table, sql, description, tuple(matching_rows), template.selects_rows)


def _operation(functions: Sequence[str]) -> Operation | None:
    aggregate = any(f in _AGGREGATES for f in functions)
    extreme = any(f in _EXTREMES for f in functions)
    if "count" in functions:
        return None if aggregate or extreme else "count"
    if extreme:
        return "extreme of aggregate" if aggregate else "extreme"
    return "aggregate" if aggregate else None


def _source(table: SqlTable, filters: Mapping[int, tuple[str, ...]]) -> str:
    where = " AND ".join(
        f"{quoted(table.columns[c])} = {literal(cells[0])}"
        if len(cells) == 1
        else f"{quoted(table.columns[c])} IN ({', '.join(map(literal, cells))})"
        for c, cells in filters.items()
    )
    return f"FROM {quoted(table.name)}" + (f" WHERE {where}" if where else "")


def _person_column(question: str, table: SqlTable) -> int | None:
    """For "who": the column of names, or the first of text where no column is called so."""
    if not _WHO.search(question):
        return None
    text_columns = [c for c in range(len(table.columns)) if not is_numeric(table, c)]
    name_columns = [c for c in text_columns if "name" in keys_of(table.columns[c])]
    return next(iter((*name_columns, *text_columns)), None)


def is_numeric(table: SqlTable, column: int) -> bool:
    """Whether every cell of a column is a figure, of one currency at most."""
    cells = [row[column] for row in table.rows if column < len(row) and row[column].strip()]
    if len({mark for cell in cells for mark in _CURRENCY.findall(cell)}) > 1:
        return False  # dollars and euros do not add up
    return bool(cells) and all(_NUMERIC.match(cell) and not _CODE.match(cell) for cell in cells)


def keys_of(name: str) -> list[str]:
    """The words of a name that mean something; ``unitPrice`` and ``unit_price`` are two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name)
    return [word.key for word in words(spaced) if not word.stop]
