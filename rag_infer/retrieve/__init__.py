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
from rag_infer.index import dense, lexical
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.index.terms import terms
from rag_infer.retrieve import fuse
from rag_infer.retrieve.conversation import Carried, carry
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.gather import gather
from rag_infer.retrieve.query import Query, normal, parse
from rag_infer.types import Chunk, Hit

if TYPE_CHECKING:
    from rag_infer.retrieve.rerank import Reranker

__all__ = ["Filter", "SearchOptions", "search", "word_share"]


_TWO_AT_ONCE = 50_000  # chunks from which on words and vectors are worth a thread each
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
    share = _share(snapshot, masks) if options.earlier else None
    carried = carry(query.text, options.earlier, share) if share else Carried()
    depth = max(options.depth, 4 * k)
    postings = [segment.postings for segment in snapshot.segments]
    weights = {term: float(n) for term, n in Counter(terms(query.text)).items()}

    def by_words() -> list[lexical.Scores]:
        return lexical.score(postings, masks, carried.weights | weights)

    def by_vector() -> tuple[npt.NDArray[np.float32], dense.Found]:
        vector = _vector(embedder, query.text, carried)
        return vector, dense.search(snapshot.segments, masks, vector, depth)

    if snapshot.chunk_count() < _TWO_AT_ONCE:
        (vector, near), scores = by_vector(), by_words()
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as beside:
            words = beside.submit(by_words)
            vector, near = by_vector()
            scores = words.result()
    candidates = _union(near, scores, depth)
    if not candidates:
        return []
    # Every candidate carries both scores, whichever side found it.
    numbers, rows = np.array([(p.segment, p.row) for p in candidates], dtype=np.int64).T
    dense_scores = dense.cosines(snapshot.segments, numbers, rows, vector)
    lexical_scores = np.array([scores[p.segment][p.row] for p in candidates], dtype=np.float32)
    fused = fuse.convex(dense_scores, lexical_scores, options.weight)
    order = sorted(
        range(len(candidates)),
        key=lambda i: (-fused[i], -dense_scores[i], candidates[i].segment, candidates[i].row),
    )
    scored = {
        candidates[i]: _Scored(float(fused[i]), float(dense_scores[i]), float(lexical_scores[i]))
        for i in order
    }
    ranked = [candidates[i] for i in order]
    if options.reranker is not None:
        ranked = _reranked(snapshot, query.text, ranked, scored, options)
    if not options.joined:
        return [_filled(snapshot, scored[p], p, p.row, p.row) for p in ranked[:k]]
    return [
        _filled(snapshot, scored[p.best], p.best, p.first, p.last)
        for p in gather(snapshot, ranked, k)
    ]


def word_share(snapshot: Snapshot, chosen: Filter) -> Callable[[str], float]:
    """Tells the share of the chunks a search may see that hold a word, 0 to 1.

    As if there were a few more chunks of other things: in an index of one short note every word is
    in all chunks, and still not every word is common.
    """
    return _share(snapshot, visible(snapshot, chosen))


def _share(snapshot: Snapshot, masks: list[Mask | None]) -> Callable[[str], float]:
    postings = [segment.postings for segment in snapshot.segments]
    count = sum(
        s.chunks if m is None else int(m.sum())
        for s, m in zip(snapshot.segments, masks, strict=True)
    )

    def share(word: str) -> float:
        found = [lexical.frequency(postings, masks, term) for term in terms(word)]
        return (min(found, default=count) + _OTHERS * _COMMON) / (count + _OTHERS)

    return share


def _vector(embedder: Embedder, question: str, carried: Carried) -> npt.NDArray[np.float32]:
    texts = [question, carried.text(question)] if carried.words else [question]
    rows = embedder.embed_queries(texts)
    mixed = (1 - carried.leans) * rows[0] + carried.leans * rows[-1]
    return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Scored:
    """The scores of a candidate, as ``Hit`` names them."""

    score: float
    dense: float
    lexical: float
    rerank: float | None = None


def _reranked(
    snapshot: Snapshot,
    question: str,
    ranked: list[Place],
    scored: dict[Place, _Scored],
    options: SearchOptions,
) -> list[Place]:
    assert options.reranker is not None
    head = ranked[: options.reranked]
    texts = [" > ".join(c.heading) + "\n" + c.text for c in snapshot.chunks(head)]
    for place, score in zip(head, options.reranker.score(question, texts), strict=True):
        scored[place] = replace(scored[place], rerank=float(score))
    head.sort(key=lambda p: -(scored[p].rerank or 0.0))
    return [*head, *ranked[options.reranked :]]


def _narrowed(snapshot: Snapshot, query: Query, masks: list[Mask | None]) -> list[Mask | None]:
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


def _holding(postings: lexical.Postings, phrase: str, chunks: int) -> npt.NDArray[np.bool_]:
    """Chunks that hold every term of a phrase; all, when stop words are all it has."""
    keep = np.ones(chunks, dtype=bool)
    for term in set(terms(phrase)):
        row = postings.find(term)
        has = np.zeros(chunks, dtype=bool)
        if row is not None:
            has[postings.of(row)[0]] = True
        keep &= has
    return keep


def _union(near: dense.Found, scores: list[lexical.Scores], depth: int) -> list[Place]:
    found = {(int(s), int(r)): None for s, r in zip(near.segments, near.rows, strict=True)}
    best: list[tuple[float, int, int]] = []
    enough = np.float32(0)  # what the last of the best so far has: less need not be looked at
    for number, values in enumerate(scores):
        positive = np.flatnonzero(values > enough)
        if len(positive) > depth:
            top = np.argpartition(-values[positive], depth - 1)[:depth]
            positive = positive[top]
        best.extend((float(values[row]), number, int(row)) for row in positive)
        best.sort(key=lambda item: (-item[0], item[1], item[2]))
        del best[depth:]
        if len(best) == depth:
            enough = np.float32(best[-1][0])
    for _, number, row in best:
        found[number, row] = None
    return [Place(number, row) for number, row in found]


def _filled(snapshot: Snapshot, scored: _Scored, place: Place, first: int, last: int) -> Hit:
    """The hit with its words: those of the chunks first to last, which lie side by side."""
    segment = snapshot.segments[place.segment]
    owner = snapshot.owner(place)
    rows = segment.catalogue.chunks(range(first, last + 1))
    page = segment.catalogue.page(rows[0].document, rows[0].page)
    chunk = Chunk(
        document=owner.id,
        page=rows[0].page,
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
