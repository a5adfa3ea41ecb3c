"""Yes or no where a question asks whether a figure rose, fell or stayed: "did goodwill change?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from rag_infer.table_qa.plan import Plan

_ASKS = re.compile(r"\s*(?:did|has|have|had|is|are|was|were|does|do)\b", re.IGNORECASE)
_ROSE = re.compile(
    r"\b(?:rise|rose|risen|increased?|grow|grew|grown|go up|gone up|went up|improved?|climb(?:ed)?|"
    r"more expensive|dearer|higher)\b",
    re.IGNORECASE,
)
_FELL = re.compile(
    r"\b(?:fall|fell|fallen|decreased?|declined?|drop(?:ped)?|go down|gone down|went down|shrink|"
    r"shrank|cheaper|lower)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"\b(?:changed?|differ(?:ed)?)\b", re.IGNORECASE)
_NEGATION = re.compile(r"n['’]t\b|\bnot?\b|\bnever\b|\bby how\b|\bpercent|%", re.IGNORECASE)


def change_checks(text: str, plans: Sequence[Plan]) -> Iterator[Plan]:
    """A plan of yes or no for each plan of a change between two periods.

    Args:
        text: The question.
        plans: Its readings.
    """
    if not _ASKS.match(text) or _NEGATION.search(text) or re.search(r"\bor\b", text, re.I):
        return
    directions = [p for p in (_ROSE, _FELL, _CHANGED) if p.search(text)]
    if len(directions) != 1:
        return
    for plan in plans:
        if plan.kind not in ("difference", "growth") or len(plan.cells) != 2:
            continue
        if any(len(side) != 1 for side in plan.cells):
            continue
        first, second = (plan.table.columns[column].values[row] for ((row, column),) in plan.cells)
        if not isinstance(first, Decimal) or not isinstance(second, Decimal):
            continue
        is_so = {_ROSE: second > first, _FELL: second < first, _CHANGED: second != first}[
            directions[0]
        ]
        yield replace(plan, kind="flag", flag="yes" if is_so else "no")
