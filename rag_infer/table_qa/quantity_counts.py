"""How many there are of a thing whose rows say how many: a stock list, an order."""

from __future__ import annotations

import re
from dataclasses import replace

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import keys

_QUANTITIES = frozenset(
    map(key, "quantity qty pieces pcs units stock anzahl menge stück quantité cantidad".split())
)
_COUNTED = re.compile(
    r"\b(?:how many|number of)\s+(?P<noun>.+?)"
    r"(?=\s+(?:are|is|were|was|do|does|did|have|has|had|can|will|in|on|at|for|we|you|they|i)\b|\W*$)",
    re.IGNORECASE,
)


def with_quantities(plan: Plan, text: str) -> Plan:
    """The plan, with quantities added up in place of rows where rows are not what is counted.

    "How many life jackets are there?" of rows "Life jacket | Tern | 55": the noun is a cell of the
    rows, and their one column of quantities says how many each row stands for.

    Args:
        plan: A reading of the question.
        text: The question.
    """
    if plan.kind != "count" or plan.group is not None or not plan.conditions:
        return plan
    match = _COUNTED.search(text)
    columns = [
        c for c in plan.table.columns
        if c.kind == "number" and not _QUANTITIES.isdisjoint(plan.table.header_keys[c.index])
    ]  # fmt: skip
    if match is None or len(columns) != 1:
        return plan
    noun = set(keys(match["noun"]))
    is_cell = any(
        condition.column >= 0
        and not condition.comparator
        and any(noun & set(keys(cell)) for cell in condition.texts)
        for condition in plan.conditions
    )
    if not is_cell:
        return plan
    (column,) = columns
    reason = f"the figures under “{column.name}” are added up"
    return replace(
        plan, kind="sum", measure=column.index, target=None, aggregate="sum",
        reasons=(*plan.reasons, reason),
    )  # fmt: skip
