"""Questions to hits: dense and lexical search, fused.

Knows: the order of the steps. Each step is a module of its own.
Does not know: answers, context windows, terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.index import bm25
from rag_infer.index.analyzer import terms
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.retrieve.candidates import Candidate, candidates
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.history_expansion import (
    TOPIC,
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
)
from rag_infer.retrieve.merge_passages import merge_adjacent
from rag_infer.retrieve.query_parser import ParsedQuery, normal, parse
from rag_infer.retrieve.relevance_feedback import TURNS, feedback_terms
from rag_infer.types import Chunk, Hit

if TYPE_CHECKING:
    from rag_infer.retrieve.reranker import Reranker

__all__ = ["Filter", "SearchOptions", "search", "word_share"]


_READ = 500  # characters of an earlier turn; what comes after is seldom the question
_OTHERS, _COMMON = 5, 0.02  # chunks of other things, and the share of them that hold a word


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """``weight``: the share of the dense score; ``depth``: candidates from each side.

    With a ``reranker`` the best ``reranked`` chunks are put in its order. ``joined`` makes one
    passage of chunks that lie side by side and lets repeats give way. ``earlier`` are the user's
    turns before this one, oldest first, on which a follow-up question leans.
    """

    weight: float = 0.5
    depth: int = 100
    filter: Filter = field(default_factory=Filter)
    reranker: Reranker | None = None
    reranked: int = 30
    joined: bool = True
    earlier: tuple[str, ...] = ()


def search(
    snapshot: Snapshot,
    embedder: Embedder,
    typed: str,
    k: int = 10,
    options: SearchOptions | None = None,
) -> list[Hit]:
    """The k best chunks for what was typed, best first, each with all of its scores."""
    options = options or SearchOptions()
    query = parse(typed)
    masks = _narrowed(snapshot, query, visible(snapshot, options.filter))
    asked = _asked(snapshot, embedder, masks, query.text, options)
    depth = max(options.depth, 4 * k)
    found = candidates(snapshot, masks, asked.vector, asked.words, depth, asked.weight)
    if not found:
        return []
    scored = {c.place: c for c in found}
    ranked = [c.place for c in found]
    if options.reranker is not None:
        ranked = _reranked(snapshot, query.text, ranked, scored, options)
    if not options.joined:
        return [_filled(snapshot, scored[p], p, p.row, p.row) for p in ranked[:k]]
    return [
        _filled(snapshot, scored[p.best], p.best, p.first, p.last)
        for p in merge_adjacent(snapshot, ranked, k)
    ]


@dataclass(frozen=True, slots=True)
class _SearchContext:
    """What is searched: a vector (dimension,), words by weight, the share of the dense score."""

    vector: npt.NDArray[np.float32]
    words: dict[str, float]
    weight: float


def _asked(
    snapshot: Snapshot,
    embedder: Embedder,
    masks: list[Mask | None],
    question: str,
    options: SearchOptions,
) -> _SearchContext:
    """The question as it is searched, with what it takes from the turns before as far as it leans
    on them.
    """
    own = {term: float(n) for term, n in Counter(terms(question)).items()}
    earlier = [turn[:_READ] for turn in options.earlier if turn.strip()]
    degree = context_dependence(question) if earlier else 0.0
    if not degree:
        return _SearchContext(embedder.embed_queries([question])[0], own, options.weight)
    texts, recent = query_variants(question, earlier), earlier[-TURNS:]
    rows = embedder.embed_queries([*texts, *recent])
    share = _share(snapshot, masks)
    words = expansion_terms(question, earlier, _of_words(share)) | own
    about = feedback_terms(snapshot, masks, recent, rows[len(texts) :], share, options.weight)
    for term, weight in about.items():
        words[term] = words.get(term, 0.0) + TOPIC * degree * weight
    return _SearchContext(
        blend_query_vectors(rows[: len(texts)], degree), words, dense_weight(options.weight, degree)
    )


def word_share(snapshot: Snapshot, chosen: Filter) -> Callable[[str], float]:
    """Tells the share of the chunks a search may see that hold a word, 0 to 1.

    As if there were a few more chunks of other things: in an index of one short note every word is
    in all chunks, and still not every word is common.
    """
    return _of_words(_share(snapshot, visible(snapshot, chosen)))


def _share(snapshot: Snapshot, masks: list[Mask | None]) -> Callable[[str], float]:
    """The same of an index term; the empty one is in all chunks."""
    postings = [segment.postings for segment in snapshot.segments]
    count = sum(
        s.chunks if m is None else int(m.sum())
        for s, m in zip(snapshot.segments, masks, strict=True)
    )

    def share(term: str) -> float:
        found = bm25.frequency(postings, masks, term) if term else count
        return (found + _OTHERS * _COMMON) / (count + _OTHERS)

    return share


def _of_words(share: Callable[[str], float]) -> Callable[[str], float]:
    return lambda word: min(map(share, terms(word) or [""]))


def _reranked(
    snapshot: Snapshot,
    question: str,
    ranked: list[Place],
    scored: dict[Place, Candidate],
    options: SearchOptions,
) -> list[Place]:
    assert options.reranker is not None
    head = ranked[: options.reranked]
    texts = [" > ".join(c.heading) + "\n" + c.text for c in snapshot.chunks(head)]
    for place, score in zip(head, options.reranker.score(question, texts), strict=True):
        scored[place] = replace(scored[place], rerank=float(score))
    head.sort(key=lambda p: -(scored[p].rerank or 0.0))
    return [*head, *ranked[options.reranked :]]


def _narrowed(
    snapshot: Snapshot, query: ParsedQuery, masks: list[Mask | None]
) -> list[Mask | None]:
    """Takes out chunks that lack a phrase or hold an excluded one, by reading their text."""
    if not query.phrases and not query.excluded:
        return masks
    narrowed: list[Mask | None] = []
    for segment, mask in zip(snapshot.segments, masks, strict=True):
        keep = np.ones(segment.chunks, dtype=bool) if mask is None else mask.copy()
        for phrase in query.phrases:
            holds = _holding(segment.postings, phrase, segment.chunks) & keep
            keep &= _saying(segment, phrase, holds)
        for phrase in query.excluded:
            words = terms(phrase)
            if not words:
                continue  # a stop word stands everywhere; leaving it out would leave nothing
            holds = _holding(segment.postings, phrase, segment.chunks) & keep
            # One word is left out in all its forms; several only where they stand as typed.
            keep &= ~(holds if len(words) == 1 else _saying(segment, phrase, holds))
        narrowed.append(keep)
    return narrowed


def _saying(segment: Segment, phrase: str, rows: Mask) -> Mask:
    """Those of the rows whose text holds the phrase."""
    wanted = normal(phrase)
    found = np.zeros_like(rows)
    at = np.flatnonzero(rows)
    for row, chunk in zip(at, segment.catalogue.chunks(at.tolist()), strict=True):
        found[row] = wanted in normal(segment.read(chunk.byte_start, chunk.byte_end))
    return found


def _holding(postings: bm25.Postings, phrase: str, chunks: int) -> npt.NDArray[np.bool_]:
    """Chunks that hold every term of a phrase; all, when stop words are all it has."""
    keep = np.ones(chunks, dtype=bool)
    for term in set(terms(phrase)):
        row = postings.find(term)
        has = np.zeros(chunks, dtype=bool)
        if row is not None:
            has[postings.of(row)[0]] = True
        keep &= has
    return keep


def _filled(snapshot: Snapshot, scored: Candidate, place: Place, first: int, last: int) -> Hit:
    """The hit with its words: those of the chunks first to last, which lie side by side."""
    segment = snapshot.segments[place.segment]
    owner = snapshot.owner(place)
    rows = segment.catalogue.chunks(range(first, last + 1))
    page = segment.catalogue.page(rows[0].document, rows[0].page)
    chunk = Chunk(
        document_id=owner.id,
        page_number=rows[0].page,
        start=rows[0].start,
        end=max(row.end for row in rows),
        text=segment.read(rows[0].byte_start, max(row.byte_end for row in rows)),
        heading=rows[place.row - first].heading,
        tokens=sum(row.tokens for row in rows),
    )
    return Hit(
        chunk=chunk,
        score=scored.score,
        dense=scored.dense,
        lexical=scored.lexical,
        rerank=scored.rerank,
        title=owner.title,
        page_label=page.label if page else None,
        format=owner.format,
    )
