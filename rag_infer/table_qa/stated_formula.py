"""A formula that a question states in words, as an expression over items of accounts.

"DPO is defined as: 365 * (average accounts payable between FY2016 and FY2017) / (FY2017 COGS +
change in inventory between FY2016 and FY2017)" is ``365 * average(payables) / (cost_of_sales +
change(inventories))``.
"""

from __future__ import annotations

import re

from rag_infer.table_qa.financial_formulas import ITEMS
from rag_infer.table_qa.query_table import keys

_STATED = re.compile(
    r"\b(?:is|are)\s+(?:defined|calculated|computed)\s+as\s*:?\s*(?P<formula>.+?)"
    r"(?:[.?!](?=\s|$)|$)",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?=\s*[-*/+()x]|\s*$)|(?P<sign>[-+*/()])|"
                    r"(?P<words>[^-+*/()]+(?:-(?=\w)[^-+*/()]+)*))")  # fmt: skip
_YEARS = re.compile(
    r"\b(?:between|from|in|for|of)?\s*(?:the\s+)?(?:FY\s?|fiscal(?:\s+year)?\s+)?(?:19|20)?\d\d\b"
    r"(?:\s+(?:and|to)\s+(?:FY\s?|fiscal(?:\s+year)?\s+)?(?:19|20)?\d\d\b)?",
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"^\s*(?:the\s+)?(average|change)\s+(?:in\s+|of\s+)?", re.IGNORECASE)
_MAX_CHARS = 300
_MIN_OPERATORS = 1


def stated_formula(question: str) -> str | None:
    """The expression of a formula that a question defines; None where it defines none."""
    match = _STATED.search(question)
    if match is None or len(match["formula"]) > _MAX_CHARS:
        return None
    parts: list[str] = []
    text, at = match["formula"], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.end() == at:
            break
        at = token.end()
        if token["words"] is None:
            parts.append(token["number"] or token["sign"])
            continue
        if not token["words"].strip():
            continue
        item = _item(token["words"])
        if item is None:
            return None
        parts.append(item)
    operators = sum(part in "+-*/" for part in parts)
    return " ".join(parts) if operators >= _MIN_OPERATORS else None


def _item(words: str) -> str | None:
    plain = _YEARS.sub(" ", words)
    function = _FUNCTION.match(plain)
    if function is not None:
        plain = plain[function.end() :]
    name = item_named(plain)
    if name is None:
        return None
    return f"{function[1].lower()}({name})" if function is not None else name


def item_named(text: str) -> str | None:
    """The item of accounts that a phrase names whole."""
    name_keys = tuple(sorted(keys(text)))
    for item in ITEMS:
        for label in (*item.words, *item.labels, item.name.replace("_", " ")):
            if name_keys and name_keys == tuple(sorted(keys(label))):
                return item.name
    return None
