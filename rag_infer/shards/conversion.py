"""Messages from what searches compute with, and back; what does not fit together is refused."""

from __future__ import annotations

import numpy as np

from rag_infer.index import bm25
from rag_infer.index.scored_rows import ScoredRows
from rag_infer.index.term_statistics import Frequencies, Statistics
from rag_infer.index.vector_search import NearRows
from rag_infer.retrieve.filters import Filter
from rag_infer.retrieve.phrases import Narrowing
from rag_infer.retrieve.scoring import ChunkQuery, Nominations, Numbers, RawScores
from rag_infer.retrieve.search_scope import SearchScope
from rag_infer.shards.messages import (
    FilterMessage,
    NarrowingMessage,
    NominationsMessage,
    QueryMessage,
    RawScoresMessage,
    ScoredRowsMessage,
    ScoreRequest,
    StatisticsMessage,
)
from rag_infer.shards.packed_arrays import pack, unpack

_FLOATS, _ROWS = "<f4", "<u4"


def query_message(generation: str, scope: SearchScope, query: ChunkQuery) -> QueryMessage:
    """A query over what one asker may see.

    Raises:
        ValidationError: It is beyond the bounds.
    """
    narrowing = scope.narrowing
    return QueryMessage(
        generation=generation,
        filter=_filter_message(scope.filter),
        narrowing=None
        if narrowing is None
        else NarrowingMessage(
            phrases=narrowing.phrases,
            excluded=narrowing.excluded,
            languages=narrowing.languages,
        ),
        languages=scope.languages.names,
        vector=pack(query.vector, _FLOATS),
        words=tuple(
            (term, tuple(np.atleast_1d(weight).astype(float).tolist()))
            for term, weight in query.words.items()
        ),
        depth=query.depth,
    )


def _filter_message(filter: Filter) -> FilterMessage:
    return FilterMessage(
        paths=filter.paths,
        formats=filter.formats,
        metadata=dict(filter.metadata),
        groups=None if filter.groups is None else tuple(sorted(filter.groups)),
        since=filter.since,
        until=filter.until,
        as_of=filter.as_of,
    )


def filter_of(message: FilterMessage) -> Filter:
    """The filter of a message.

    Raises:
        InputError: It is none.
    """
    return Filter(
        paths=message.paths,
        formats=message.formats,
        metadata=message.metadata,
        groups=message.groups,
        since=message.since,
        until=message.until,
        as_of=message.as_of,
    )


def narrowing_of(message: NarrowingMessage) -> Narrowing:
    """The narrowing of a message."""
    return Narrowing(message.phrases, message.excluded, message.languages)


def chunk_query_of(message: QueryMessage, dimension: int) -> ChunkQuery:
    """What chunks are scored by.

    Raises:
        ValueError: Weights are not those of its languages, or the vector has another dimension.
    """
    vector = unpack(message.vector, _FLOATS)
    if len(vector) != dimension:
        raise ValueError("the vector has another dimension")
    groups = len(message.languages)
    if any(len(weights) != groups for _, weights in message.words):
        raise ValueError("a term does not have a weight for each language")
    words: bm25.Query = {
        term: weights[0] if groups == 1 else np.array(weights, dtype=np.float32)
        for term, weights in message.words
    }
    return ChunkQuery(vector, words, message.depth)


def statistics_message(statistics: Statistics) -> StatisticsMessage:
    """Statistics to be sent."""
    return StatisticsMessage(
        units=_counts(statistics.units),
        length=statistics.length,
        terms={term: _counts(frequencies) for term, frequencies in statistics.terms.items()},
    )


def _counts(frequencies: Frequencies) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (
        tuple(int(n) for n in frequencies.chunks),
        tuple(int(n) for n in frequencies.blocks),
    )


def statistics_of(message: StatisticsMessage, query: QueryMessage) -> Statistics:
    """The statistics of a message.

    Raises:
        ValueError: They are not those of the terms and languages of the query.
    """
    if message.terms.keys() != {term for term, _ in query.words}:
        raise ValueError("the statistics are of other terms")
    groups = len(query.languages)
    pairs = [message.units, *message.terms.values()]
    if any(len(counts) != groups for pair in pairs for counts in pair):
        raise ValueError("the statistics are of other languages")
    return Statistics(
        _frequencies(message.units),
        message.length,
        {term: _frequencies(pair) for term, pair in message.terms.items()},
    )


def _frequencies(pair: tuple[tuple[int, ...], tuple[int, ...]]) -> Frequencies:
    return Frequencies(*(np.array(counts, dtype=np.float64) for counts in pair))


def nominations_message(nominations: Nominations) -> NominationsMessage:
    """Nominations to be sent."""
    return NominationsMessage(
        exact=_rows_message(nominations.near.exact),
        proposed=_rows_message(nominations.near.proposed),
        lexical=_rows_message(nominations.lexical),
    )


def _rows_message(rows: ScoredRows) -> ScoredRowsMessage:
    return ScoredRowsMessage(
        segments=pack(rows.segments, _ROWS),
        rows=pack(rows.rows, _ROWS),
        scores=pack(rows.scores, _FLOATS),
    )


def nominations_of(message: NominationsMessage) -> Nominations:
    """The nominations of a message.

    Raises:
        ValueError: It is malformed.
    """
    return Nominations(
        NearRows(_scored_rows(message.exact), _scored_rows(message.proposed)),
        _scored_rows(message.lexical),
    )


def _scored_rows(message: ScoredRowsMessage) -> ScoredRows:
    segments, rows = places_of(message.segments, message.rows)
    scores = unpack(message.scores, _FLOATS)
    if len(scores) != len(rows):
        raise ValueError("there is not a score for each row")
    return ScoredRows(segments, rows, scores)


def score_request(
    query: QueryMessage, statistics: StatisticsMessage, segments: Numbers, rows: Numbers
) -> ScoreRequest:
    """A request for both scores of some chunks."""
    return ScoreRequest(
        query=query,
        statistics=statistics,
        segments=pack(segments, _ROWS),
        rows=pack(rows, _ROWS),
    )


def places_of(segments: str, rows: str) -> tuple[Numbers, Numbers]:
    """Segments and rows of a message.

    Raises:
        ValueError: It is malformed.
    """
    numbers = unpack(segments, _ROWS).astype(np.int64), unpack(rows, _ROWS).astype(np.int64)
    if len(numbers[0]) != len(numbers[1]):
        raise ValueError("there is not a segment for each row")
    return numbers


def raw_scores_message(scores: RawScores) -> RawScoresMessage:
    """Scores to be sent."""
    return RawScoresMessage(
        dense=pack(scores.dense, _FLOATS), lexical=pack(scores.lexical, _FLOATS)
    )


def raw_scores_of(message: RawScoresMessage, count: int) -> RawScores:
    """The scores of a message.

    Raises:
        ValueError: It is malformed, or there are not ``count`` of each.
    """
    scores = RawScores(unpack(message.dense, _FLOATS), unpack(message.lexical, _FLOATS))
    if len(scores.dense) != count or len(scores.lexical) != count:
        raise ValueError("there are not two scores for each chunk")
    return scores
