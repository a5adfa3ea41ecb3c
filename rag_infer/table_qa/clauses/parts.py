"""What the forms of clauses have in common: plans with their certainty, nouns, whole cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rag_infer.table_qa.clauses.asked import is_measure
from rag_infer.table_qa.clauses.clause import Clause, Selection
from rag_infer.table_qa.clauses.segments import Cells, Header
from rag_infer.table_qa.plan import Plan, PlanKind
from rag_infer.table_qa.query_table import QueryTable

_LABELS_OF_LIST = 2
_LIKENESS = 0.97  # below it a header is a synonym of what is said
_BEFORE_NOUNS = frozenset("the of different distinct total more all our other".split())


def is_account(table: QueryTable) -> bool:
    """Whether rows are items of an account, which do not add up; lists have several labels."""
    labels = sum(column.kind != "number" for column in table.columns)
    return table.is_statement and labels < _LABELS_OF_LIST


def plan_of(
    clause: Clause, selection: Selection, certainty: float, kind: PlanKind,
    *, rows: tuple[int, ...] | None = None, target: int | None = None, measure: int | None = None,
    reasons: tuple[str, ...] = (),
) -> Plan:  # fmt: skip
    """A plan over the rows of a selection, or some of them."""
    reasons = (*_read_as(clause, {target, measure}), *reasons)
    aggregate: Literal["sum", "avg", "count"] = (
        "avg" if kind == "avg" else "count" if kind == "count" else "sum"
    )
    return Plan(
        clause.table, kind, selection.rows if rows is None else rows, selection.conditions, target,
        measure, aggregate=aggregate, certainty=certainty * clause.factor * selection.factor,
        reasons=reasons,
    )  # fmt: skip


def _read_as(clause: Clause, columns: set[int | None]) -> Iterator[str]:
    """What words were read as a header that they are no words of."""
    for n in clause.headers():
        header = clause.segments[n]
        assert isinstance(header, Header)
        for column, how in header.columns:
            if column in columns and how < _LIKENESS:
                yield f"“{clause.surface(n)}” is read as “{clause.table.columns[column].name}”"


def noun_after(clause: Clause, offset: int) -> int | None:
    """The segment right after a place in the text; None where a plain word or none is there."""
    n = clause.first_after(offset)
    if n is None:
        return None
    between = clause.frame.text[offset : clause.start(n)].lower().split()
    return n if all(word in _BEFORE_NOUNS for word in between) else None


def figure_columns(clause: Clause, n: int) -> list[tuple[int, float]]:
    header = clause.segments[n]
    if not isinstance(header, Header):
        return []
    return [(c, how) for c, how in header.columns if is_measure(clause.table, c)]


def frame_total_is_adjective(clause: Clause) -> bool:
    """Whether "total" stands before a noun: of rows it is a count, of figures a sum."""
    text = clause.frame.text
    return any(text[a:b].lower().split()[-1] in ("total", "of", "sum") and
               not text[a:b].lower().startswith("in ") for a, b in clause.frame.total)  # fmt: skip


def are_all(clause: Clause, selection: Selection) -> bool:
    """Whether no other row has in a list, or in part, what the conditions say."""
    for segment in clause.segments:
        if not isinstance(segment, Cells) or segment.column < 0:
            continue
        if segment.column == clause.table.label_column and segment.rows.issuperset(
            clause.table.data
        ):
            continue  # "huts" of "Hut 1", "Hut 2": what the rows are
        if not segment.is_whole:
            return False
        question_keys = [clause.tokens[n].key for n in segment.places]
        holders = clause.table.cell_index.rows_with(frozenset(question_keys), segment.column)
        if clause.table.columns[segment.column].kind == "text" and not holders <= segment.rows:
            return False
    return True
