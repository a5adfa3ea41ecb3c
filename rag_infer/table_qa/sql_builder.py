"""From what is asked of a table to SQL: a count, a total, an extreme, of all rows or of some.

Knows: which operations go with which columns, how the finding is said in words.
Does not know: how a question is read (``asked``), how SQL is run (``tables``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.cite.text_normalization import words
from rag_infer.tools.sql_client import SqlTable, literal, quoted

_EACH = re.compile(r"\b(?:by|per|for each|for every|in each|of each|each)\s+(.+)", re.IGNORECASE)
_TITLES = {"count": "rows", "sum": "total", "avg": "average", "median": "median",
           "max": "highest", "min": "lowest"}  # fmt: skip
_NUMERIC = re.compile(r"^\s*[-(+]?[$€£]?\s?(?:\d{1,3}(?:[, ]\d{3})+|\d+)?(?:\.\d+)?\)?\s*$")
_CURRENCY = re.compile(r"[$€£]")
_CODE = re.compile(r"^0\d")


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question as a query over a table. ``said`` is in words what the query finds.

    ``rows`` are the numbers of the table's rows that it is about, those that its filters leave;
    ``picks``: it finds some of them, rather than computing from all.
    """

    table: SqlTable
    sql: str
    said: str
    rows: tuple[int, ...]
    picks: bool = False


def build_query(
    question: str,
    table: SqlTable,
    ways: Sequence[str],
    columns: Sequence[int],
    chosen: dict[int, tuple[str, ...]],
    kept: Sequence[int],
) -> TableQuestion | None:
    """The query for ``ways`` of computing over ``columns``; None where they do not go together.

    ``chosen`` are cells by column that rows have to have, ``kept`` the numbers of those rows.
    """
    numeric = [c for c in columns if is_numeric(table, c)]
    names = [c for c in columns if c not in numeric]
    where = " AND ".join(
        f"{quoted(table.columns[c])} = {literal(cells[0])}"
        if len(cells) == 1
        else f"{quoted(table.columns[c])} IN ({', '.join(map(literal, cells))})"
        for c, cells in chosen.items()
    )
    source = f"FROM {quoted(table.name)}" + (f" WHERE {where}" if where else "")
    among = "".join(f", {table.columns[c]} {cells[0]}" for c, cells in chosen.items())
    name = [quoted(table.columns[c]) for c in range(len(table.columns))]

    def asked(sql: str, said: str, picks: bool = False) -> TableQuestion:
        return TableQuestion(table, sql, f"{said}{among}", tuple(kept), picks)

    each = _EACH.search(question)
    extreme = next((way for way in ways if way in ("max", "min")), None)
    total = next((way for way in ways if way in ("sum", "avg", "median")), None)
    if "count" in ways and not numeric and not extreme and not total:
        if not names:
            return asked(f"SELECT count(*) AS count {source}", f"rows in {table.name}")
        if len(names) == 1 and each is None:
            (one,) = names
            called = table.columns[one]
            sql = f"SELECT count(DISTINCT {name[one]}) AS count {source}"
            return asked(sql, f"different values of {called} in {table.name}")
        if len(names) == 1:
            (one,) = names
            sql = f"SELECT {name[one]}, count(*) AS count {source} GROUP BY 1 ORDER BY 2 DESC, 1"
            return asked(sql, f"rows for each {table.columns[one]}")
        return None
    if len(numeric) != 1 or "count" in ways:
        return None
    (figure,) = numeric
    called = table.columns[figure]
    if extreme and len(names) == 1:
        (one,) = names
        value = f"{total}({name[figure]})" if total else name[figure]
        sql = _extreme(name[one], value, source, extreme, grouped=bool(total), called=called)
        what = f"{_TITLES[total]} {called}" if total else called
        said = f"{table.columns[one]} with the {_TITLES[extreme]} {what}"
        return asked(sql, said, picks=not total)
    way = total or extreme
    if way is None or (extreme and total):
        return None
    who = _person(question, table) if extreme and not names else None
    if extreme and who is not None:
        sql = _extreme(name[who], name[figure], source, extreme, grouped=False, called=called)
        said = f"{table.columns[who]} with the {_TITLES[extreme]} {called}"
        return asked(sql, said, picks=True)
    value = f"{way}({name[figure]})"
    if each and len(names) == 1:
        (one,) = names
        sql = f"SELECT {name[one]}, {value} AS {quoted(called)} {source} GROUP BY 1 ORDER BY 1"
        return asked(sql, f"{_TITLES[way]} {called} for each {table.columns[one]}")
    if names:
        return None
    return asked(f"SELECT {value} AS {quoted(called)} {source}", f"{_TITLES[way]} {called}")


def _extreme(
    name: str, value: str, source: str, extreme: str, *, grouped: bool, called: str
) -> str:
    """The rows with the largest or smallest value; where two share it, both."""
    order = "DESC" if extreme == "max" else "ASC"
    group = " GROUP BY 1" if grouped else ""
    shown = value if value == quoted(called) else f"{value} AS {quoted(called)}"
    return (
        f"SELECT {name}, {shown} {source}{group}"
        f" QUALIFY rank() OVER (ORDER BY {value} {order} NULLS LAST) = 1 ORDER BY 1"
    )


def _person(question: str, table: SqlTable) -> int | None:
    """For "who": the column of names, the first of text where none is called so."""
    if not re.search(r"\bwho(?:se)?\b", question, re.IGNORECASE):
        return None
    plain = [c for c in range(len(table.columns)) if not is_numeric(table, c)]
    named = [c for c in plain if "name" in keys_of(table.columns[c])]
    return next(iter((*named, *plain)), None)


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
