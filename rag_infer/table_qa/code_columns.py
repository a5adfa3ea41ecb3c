"""Names in place of codes: "which customers have gold tier" asks for no "customer id"."""

from __future__ import annotations

from dataclasses import replace

from rag_infer.table_qa.clauses.asked import CODES, naming_column
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.question import Question

_ASKING = frozenset(("which", "what", "who", "whom", "whose", "list", "name", "show", "show me"))


def in_names(plan: Plan, question: Question) -> Plan:
    """A plan with the names of its rows as its target, where only their codes were.

    Args:
        plan: Whose target may be a column of codes.
        question: It has to say "id", "code" or "number" to be answered with one.
    """
    if plan.target is None or plan.kind not in ("cells", "best") or question.wh not in _ASKING:
        return plan
    table = plan.table
    if CODES.isdisjoint(table.header_keys[plan.target]):
        return plan
    said = {w.key for w in content_words(question.text)}
    name = naming_column(table)
    if name == plan.target or not CODES.isdisjoint(said) or name in _chosen_by(plan):
        return plan
    return replace(plan, target=name)


def _chosen_by(plan: Plan) -> set[int]:
    return {condition.column for condition in plan.conditions}
