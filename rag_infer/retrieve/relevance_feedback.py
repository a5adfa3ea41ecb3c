"""The words a conversation is about, learnt from the passages that its turns find together.

People seldom say again what they talk about, and seldom say it as the documents do. The passages
that the turns find, taken together, do: their words are a relevance model of the subject (Lavrenko
& Croft, 2001), here weighed by rarity. It is computed from the turns at each search, under the
masks of that search, so that nothing need be kept and nothing hidden lends a word.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.index.analyzer import terms
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve.candidates import candidates
from rag_infer.retrieve.history_expansion import MAX_IDF, TURN_DECAY
from rag_infer.retrieve.query_languages import (
    Analyze,
    Weights,
    analysis_language,
)
from rag_infer.retrieve.scoring import ChunkQuery, Scoring
from rag_infer.retrieve.search_scope import SearchScope

MAX_TURNS = 6  # of a long conversation the newest: what lies before has faded

_FEEDBACK_PASSAGES = 5
_MAX_TERMS = 20
_SEARCH_DEPTH = 100


def feedback_terms(
    snapshot: Snapshot,
    scope: SearchScope,
    turns: Sequence[str],
    vectors: npt.NDArray[np.float32],
    weight: float,
    scoring: Scoring,
) -> list[Weights]:
    """Index terms of what earlier turns are about.

    Args:
        snapshot: The open index.
        scope: Which of its chunks may be used.
        turns: The turns, oldest first.
        vectors: (turns, dimension) their vectors.
        weight: Share of the dense score.
        scoring: What scores chunks.

    Returns:
        For each language weights by term; the most specific term has 1.
    """
    decays = np.array(
        [TURN_DECAY**distance for distance in reversed(range(len(turns)))], np.float32
    )
    languages = scope.languages
    words: list[Weights] = [{} for _ in languages.names]
    for turn, decay in zip(turns, decays, strict=True):
        for of_language, question_terms in zip(words, languages.weights(turn), strict=True):
            for term in question_terms:
                of_language[term] = of_language.get(term, 0.0) + float(decay)
    vector = decays @ vectors
    vector /= max(float(np.linalg.norm(vector)), 1e-9)
    query = ChunkQuery(vector, languages.query(words), _SEARCH_DEPTH)
    results = candidates(scoring(snapshot, scope, query), _SEARCH_DEPTH, weight)
    places = [candidate.place for candidate in results[:_FEEDBACK_PASSAGES]]
    texts = [chunk.text for chunk in snapshot.chunks(places)]
    of_texts = [analysis_language(snapshot.language(place)) for place in places]
    return [
        top_terms(
            [text for text, own in zip(texts, of_texts, strict=True) if own == language],
            share,
            languages.analyze(language),
        )
        for language, share in zip(languages.names, scope.shares, strict=True)
    ]


def top_terms(
    texts: Sequence[str], share: Callable[[str], float], analyze: Analyze = terms
) -> Weights:
    """The most telling index terms of the texts; the first has 1, the others less."""
    probability: dict[str, float] = {}
    for text in texts:
        counts = Counter(analyze(text))
        for term, count in counts.items():
            probability[term] = probability.get(term, 0.0) + count / counts.total()
    informativeness = {
        t: p * min(MAX_IDF, -math.log(max(share(t), 1e-9))) for t, p in probability.items()
    }
    selected = sorted(informativeness, key=lambda term: (-informativeness[term], term))[:_MAX_TERMS]
    return {
        term: informativeness[term] / informativeness[selected[0]]
        for term in selected
        if informativeness[term] > 0
    }
