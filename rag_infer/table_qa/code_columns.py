"""Names in place of codes: "which customers have gold tier" asks for no "customer id"."""

from __future__ import annotations

from dataclasses import replace

from rag_infer.cite.text_normalization import words
from rag_infer.table_qa.clauses.asked import naming_column
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.question import Question

_CODES = frozenset("code codes number numbers no id ids sku isbn key reference ref nr".split())
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
    if plan.target not in table.code_columns:
        return plan
    question_words = {question.text[w.start : w.end].lower() for w in words(question.text)}
    name = naming_column(table)
    if name == plan.target or table.columns[name].kind != "text":
        return plan
    if not _CODES.isdisjoint(question_words) or name in _chosen_by(plan):
        return plan
    return replace(plan, target=name)


def _chosen_by(plan: Plan) -> set[int]:
    return {condition.column for condition in plan.conditions}
