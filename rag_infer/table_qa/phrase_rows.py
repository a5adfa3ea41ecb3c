"""Rows that all phrases of a question hold of: each phrase is said by the cells of one column.

Where rows are counted, all that have a phrase count, not only those that it fits best: "festivals
in the USA" are those in "Austin, Texas, USA" too. A phrase whose column is left open gives none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag_infer.table_qa.linking import GROUP, Links
from rag_infer.table_qa.plan import Condition
from rag_infer.table_qa.query_table import QueryTable, essential_keys, keys
from rag_infer.table_qa.synonyms import GENERIC

_COMPONENTS = re.compile(r"\s*(?:[,;/&()\n|–—]|\s-\s|\band\b)\s*")
_PART = 0.9  # of the certainty: no cell is the phrase alone
_SEARCHED = 3  # words beside a phrase that may name its column


@dataclass(frozen=True, slots=True)
class PhraseRows:
    """Rows of a table.

    Attributes:
        rows: In order.
        conditions: The cells that say each phrase.
        explained: The places of the words of the phrases, and of words that name their columns.
        certainty: 0 to 1, that all rows that are meant are these.
    """

    rows: tuple[int, ...]
    conditions: tuple[Condition, ...]
    explained: frozenset[int]
    certainty: float


def rows_of_phrases(
    table: QueryTable, links: Links, free: Collection[int], pool: Collection[int]
) -> PhraseRows | None:
    """The rows of a pool that all phrases hold of; None where one is said in two ways.

    Args:
        table: The table.
        links: Where the words of the question occur in it.
        free: The places of the words that no header or operation takes up.
        pool: The rows that may be chosen.
    """
    rows = set(pool)
    conditions: list[Condition] = []
    explained: set[int] = set()
    certainty = 1.0
    for phrase in _phrases(links, free, pool):
        match = _match(table, links, phrase, pool)
        if match is None:
            return None
        column, holders, factor = match
        rows &= holders
        certainty *= factor
        texts = tuple(dict.fromkeys(table.rows[n].texts[column] for n in sorted(holders)))
        conditions.append(Condition(column, texts))
        explained |= set(phrase)
        explained |= _naming(links, phrase, column)
    return PhraseRows(tuple(sorted(rows)), tuple(conditions), frozenset(explained), certainty)


def _phrases(links: Links, free: Collection[int], pool: Collection[int]) -> list[tuple[int, ...]]:
    """The longest runs of words that stand in one cell together."""
    phrases: list[tuple[int, ...]] = []
    rows_allowed = set(pool)
    places = sorted(free)
    at = 0
    while at < len(places):
        held = {c: rows & rows_allowed for c, rows in links.cells[places[at]].items()}
        held = {c: rows for c, rows in held.items() if rows}
        if not held or links.words[places[at]].key in GENERIC:
            at += 1
            continue
        run = [places[at]]
        while at + 1 < len(places) and places[at + 1] == run[-1] + 1:
            following = links.cells[places[at + 1]]
            shared = {c: rows & following.get(c, set()) for c, rows in held.items()}
            shared = {c: rows for c, rows in shared.items() if rows}
            if not shared:
                break
            held = shared
            at += 1
            run.append(places[at])
        phrases.append(tuple(run))
        at += 1
    return phrases


def _match(
    table: QueryTable, links: Links, phrase: Sequence[int], pool: Collection[int]
) -> tuple[int, set[int], float] | None:
    """The column that a phrase is about, its rows, and how certain they are all."""
    name_keys = frozenset(links.words[n].key for n in phrase)
    candidates: dict[int, set[int]] = {}
    for column in links.cells[phrase[0]]:
        holders = set(pool).intersection(
            *(links.cells[n].get(column, set()) for n in phrase)
        )  # fmt: skip
        if holders and column != GROUP:
            candidates[column] = holders
    named = [c for c in candidates if _naming(links, phrase, c)]
    entire = [
        c for c in candidates
        if any(essential_keys(table.rows[n].texts[c]) == name_keys for n in candidates[c])
    ]  # fmt: skip
    for choice in (named, entire, list(candidates)):
        if len(choice) == 1:
            column = choice[0]
            return _whole_or_part(table, column, candidates[column], name_keys)
        if choice:
            sets = {frozenset(candidates[c]) for c in choice}
            if len(sets) == 1:
                return _whole_or_part(table, choice[0], candidates[choice[0]], name_keys)
            return None
    return None


def _whole_or_part(
    table: QueryTable, column: int, holders: set[int], name_keys: frozenset[str]
) -> tuple[int, set[int], float] | None:
    """The rows whose cell is a phrase or lists it; all that hold it where none does."""
    listing = {
        n for n in holders
        if essential_keys(table.rows[n].texts[column]) == name_keys
        or any(
            frozenset(keys(part)) == name_keys
            for part in _COMPONENTS.split(table.rows[n].texts[column]) if part
        )
    }  # fmt: skip
    if not listing:
        # One word of a longer text may be about anything: "film" of "Film Festival".
        return (column, holders, _PART) if len(name_keys) > 1 else None
    if listing == holders:
        return column, holders, 1.0
    return None  # "Scotland" and "Scotland B": which are meant is open


def _naming(links: Links, phrase: Sequence[int], column: int) -> set[int]:
    """The places of words near a phrase that name its column."""
    neighbors = range(
        max(0, phrase[0] - _SEARCHED), min(len(links.words), phrase[-1] + _SEARCHED + 1)
    )
    return {
        n for n in neighbors
        if n not in phrase and links.headers[n].get(column) in ("same", "derived")
    }  # fmt: skip
