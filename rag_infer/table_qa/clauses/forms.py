"""Plans of questions whose every word has a place: cells, lists, counts, sums, the most, checks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.table_qa.clauses.asked import is_time, targets
from rag_infer.table_qa.clauses.clause import Clause
from rag_infer.table_qa.clauses.figures import aggregates, counts, sums
from rag_infer.table_qa.clauses.parts import are_all, plan_of
from rag_infer.table_qa.clauses.segments import Cells
from rag_infer.table_qa.clauses.sides import check_plans, comparison_plans_of
from rag_infer.table_qa.clauses.superlatives import superlatives
from rag_infer.table_qa.clauses.tokens import is_plural_noun
from rag_infer.table_qa.plan import Plan
from rag_infer.tables.figures import is_blank

_CERTAINTY, _LIST = 0.95, 0.93
_WHO_IS_IN = re.compile(r"\s*who(?:'s|’s| is| are| was| were)\s+(?:in|on|at|from)\b", re.IGNORECASE)
_LIST_CELL = re.compile(r"[,;/]|\band\b")
_BY_HOW_MUCH = re.compile(r"\bby how (?:much|many)\b", re.IGNORECASE)


def plans_of(clause: Clause) -> Iterator[Plan]:
    """The plans of one way to place all words."""
    for plan in _plans_of(clause):
        if not clause.frame.negated or _says_no(plan):
            yield plan


def _says_no(plan: Plan) -> bool:
    """Whether rows were chosen by a "no": what "not" says else is not read here."""
    return any(
        c.column >= 0 and plan.table.columns[c.column].kind == "flag" and c.texts == ("no",)
        for c in plan.conditions
    )


def _plans_of(clause: Clause) -> Iterator[Plan]:
    frame = clause.frame
    if frame.comparative is not None:
        if frame.superlative is None and not frame.negated and not frame.mean and not frame.total:
            yield from comparison_plans_of(clause)
        return
    if frame.is_check:
        if frame.superlative is None and not frame.mean and not frame.total:
            yield from check_plans(clause)
        return
    if frame.superlative is not None:
        if not frame.total and not frame.mean:
            yield from superlatives(clause, frame.superlative.nth)
        return
    if frame.mean or (frame.total and frame.wh not in ("how many",)):
        yield from aggregates(clause)
        return
    if not {"difference", "growth"}.isdisjoint(frame.question.operations) or (
        _BY_HOW_MUCH.search(frame.text)
    ):
        return  # a difference is no cell, and no count of the rows of both sides
    if frame.wh == "how many":
        yield from counts(clause)
        return
    if frame.total:
        return
    yield from _look_ups(clause)
    if frame.wh == "how much":
        yield from sums(clause)


def _is_list(clause: Clause) -> bool:
    """Whether several rows may be asked for."""
    question = clause.frame.question
    if question.plural or clause.frame.wh == "list" or _WHO_IS_IN.match(clause.frame.text):
        return True
    first = clause.first_after(clause.frame.wh_end)
    return first is not None and is_plural_noun(clause.surface(first).lower().split()[-1])


def _look_ups(clause: Clause) -> Iterator[Plan]:
    table = clause.table
    for target in targets(clause):
        selection = clause.select(target.segments, (target.column,))
        if selection is None or not selection.conditions or not selection.rows:
            continue
        is_part = any(
            isinstance(s, Cells) and s.column == target.column and not s.is_whole
            for s in clause.segments
        )  # fmt: skip
        if target.column in selection.columns and not (is_part and len(selection.rows) > 1):
            continue  # what the question names is no answer, but for names of a kind in a list
        texts = [table.rows[n].texts[target.column].strip() for n in selection.rows]
        if any(is_blank(text) for text in texts):
            continue
        several = len(set(texts)) > 1
        if several and any(map(_LIST_CELL.search, texts)):
            continue
        if _is_list(clause) and not is_part and not are_all(clause, selection):
            continue  # others have it in a list
        if is_time(table, target.column) and clause.has_event:
            continue  # "when was it built": the day is of something else
        if clause.has_strong_verb and table.columns[target.column].kind != "number":
            continue
        if several and not _is_list(clause):
            continue
        if not several and len(texts) > 1 and table.columns[target.column].kind == "number":
            continue  # of several rows that happen to have the same
        if several and table.columns[target.column].kind == "number":
            continue
        certainty = (_LIST if several else _CERTAINTY) * target.factor
        yield plan_of(clause, selection, certainty, kind="cells", target=target.column)
