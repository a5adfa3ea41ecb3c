"""A question as it is searched: its vector and words, with what it takes from earlier turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.index import bm25
from rag_infer.index.analyzer import terms
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.history_expansion import (
    FEEDBACK_WEIGHT,
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
)
from rag_infer.retrieve.relevance_feedback import MAX_TURNS, feedback_terms

_MAX_TURN_CHARS = 500  # characters of an earlier turn; what comes after is seldom the question
_PRIOR_CHUNKS = 5  # chunks of other things that every index is taken to have beside its own
_PRIOR_SHARE = 0.02  # the share of those that hold a word


@dataclass(frozen=True, slots=True)
class QueryContext:
    """What is searched: a vector (dimension,), words by weight, the share of the dense score."""

    vector: npt.NDArray[np.float32]
    words: dict[str, float]
    weight: float


def query_context(
    snapshot: Snapshot,
    embedder: Embedder,
    masks: list[Mask | None],
    question: str,
    earlier_turns: Sequence[str],
    weight: float,
) -> QueryContext:
    """The question as it is searched, expanded by earlier turns as far as it depends on them.

    Args:
        snapshot: The open index.
        embedder: What embeds the question.
        masks: Which chunks of each segment may be used; None: all.
        question: The question.
        earlier_turns: The user's turns before it, oldest first.
        weight: Share of the dense score for a question that stands alone.
    """
    question_terms = {term: float(n) for term, n in Counter(terms(question)).items()}
    earlier = [turn[:_MAX_TURN_CHARS] for turn in earlier_turns if turn.strip()]
    dependence = context_dependence(question) if earlier else 0.0
    if not dependence:
        return QueryContext(embedder.embed_queries([question])[0], question_terms, weight)
    texts, recent = query_variants(question, earlier), earlier[-MAX_TURNS:]
    rows = embedder.embed_queries([*texts, *recent])
    share = _share(snapshot, masks)
    words = expansion_terms(question, earlier, _word_share(share)) | question_terms
    about = feedback_terms(snapshot, masks, recent, rows[len(texts) :], share, weight)
    for term, relevance in about.items():
        words[term] = words.get(term, 0.0) + FEEDBACK_WEIGHT * dependence * relevance
    return QueryContext(
        blend_query_vectors(rows[: len(texts)], dependence),
        words,
        dense_weight(weight, dependence),
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
