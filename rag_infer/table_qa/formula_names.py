"""Which figure of accounts a question names, and for which years; reads no table."""

from __future__ import annotations

import re

from rag_infer.table_qa.financial_formulas import FORMULAS, ITEMS, Formula

YEAR = re.compile(
    r"\b(?:FY|fiscal(?:\s+year)?|financial\s+year)\s?['’]?(\d{4}|\d\d)\b|\b((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
TREND = re.compile(
    r"\b(?:improv\w+|declin\w+|gr[eo]w\w*|increas\w+|decreas\w+|chang\w+|drop\w*|f[ae]ll\w*|ris\w+|"
    r"rose|consistent\w*|compar\w+|fluctuat\w+|historical\w*|trend\w*|develop\w*|better|worse|higher|"
    r"lower|over the (?:last|past) years?)\b",
    re.IGNORECASE,
)
_ITEM_QUESTION = re.compile(
    r"^\W*(?:what|how much|how (?:has|have|did)|did|has|give|tell|show)\b|^[^?]{3,80}$",
    re.IGNORECASE,
)


def names_formula(question: str) -> bool:
    """Whether a question names a figure of accounts."""
    return named_formula(question) is not None


def named_formula(question: str) -> Formula | None:
    """The formula that a question names, or one item of some years; None where two fit."""
    text = " ".join(question.split())
    formulas = [(p, formula) for formula in FORMULAS for p in formula.words]
    if (formula := _named(text, formulas)) is not None:
        return formula
    if not years_of(text) or _ITEM_QUESTION.search(text) is None:
        return None
    items = [
        (re.escape(label), Formula(item.name.replace("_", " "), (re.escape(label),), (item.name,)))
        for item in ITEMS
        for label in (*item.words, *item.labels, item.name.replace("_", " "))
    ]
    return _named(text, items)


def _named(text: str, patterns: list[tuple[str, Formula]]) -> Formula | None:
    """The formula that the longest words of a text name, if it is only one."""
    matches: list[tuple[int, int, Formula]] = []
    for pattern, formula in patterns:
        match = re.search(rf"(?<![\w&]){pattern}(?![\w&])", text, re.IGNORECASE)
        if match is not None:
            matches.append((*match.span(), formula))
    outer = [
        m for m in matches
        if not any(o[0] <= m[0] and m[1] <= o[1] and o[1] - o[0] > m[1] - m[0] for o in matches)
    ]  # fmt: skip
    return outer[0][2] if len({m[2].name for m in outer}) == 1 else None


def years_of(text: str) -> tuple[str, ...]:
    """The years that a text says, in order of time: "FY2023", "FY23", "fiscal 2023", "2023"."""
    years = []
    for match in YEAR.finditer(text):
        digits = match[1] or match[2]
        years.append(digits if len(digits) == 4 else f"20{digits}")
    return tuple(sorted(set(years)))
