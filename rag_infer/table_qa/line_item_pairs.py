"""Plans over two line items: their difference or sum, the ratio of one to the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from rag_infer.cite.text_normalization import Word
from rag_infer.table_qa.line_items import YEAR, ItemMatch, LineItems
from rag_infer.table_qa.period_words import SCALE, content_of
from rag_infer.table_qa.plan import Plan

_RATIO = (
    re.compile(r"\bratio\s+of\s+(?P<part>.+?)\s+to\s+(?P<entire>.+)", re.IGNORECASE),
    re.compile(
        r"\b(?:percentage|proportion|share|fraction|ratio)\s+of\s+(?P<part>.+?)\s+"
        r"(?:over|out of|divided by|relative to)\s+(?P<entire>.+)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<part>.+?)\s+(?:expressed\s+)?as\s+an?\s+(?:percentage|percent|proportion|share|"
        r"fraction)\s+of\s+(?P<entire>.+)",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<part>.+?)\s+divided\s+by\s+(?P<entire>.+)", re.IGNORECASE),
    re.compile(
        r"\b(?:what|which)\s+(?:percentage|percent|share|proportion|fraction)\s+of\s+(?:the\s+)?"
        r"(?P<entire>.+?)\s+(?:comes?|came|goes|went|is|are|was|were)\s+"
        r"(?:(?:from|to|into|on|for|spent on|due to)\s+)?(?P<part>.+)",
        re.IGNORECASE,
    ),
)
_IN_PERCENT = re.compile(
    r"\b(?:percent(?:age)?|per cent|(?:what|which) (?:share|proportion))\b|%", re.IGNORECASE
)
_MAX_SPLITS = 8  # of "A and B" at its "and"


def ratio_plans(text: str, items: LineItems) -> Iterator[Plan]:
    for pattern in _RATIO:
        match = pattern.search(text)
        if match is None:
            continue
        part = re.sub(
            r"^\s*(?:what|how much)\s+(?:is|was|were|are|did)?\s*(?:the\s+)?", "", match["part"],
            flags=re.IGNORECASE,
        )  # fmt: skip
        pair = _two_matches(part, match["entire"], items, (SCALE,))
        if pair is not None:
            percentage = _IN_PERCENT.search(text) is not None
            yield two_item_plan(items, "percentage" if percentage else "ratio", pair)
        return


def item_pairs(
    text: str, items: LineItems, spans: Sequence[re.Pattern[str]]
) -> Iterator[tuple[ItemMatch, ItemMatch]]:
    """Two items that an "and" stands between, each with its cell; none where two places fit."""
    matches = []
    for number, split in enumerate(re.finditer(r"\s+and\s+", text)):
        if number >= _MAX_SPLITS:
            break
        pair = _two_matches(text[: split.start()], text[split.end() :], items, spans)
        if pair is not None:
            matches.append(pair)
    if len(matches) == 1:
        yield matches[0]


def _two_matches(
    first: str, second: str, items: LineItems, spans: Sequence[re.Pattern[str]]
) -> tuple[ItemMatch, ItemMatch] | None:
    """The cells of two parts of a question; a period that one says is that of both."""
    parts = [content_of(part, items, spans) for part in (first, second)]
    (first_words, first_years), (second_words, second_years) = parts
    first_years, second_years = first_years or second_years, second_years or first_years
    one = items.match(first_words, first_years, first)
    other = items.match(second_words, second_years, second)
    if one is None and other is not None and _names_column(first_words, first_years):
        return None
    if other is None and one is not None:
        # "of revenue in 2019 to 2018": the second names only another period.
        if not all(YEAR.fullmatch(w.key) or w.key == "fiscal" for w in second_words):
            return None
        choice = items.choose_columns((), second_years, ())
        if choice is None or len(choice[0]) != 1 or not second_years:
            return None
        other = ItemMatch(one.row, choice[0], frozenset(), one.certainty)
    if one is None or other is None or len(one.columns) != 1 or len(other.columns) != 1:
        return None
    return None if (one.row, one.columns) == (other.row, other.columns) else (one, other)


def _names_column(content: Sequence[Word], years: Sequence[str]) -> bool:
    return not content and not years


def two_item_plan(
    items: LineItems, kind: Literal["difference", "together", "ratio", "percentage"],
    pair: tuple[ItemMatch, ItemMatch],
) -> Plan:  # fmt: skip
    one, other = pair
    return Plan(
        items.table, kind, tuple(dict.fromkeys((one.row, other.row))), (),
        cells=(((one.row, one.columns[0]),), ((other.row, other.columns[0]),)),
        certainty=min(one.certainty, other.certainty),
    )  # fmt: skip
