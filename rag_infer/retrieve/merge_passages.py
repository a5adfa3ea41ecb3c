"""Ranked chunks to the passages that are shown: neighbours joined, repeats given way."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag_infer.index.snapshot import Place, Snapshot

_MAX_PASSAGE_TOKENS = 400  # tokens of a joined passage
_DUPLICATE_SHARE = (
    0.9  # share of word triples held by another passage, from which on it says nothing new
)


@dataclass
class MergedPassage:
    """Chunks that lie side by side on a page; ``best`` is the one that ranked it."""

    best: Place
    first: int
    last: int
    tokens: int
    document: int
    page: int
    trigrams: frozenset[str] = field(default_factory=frozenset)


def merge_adjacent(snapshot: Snapshot, ranked: Sequence[Place], k: int) -> list[MergedPassage]:
    """The first k passages from ranked chunks, best first.

    A chunk next to one that is ranked higher joins it. A chunk that repeats one ranked higher, as
    copies and versions of a document do, comes only after everything that is different.
    """
    passages: list[MergedPassage] = []
    repeats: list[MergedPassage] = []
    for location in ranked:
        if len(passages) >= k:
            break
        segment = snapshot.segments[location.segment]
        (row,) = segment.catalogue.chunks([location.row])
        if _extend_neighbor(passages, location, row.document, row.page, row.tokens):
            continue
        trigrams = _trigrams(segment.read(row.byte_start, row.byte_end))
        passage = MergedPassage(
            location, location.row, location.row, row.tokens, row.document, row.page, trigrams
        )
        repeated = any(
            _contained_share(trigrams, other.trigrams) >= _DUPLICATE_SHARE for other in passages
        )
        (repeats if repeated else passages).append(passage)
    return [*passages, *repeats][:k]


def _extend_neighbor(
    passages: Sequence[MergedPassage], location: Place, document: int, page: int, tokens: int
) -> bool:
    for passage in passages:
        if passage.best.segment != location.segment or passage.document != document:
            continue
        if passage.page != page or passage.tokens + tokens > _MAX_PASSAGE_TOKENS:
            continue
        if location.row == passage.last + 1:
            passage.last = location.row
        elif location.row == passage.first - 1:
            passage.first = location.row
        else:
            continue
        passage.tokens += tokens
        return True
    return False


@functools.lru_cache(maxsize=512)  # good passages are found again and again
def _trigrams(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2)) or frozenset(words)


def _contained_share(trigrams: frozenset[str], others: frozenset[str]) -> float:
    return len(trigrams & others) / len(trigrams) if trigrams else 0.0
