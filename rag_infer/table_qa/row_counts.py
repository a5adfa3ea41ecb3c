"""Plans that count the rows that all phrases of a question hold of.

"How many drivers had Bugatti as a constructor", "how many times was the Arena the venue". What is
counted may have a name that the table lacks ("games"), but none for what its figures count.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.table_qa.phrase_rows import PhraseRows, rows_of_phrases
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.reading import (
    Reading,
    group_column_of,
    measure_columns,
    named_share,
    rows_within,
)
from rag_infer.table_qa.row_selection import RowSelection
from rag_infer.table_qa.synonyms import COUNTED, EVENTS, GENERIC, LIGHT, PEOPLE, PERSON

_CERTAINTY, _UNNAMED, _VERB = 0.95, 0.9, 0.98
_WHOLE_HEADER = 0.99


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
    chosen = rows_of_phrases(table, links, free, pool)
    if chosen is None or not (chosen.conditions or bounds):
        return
    unexplained = set(free) - chosen.explained
    if not all(_says_nothing(reading, n, chosen) for n in unexplained):
        return
    if column is not None and column != table.label_column:
        values = [table.rows[n].texts[column] for n in chosen.rows]
        if len(set(values)) < len(values):
            return  # rows or different values: which is meant is open
    if not chosen.rows and not bounds:
        return
    yield Plan(
        table, "count", chosen.rows, (*chosen.conditions, *bounds), column,
        aggregate="count",
        certainty=_CERTAINTY * certainty * chosen.certainty * _VERB ** len(unexplained),
    )  # fmt: skip


def _entity(reading: Reading) -> tuple[int | None, frozenset[int], float] | None:
    """The column that what is counted names, its words, and how certain it is that rows are it."""
    table, links = reading.table, reading.links
    words = [n for n in sorted(reading.asked) if links.words[n].key not in GENERIC]
    if any(links.header_words(c) & reading.asked for c in measure_columns(reading)):
        return None  # "how many seats" is a figure, not a number of rows
    if not words:
        return None, frozenset(reading.asked), 1.0  # "how many times"
    head = words[-1]
    for n in words:
        if links.cells[n] and n != head:
            continue
    named = [
        c for c, how in links.headers[head].items()
        if how in ("same", "derived", "synonym") and table.columns[c].kind != "number"
        and named_share(reading, c) > _WHOLE_HEADER * (how != "synonym")
    ]  # fmt: skip
    if len(named) == 1:
        return named[0], frozenset((head,)), 1.0
    word = links.words[head]
    if word.key in PEOPLE and any(not PERSON.isdisjoint(h) for h in table.header_keys):
        return None, frozenset((head,)), 1.0
    if links.headers[head] or links.cells[head] or word.key in COUNTED or word.number:
        return None
    return None, frozenset((head,)), 1.0 if links.context[head] else _UNNAMED


def _says_nothing(reading: Reading, number: int, chosen: PhraseRows | RowSelection) -> bool:
    """Whether a word chooses no row: a light one, or one that names the column of a condition."""
    links = reading.links
    word = links.words[number]
    columns = {c.column for c in chosen.conditions}
    if columns & links.headers[number].keys():
        return True
    if links.cells[number]:
        return word.key in GENERIC
    if links.headers[number]:
        return links.context[number]
    return word.key in GENERIC | LIGHT | EVENTS or links.context[number]
