"""Codes are whole: "invoice 2026-031" is no row of 31 March 2026, though that has its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable, keys

_CODE = re.compile(r"(?<![\w./-])(?=[\w./-]*\d)\w+(?:[./-]\w+)+(?![\w-])")
# Zeros before a number that no day, month or amount has: "2026-031", "A/0042".
_PADDED = re.compile(r"(?<!\d)0\d{2,}(?!\d)")


def keeps_codes(plan: Plan, text: str) -> bool:
    """Whether a plan chooses rows by the codes of a question as they are, not by parts of them.

    Args:
        plan: A reading of the question.
        text: The question.
    """
    texts = [t.lower() for c in plan.conditions if not c.comparator for t in c.texts]
    for code, code_keys in _codes(text):
        if any(code in t for t in texts):
            continue
        numbers = {k for k in code_keys if k[0].isdigit()}
        is_cut = any(not numbers.isdisjoint(keys(t)) for t in texts)
        if is_cut and (_PADDED.search(code) or _is_cell(plan.table, code, code_keys)):
            return False
    return True


def _codes(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Codes of more than one word, lower-cased, with the keys of their words."""
    for match in _CODE.finditer(text):
        code_keys = frozenset(keys(match[0]))
        if len(code_keys) > 1:
            yield match[0].lower(), code_keys


def _is_cell(table: QueryTable, code: str, code_keys: frozenset[str]) -> bool:
    pattern = re.compile(rf"(?<![\w-]){re.escape(code)}(?![\w-])")
    return any(
        pattern.search(table.rows[row].texts[column.index].lower())
        for column in table.columns
        for row in table.cell_index.rows_with(code_keys, column.index)
    )
