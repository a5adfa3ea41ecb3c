"""The column of figures that a run of words names: "silver medals", "goals", "average price"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.noun_phrases import is_unit_of
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.reading import HOW, Reading
from rag_infer.table_qa.synonyms import is_ordinal

_TOTAL = key("total")
_BEGINS_AS_FIGURE = re.compile(r"[\s$€£+−-]*\d")
_ROUNDING = Decimal("0.02")
_MIN_PARTS = 2


def named_figures(
    reading: Reading, run: Sequence[int], figures: Sequence[int]
) -> tuple[int, frozenset[int], float] | None:
    """The one column of figures that words name, if they say nothing else.

    Args:
        reading: The question with its words found in a table.
        run: The places of the words.
        figures: The columns that may be meant.

    Returns:
        The column, the words, and how surely they name it; None where several fit.
    """
    links, table = reading.links, reading.table
    named = {c: frozenset(n for n in run if c in links.headers[n]) for c in figures}
    named = {c: words for c, words in named.items() if words}
    if not named:
        return None
    scores = {
        c: (sum(HOW[links.headers[n][c]] for n in words), -len(table.header_keys[c]))
        for c, words in named.items()
    }
    best = [c for c in named if scores[c] == max(scores.values())]
    if len(best) != 1:
        return None
    words = named[best[0]]
    if not all(is_unit_of(reading, n, words) for n in run if n not in words):
        return None
    return best[0], frozenset(run), min(HOW[links.headers[n][best[0]]] for n in words)


def has_unread_figures(table: QueryTable, column: int, rows: Sequence[int]) -> bool:
    """Whether a cell begins like a figure and was not read as one: "08.17", "202 (estimate)".

    What is the largest or the sum of the others may be neither.
    """
    values = table.columns[column].values
    return any(
        not isinstance(values[n], Decimal)
        and _BEGINS_AS_FIGURE.match(table.rows[n].texts[column]) is not None
        for n in rows
    )


def total_column(table: QueryTable, figures: Sequence[int]) -> int | None:
    """The column of totals of the others: its header says so, and its figures are their sums."""
    totals = [c for c in figures if _TOTAL in table.header_keys[c]]
    if len(totals) != 1:
        return None
    parts = [
        c for c in figures if c != totals[0]
        and not is_ordinal(table.columns[c].name, table.header_keys[c])
    ]  # fmt: skip
    if len(parts) < _MIN_PARTS:
        return None
    for row in table.data:
        total = table.columns[totals[0]].values[row]
        values = [v for c in parts if isinstance(v := table.columns[c].values[row], Decimal)]
        if isinstance(total, Decimal) and abs(sum(values) - total) > _ROUNDING:
            return None
    return totals[0]
