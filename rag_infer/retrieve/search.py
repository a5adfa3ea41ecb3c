"""Questions to hits: dense and lexical search, fused, reranked and merged into passages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag_infer.embed import Embedder
from rag_infer.embed.similarity import cosine_floor, scaled
from rag_infer.errors import InputError
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.retrieve.candidates import Candidate, candidates
from rag_infer.retrieve.filters import Filter
from rag_infer.retrieve.merge_passages import merge_adjacent
from rag_infer.retrieve.phrases import Narrowing, narrowed_masks
from rag_infer.retrieve.query_context import query_context
from rag_infer.retrieve.query_parser import ParsedQuery, parse
from rag_infer.retrieve.scoring import ChunkQuery, Scoring, local_scoring
from rag_infer.retrieve.search_scope import SearchScope, search_scope
from rag_infer.types import Chunk, Hit

if TYPE_CHECKING:
    from rag_infer.retrieve.reranker import Reranker

DENSE_WEIGHT = 0.5
MAX_QUERY_TOKENS = 2048
_MAX_QUERY_CHARS = 16_384  # more is refused before it is tokenized


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How chunks are searched.

    Attributes:
        weight: Share of the dense score in the fused one, 0 to 1; less of it counts for a question
            in a language that the embedder does not know.
        depth: Candidates from each side.
        filter: Which documents are searched, and for whom.
        reranker: A cross-encoder that orders the best candidates.
        reranked: How many candidates it orders.
        joined: Whether adjacent chunks become one passage and repeated ones are dropped.
        earlier: The user's turns before this one, oldest first.
        scoring: What scores the chunks.
    """

    weight: float = DENSE_WEIGHT
    depth: int = 100
    filter: Filter = field(default_factory=Filter)
    reranker: Reranker | None = None
    reranked: int = 30
    joined: bool = True
    earlier: tuple[str, ...] = ()
    scoring: Scoring = local_scoring


def search(
    snapshot: Snapshot,
    embedder: Embedder,
    query: str,
    k: int = 10,
    options: SearchOptions | None = None,
) -> list[Hit]:
    """The k best chunks for a query, best first, each with all of its scores.

    Args:
        snapshot: The open index.
        embedder: The embedder of the index.
        query: What a person typed: words, ``"a phrase"``, ``-word``.
        k: Most chunks.
        options: How they are searched.

    Raises:
        InputError: k is not a positive integer, or the query is longer than 2,048 tokens.
    """
    options = options or SearchOptions()
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InputError("k must be an integer of 1 or more")
    check_query_length(embedder, query)
    parsed = parse(query)
    scope = search_scope(snapshot, options.filter)
    if parsed.phrases or parsed.excluded:
        scope = _narrowed(snapshot, scope, parsed)
    context = query_context(
        snapshot, embedder, scope, parsed.text, options.earlier, options.weight, options.scoring
    )
    depth = max(options.depth, 4 * k)
    rounds = options.scoring(snapshot, scope, ChunkQuery(context.vector, context.query, depth))
    results = candidates(rounds, depth, context.weight)
    if not results:
        return []
    floor = cosine_floor(embedder)
    scored = {c.place: c for c in results}
    ranked = [c.place for c in results]
    if options.reranker is not None:
        ranked = _reranked(snapshot, parsed.text, ranked, scored, options)
    if not options.joined:
        return [_hit(snapshot, scored[p], floor, p, p.row, p.row) for p in ranked[:k]]
    return [
        _hit(snapshot, scored[p.best], floor, p.best, p.first, p.last)
        for p in merge_adjacent(snapshot, ranked, k)
    ]


def _narrowed(snapshot: Snapshot, scope: SearchScope, query: ParsedQuery) -> SearchScope:
    """The scope without the chunks that lack a phrase or hold an excluded one."""
    narrowing = Narrowing(query.phrases, query.excluded, scope.languages.names)
    masks = narrowed_masks(snapshot.segments, narrowing, scope.masks)
    if query.asks and not any(mask is None or mask.any() for mask in masks):
        return scope
    return SearchScope(snapshot, masks, scope.filter, narrowing)


def check_query_length(embedder: Embedder, query: str) -> None:
    """Refuses a query of more than ``MAX_QUERY_TOKENS`` tokens, before anything is done with it.

    A token has a character at least, so short queries are never tokenized for this.

    Raises:
        InputError: It is longer.
    """
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


def _hit(
    snapshot: Snapshot, scored: Candidate, floor: float, location: Place, first: int, last: int
) -> Hit:
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
        sections=tuple(
            section for row in rows for section in row.sections or ((row.start, row.heading),)
        ),
    )
    return Hit(
        chunk=chunk,
        score=scored.score,
        dense=scaled(scored.dense, floor),
        lexical=scored.lexical,
        rerank=scored.rerank,
        title=owner.title,
        page_label=page.label if page else None,
        format=owner.format,
    )
