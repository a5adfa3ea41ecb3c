"""Questions to hits: dense and lexical search, fused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.errors import InputError
from rag_infer.index import bm25
from rag_infer.index.analyzer import terms
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.retrieve.candidates import Candidate, candidates
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.history_expansion import (
    FEEDBACK_WEIGHT,
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
)
from rag_infer.retrieve.merge_passages import merge_adjacent
from rag_infer.retrieve.query_parser import ParsedQuery, normal, parse
from rag_infer.retrieve.relevance_feedback import MAX_TURNS, feedback_terms
from rag_infer.types import Chunk, Hit

if TYPE_CHECKING:
    from rag_infer.retrieve.reranker import Reranker

__all__ = ["MAX_QUERY_TOKENS", "Filter", "SearchOptions", "search", "word_share"]


MAX_QUERY_TOKENS = 2048
_MAX_QUERY_CHARS = 32_768  # more is refused before it is tokenized
_MAX_TURN_CHARS = 500  # characters of an earlier turn; what comes after is seldom the question
_PRIOR_CHUNKS, _PRIOR_SHARE = (
    5,
    0.02,
)  # chunks of other things, and the share of them that hold a word


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
    query: str,
    k: int = 10,
    options: SearchOptions | None = None,
) -> list[Hit]:
    """The k best chunks for what was typed, best first, each with all of its scores.

    Raises:
        InputError: k is not a positive integer, or the query is longer than 2,048 tokens.
    """
    options = options or SearchOptions()
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InputError("k must be an integer of 1 or more")
    _check_length(embedder, query)
    parsed = parse(query)
    masks = _apply_phrases(snapshot, parsed, visible(snapshot, options.filter))
    context = _search_context(snapshot, embedder, masks, parsed.text, options)
    depth = max(options.depth, 4 * k)
    results = candidates(snapshot, masks, context.vector, context.words, depth, context.weight)
    if not results:
        return []
    scored = {c.place: c for c in results}
    ranked = [c.place for c in results]
    if options.reranker is not None:
        ranked = _reranked(snapshot, parsed.text, ranked, scored, options)
    if not options.joined:
        return [_hit(snapshot, scored[p], p, p.row, p.row) for p in ranked[:k]]
    return [
        _hit(snapshot, scored[p.best], p.best, p.first, p.last)
        for p in merge_adjacent(snapshot, ranked, k)
    ]


def _check_length(embedder: Embedder, query: str) -> None:
    """A token has a character at least, so short queries are never tokenized for this."""
    if len(query) <= MAX_QUERY_TOKENS:
        return
    tokens = len(embedder.offsets([query[:_MAX_QUERY_CHARS]])[0])
    if len(query) > _MAX_QUERY_CHARS or tokens > MAX_QUERY_TOKENS:
        is_counted = len(query) <= _MAX_QUERY_CHARS
        count = f"{tokens:,} tokens" if is_counted else f"{len(query):,} characters"
        raise InputError(
            f"the question is too long: {count}, at most {MAX_QUERY_TOKENS:,} tokens",
            hint="give a long text as a document and ask a short question about it",
            code="question_too_long",
        )


@dataclass(frozen=True, slots=True)
class _SearchContext:
    """What is searched: a vector (dimension,), words by weight, the share of the dense score."""

    vector: npt.NDArray[np.float32]
    words: dict[str, float]
    weight: float


def _search_context(
    snapshot: Snapshot,
    embedder: Embedder,
    masks: list[Mask | None],
    question: str,
    options: SearchOptions,
) -> _SearchContext:
    """The question as it is searched, with what it takes from the turns before as far as it leans
    on them.
    """
    question_terms = {term: float(n) for term, n in Counter(terms(question)).items()}
    earlier = [turn[:_MAX_TURN_CHARS] for turn in options.earlier if turn.strip()]
    dependence = context_dependence(question) if earlier else 0.0
    if not dependence:
        return _SearchContext(embedder.embed_queries([question])[0], question_terms, options.weight)
    texts, recent = query_variants(question, earlier), earlier[-MAX_TURNS:]
    rows = embedder.embed_queries([*texts, *recent])
    share = _share(snapshot, masks)
    words = expansion_terms(question, earlier, _word_share(share)) | question_terms
    about = feedback_terms(snapshot, masks, recent, rows[len(texts) :], share, options.weight)
    for term, weight in about.items():
        words[term] = words.get(term, 0.0) + FEEDBACK_WEIGHT * dependence * weight
    return _SearchContext(
        blend_query_vectors(rows[: len(texts)], dependence),
        words,
        dense_weight(options.weight, dependence),
    )


def word_share(snapshot: Snapshot, filter: Filter) -> Callable[[str], float]:
    """Tells the share of the chunks a search may see that hold a word, 0 to 1.

    As if there were a few more chunks of other things: in an index of one short note every word is
    in all chunks, and still not every word is common.
    """
    return _word_share(_share(snapshot, visible(snapshot, filter)))


def _share(snapshot: Snapshot, masks: list[Mask | None]) -> Callable[[str], float]:
    """The same of an index term; the empty one is in all chunks."""
    postings = [segment.postings for segment in snapshot.segments]
    count = sum(
        s.chunks if m is None else int(m.sum())
        for s, m in zip(snapshot.segments, masks, strict=True)
    )

    def share(term: str) -> float:
        frequency = bm25.frequency(postings, masks, term) if term else count
        return (frequency + _PRIOR_CHUNKS * _PRIOR_SHARE) / (count + _PRIOR_CHUNKS)

    return share


def _word_share(share: Callable[[str], float]) -> Callable[[str], float]:
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
    for location, score in zip(head, options.reranker.score(question, texts), strict=True):
        scored[location] = replace(scored[location], rerank=float(score))
    head.sort(key=lambda p: -(scored[p].rerank or 0.0))
    return [*head, *ranked[options.reranked :]]


def _apply_phrases(
    snapshot: Snapshot, query: ParsedQuery, masks: list[Mask | None]
) -> list[Mask | None]:
    """Takes out chunks that lack a phrase or hold an excluded one, by reading their text."""
    if not query.phrases and not query.excluded:
        return masks
    narrowed: list[Mask | None] = []
    for segment, mask in zip(snapshot.segments, masks, strict=True):
        keep = np.ones(segment.chunks, dtype=bool) if mask is None else mask.copy()
        for phrase in query.phrases:
            holds = _contains_terms(segment.postings, phrase, segment.chunks) & keep
            keep &= _contains_phrase(segment, phrase, holds)
        for phrase in query.excluded:
            words = terms(phrase)
            if not words:
                continue  # a stop word stands everywhere; leaving it out would leave nothing
            holds = _contains_terms(segment.postings, phrase, segment.chunks) & keep
            # One word is left out in all its forms; several only where they stand as typed.
            keep &= ~(holds if len(words) == 1 else _contains_phrase(segment, phrase, holds))
        narrowed.append(keep)
    return narrowed


def _contains_phrase(segment: Segment, phrase: str, rows: Mask) -> Mask:
    """Those of the rows whose text holds the phrase."""
    normalized = normal(phrase)
    matches = np.zeros_like(rows)
    ordinals = np.flatnonzero(rows)
    for row, chunk in zip(ordinals, segment.catalogue.chunks(ordinals.tolist()), strict=True):
        matches[row] = normalized in normal(segment.read(chunk.byte_start, chunk.byte_end))
    return matches


def _contains_terms(postings: bm25.Postings, phrase: str, chunks: int) -> npt.NDArray[np.bool_]:
    """Chunks that hold every term of a phrase; all, when stop words are all it has."""
    keep = np.ones(chunks, dtype=bool)
    for term in set(terms(phrase)):
        row = postings.find(term)
        has = np.zeros(chunks, dtype=bool)
        if row is not None:
            has[postings.of(row)[0]] = True
        keep &= has
    return keep


def _hit(snapshot: Snapshot, scored: Candidate, location: Place, first: int, last: int) -> Hit:
    """The hit with its words: those of the chunks first to last, which lie side by side."""
    segment = snapshot.segments[location.segment]
    owner = snapshot.owner(location)
    rows = segment.catalogue.chunks(range(first, last + 1))
    page = segment.catalogue.page(rows[0].document, rows[0].page)
    chunk = Chunk(
        document_id=owner.id,
        page_number=rows[0].page,
        start=rows[0].start,
        end=max(row.end for row in rows),
        text=segment.read(rows[0].byte_start, max(row.byte_end for row in rows)),
        heading=rows[location.row - first].heading,
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
