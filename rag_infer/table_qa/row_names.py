"""Rows that a question names side by side: "the tables and the benches", "toys or cleaning".

Each name is a run of words beside an "and" or "or" that just one row of a column has, or is whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag_infer.cite.text_normalization import Word, related
from rag_infer.table_qa.query_table import QueryTable

_AND = re.compile(
    r"\s*(?:,\s*)?(?:and|plus|&)\s+(?:(?:for|of|in|on|at|by|to|the|a|an|its?|their|one|our|with|"
    r"from)\s+)*",
    re.IGNORECASE,
)
_OR = re.compile(
    r"\s*(?:,\s*)?(?:or|and|than|versus|vs\.?|compared (?:to|with))\s+"
    r"(?:(?:for|of|in|on|at|by|to|the|a|an|its?|their|our|with|from)\s+)*",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*(?:(?:for|of|in|on|at|the|a|an|our)\s+)*", re.IGNORECASE)
_WITHIN = re.compile(
    r"(?:['’]s?)?[\s\-/]*(?:(?:of|the|for|and|with|in|to|a|out)[\s\-]+){0,2}", re.IGNORECASE
)
_MAX_NAME_WORDS = 6
_MAX_ROWS = 2000  # of a table whose rows are named in a question
_MAX_NAMES = 6


@dataclass(frozen=True, slots=True)
class RowNames:
    """Rows that a question names, in its order, by one column.

    Attributes:
        column: The column of their names.
        rows: One for each name.
        words: The places of the words that name them.
    """

    column: int
    rows: tuple[int, ...]
    words: frozenset[int]


def named_side_by_side(
    text: str, content: Sequence[Word], table: QueryTable, *, alternatives: bool = False
) -> RowNames | None:
    """The rows that are named on both sides of an "and", or an "or"; None where no two are.

    Args:
        text: The question.
        content: Its words with a meaning.
        table: Where the rows are.
        alternatives: "or" and "than" part them.
    """
    if len(table.rows) > _MAX_ROWS:
        return None
    between = _OR if alternatives else _AND
    gaps = [text[a.end : b.start] for a, b in pairwise(content)]
    splits = [n for n, gap in enumerate(gaps) if between.fullmatch(_plain(gap))]
    best: RowNames | None = None
    for column in table.columns:
        if column.kind not in ("text", "year", "date"):
            continue
        labels = _labels(table, column.index)
        for split in splits:
            names = _around(split, content, gaps, labels)
            if names is None:
                continue
            rows, places = names
            if best is None or len(places) > len(best.words):
                best = RowNames(column.index, rows, places)
            elif set(best.rows) != set(rows) and len(places) == len(best.words):
                return None
    return best


def _plain(gap: str) -> str:
    """A gap without what ends the word before it: an apostrophe, the "out" of "call-out"."""
    return re.sub(r"^(?:['’]s?|-\w{1,4})+(?=\s)", "", gap)


def _labels(table: QueryTable, column: int) -> tuple[tuple[int, frozenset[str]], ...]:
    return tuple(
        (n, table.cell_keys(n, column)) for n in table.data if table.rows[n].texts[column].strip()
    )


def _around(
    split: int, content: Sequence[Word], gaps: Sequence[str],
    labels: Sequence[tuple[int, frozenset[str]]],
) -> tuple[tuple[int, ...], frozenset[int]] | None:  # fmt: skip
    """The rows named right before and after a gap, with those of a list before it."""
    left = _name_ending(split, content, gaps, labels)
    right = _name_beginning(split + 1, content, gaps, labels)
    if left is None or right is None or left[0] == right[0]:
        return None
    names = [left, right]
    start = min(left[1])
    while start > 0 and len(names) < _MAX_NAMES and _COMMA.fullmatch(_plain(gaps[start - 1])):
        earlier = _name_ending(start - 1, content, gaps, labels)
        if earlier is None:
            break
        names.insert(0, earlier)
        start = min(earlier[1])
    rows = tuple(row for row, _ in names)
    if len(set(rows)) < len(rows):
        return None
    return rows, frozenset(place for _, places in names for place in places)


def _name_ending(
    end: int, content: Sequence[Word], gaps: Sequence[str],
    labels: Sequence[tuple[int, frozenset[str]]],
) -> tuple[int, tuple[int, ...]] | None:  # fmt: skip
    best = None
    for start in range(end, max(-1, end - _MAX_NAME_WORDS), -1):
        if start < end and not _WITHIN.fullmatch(gaps[start]):
            break
        row = _row_of(frozenset(w.key for w in content[start : end + 1]), labels)
        if row is not None:
            best = row, tuple(range(start, end + 1))
    return best


def _name_beginning(
    start: int, content: Sequence[Word], gaps: Sequence[str],
    labels: Sequence[tuple[int, frozenset[str]]],
) -> tuple[int, tuple[int, ...]] | None:  # fmt: skip
    best = None
    for end in range(start, min(len(content), start + _MAX_NAME_WORDS)):
        if end > start and not _WITHIN.fullmatch(gaps[end - 1]):
            break
        row = _row_of(frozenset(w.key for w in content[start : end + 1]), labels)
        if row is not None:
            best = row, tuple(range(start, end + 1))
    return best


def _row_of(said: frozenset[str], labels: Sequence[tuple[int, frozenset[str]]]) -> int | None:
    """The one row whose label is what is said, or the only one that has all of it."""
    exact = [row for row, own in labels if own == said]
    if len(exact) == 1:
        return exact[0]
    if exact:
        return None
    rows = [row for row, own in labels if all(_in(k, own) for k in said)]
    return rows[0] if len(rows) == 1 else None


def _in(said: str, own: frozenset[str]) -> bool:
    return said in own or (not said.isdigit() and any(_related(said, k) for k in own))


@lru_cache(maxsize=20_000)
def _related(one: str, other: str) -> bool:
    return not other.isdigit() and related(one, other)
