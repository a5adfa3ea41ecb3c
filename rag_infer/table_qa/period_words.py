"""The words of a question about line items: what is left of them, its periods, its scale."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.cite.text_normalization import Word
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.line_items import YEAR, LineItems
from rag_infer.table_qa.query_table import QueryTable

COMPARED = re.compile(
    r"\b(?:compared\s+(?:to|with)|versus|vs\.?|respectively|year[- ](?:on|over)[- ]year)\b",
    re.IGNORECASE,
)
SCALE = re.compile(
    r"\(?\b(?:in|of)\s+(?P<scale>thousand|million|billion)s?\b\s*\)?|(?<=\d)\s*"
    r"(?P<after>thousand|million|billion)s?\b",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?:from|between|through|of|for)?\s*((?:19|20)\d\d)\s*(?:to|-|–|through|until|and)\s*"
    r"((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_IS_RANGE = re.compile(r"\b(?:from|to|through|over|period)\b|\d\s*[-–]\s*\d", re.IGNORECASE)


def content_of(
    text: str, items: LineItems, spans: Sequence[re.Pattern[str]]
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """The words with a meaning outside some spans, and the years that headers have."""
    taken = [m.span() for pattern in spans for m in pattern.finditer(text)]
    content = tuple(
        w for w in content_words(text)
        if not any(a <= w.start < b for a, b in taken)
    )  # fmt: skip
    in_headers = {k for c in items.columns for k in items.table.header_keys[c]}
    years = dict.fromkeys(w.key for w in content if YEAR.fullmatch(w.key) and w.key in in_headers)
    return content, tuple(years)


def with_range(text: str, years: tuple[str, ...], items: LineItems) -> tuple[str, ...]:
    """The periods between two, where a range is said; else those that are named."""
    match = _RANGE.search(text)
    if match is None or len(years) != 2 or not _IS_RANGE.search(match[0]):
        return years
    low, high = sorted((match[1], match[2]))
    between = {year for year in items.years.values() if low <= year <= high}
    return tuple(sorted(between)) if {low, high} <= between else years


def is_scale_of(text: str, table: QueryTable) -> bool:
    """Whether every scale that a question says is the one of the table."""
    return all((m["scale"] or m["after"]).lower() == table.scale for m in SCALE.finditer(text))
