"""Plans that count the rows that all phrases of a question hold of.

"How many drivers had Bugatti as a constructor", "how many times was the Arena the venue". What is
counted may have a name that the table lacks ("games"), but none for what its figures count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.noun_phrases import chooses_no_row, head_noun, is_outcome, is_unit_of
from rag_infer.table_qa.phrase_rows import rows_of_phrases
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.question import is_plural
from rag_infer.table_qa.reading import Reading, group_column_of, named_share, rows_within
from rag_infer.table_qa.synonyms import COUNTED, counts_rows_of

_CERTAINTY, _UNNAMED, _VERB = 0.95, 0.9, 0.98
_WHOLE_HEADER = 0.99
_COUNT = re.compile(
    r"\b(?:how many|(?:number|count) of)(?:\s+(?:of|the|these|those|different|distinct|total))*",
    re.IGNORECASE,
)
_LIST = re.compile(r"[,;/]|\band\b|\d\)")
_MEASURING = frozenset(
    map(key, "hold contain cost need use give offer provide weigh last require store fit".split())
)
_TIMES = re.compile(r"\b(?:how many|number of) times\b|\bhow often\b", re.IGNORECASE)


def row_count_plans(reading: Reading) -> Iterator[Plan]:
    """How many rows meet conditions, each of a column that is told apart."""
    question, table, links = reading.question, reading.table, reading.links
    if question.operations not in (("count",), ("count", "sum"), ("sum", "count")):
        return
    if question.negated or question.group_start >= 0 or table.is_statement:
        return
    if group_column_of(reading)[0] is not None:
        return
    bound = rows_within(reading, list(table.data), None) if question.comparisons else None
    if question.comparisons and bound is None:
        return
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    entity = _entity(reading)
    if entity is None:
        return
    column, entity_words, certainty = entity
    free = [n for n in range(len(links.words)) if n not in entity_words | bound_words]
    selection = rows_of_phrases(table, links, free, pool)
    if selection is None or not (selection.conditions or bounds):
        return
    unexplained = set(free) - selection.explained
    bound_columns = tuple(c.column for c in bounds)
    if not all(
        chooses_no_row(reading, n, selection, bound_columns)
        or is_unit_of(reading, n, bound_words)
        or (bound_words and is_outcome(reading, n))
        for n in unexplained
    ):
        return
    if certainty < 1.0 and (
        (len(selection.rows) <= 1 and not bounds)
        or any(links.words[n].key in _MEASURING for n in unexplained)
    ):
        return  # "how many litres does the tank hold": a figure of the row, not rows
    if column is not None:
        values = [table.rows[n].texts[column] for n in selection.rows]
        if len(set(values)) < len(values):
            return  # rows or different values: which is meant is open
        if column != table.label_column and any(map(_LIST.search, values)):
            return  # one cell may list several
    if not selection.rows and not bounds:
        return
    yield Plan(
        table, "count", selection.rows, (*selection.conditions, *bounds), column,
        aggregate="count",
        certainty=_CERTAINTY * certainty * selection.certainty * _VERB ** len(unexplained),
    )  # fmt: skip


def _entity(reading: Reading) -> tuple[int | None, frozenset[int], float] | None:
    """The column that what is counted names, its word, and how certain it is that rows are it."""
    table, links = reading.table, reading.links
    head = _head(reading)
    if head is None:
        return (None, frozenset(), 1.0) if _TIMES.search(reading.question.text) else None
    word, headers = links.words[head], links.headers[head]
    if any(table.columns[c].kind == "number" for c in headers):
        return None  # "how many seats" is a figure, not a number of rows
    named = [
        c for c, how in headers.items()
        if how in ("same", "derived", "synonym") and not is_plural(table.columns[c].name)
        and (how == "synonym" or named_share(reading, c) > _WHOLE_HEADER)
    ]  # fmt: skip
    if len(named) == 1:
        return named[0], frozenset((head,)), 1.0
    if counts_rows_of(word.key, table.header_keys):
        return None, frozenset((head,)), 1.0
    if headers or links.cells[head] or word.key in COUNTED or word.number:
        return None
    return None, frozenset((head,)), 1.0 if links.context[head] else _UNNAMED


def _head(reading: Reading) -> int | None:
    """The place of the noun that is counted: the last word side by side with "how many"."""
    match = _COUNT.search(reading.question.text)
    return None if match is None else head_noun(reading, match.end())
