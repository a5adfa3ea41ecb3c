"""Ranked chunks to the passages that are shown: neighbours joined, repeats given way.

Knows: which chunks lie side by side on a page, which texts say the same.
Does not know: how they were ranked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag_infer.index.snapshot import Place, Snapshot

_LONGEST = 400  # tokens of a joined passage
_SAME = 0.9  # share of word triples held by another passage, from which on it says nothing new


@dataclass
class MergedPassage:
    """Chunks that lie side by side on a page; ``best`` is the one that ranked it."""

    best: Place
    first: int
    last: int
    tokens: int
    document: int
    page: int
    triples: frozenset[str] = field(default_factory=frozenset)


def merge_adjacent(snapshot: Snapshot, ranked: Sequence[Place], k: int) -> list[MergedPassage]:
    """The first k passages from ranked chunks, best first.

    A chunk next to one that is ranked higher joins it. A chunk that repeats one ranked higher, as
    copies and versions of a document do, comes only after everything that is different.
    """
    passages: list[MergedPassage] = []
    repeats: list[MergedPassage] = []
    for place in ranked:
        if len(passages) >= k:
            break
        segment = snapshot.segments[place.segment]
        (row,) = segment.catalogue.chunks([place.row])
        if _joins(passages, place, row.document, row.page, row.tokens):
            continue
        triples = _triples(segment.read(row.byte_start, row.byte_end))
        passage = MergedPassage(
            place, place.row, place.row, row.tokens, row.document, row.page, triples
        )
        repeated = any(_held(triples, other.triples) >= _SAME for other in passages)
        (repeats if repeated else passages).append(passage)
    return [*passages, *repeats][:k]


def _joins(
    passages: Sequence[MergedPassage], place: Place, document: int, page: int, tokens: int
) -> bool:
    for passage in passages:
        if passage.best.segment != place.segment or passage.document != document:
            continue
        if passage.page != page or passage.tokens + tokens > _LONGEST:
            continue
        if place.row == passage.last + 1:
            passage.last = place.row
        elif place.row == passage.first - 1:
            passage.first = place.row
        else:
            continue
        passage.tokens += tokens
        return True
    return False


def _triples(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2)) or frozenset(words)


def _held(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one) if one else 0.0
