"""A question as it is searched: its vector and words, with what it takes from earlier turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.embed.language_coverage import coverage
from rag_infer.index import bm25, term_statistics
from rag_infer.index.analyzer import terms
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.languages.spelling import search_form
from rag_infer.retrieve.history_expansion import (
    FEEDBACK_WEIGHT,
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
)
from rag_infer.retrieve.query_languages import QueryLanguages, Weights
from rag_infer.retrieve.relevance_feedback import MAX_TURNS, feedback_terms
from rag_infer.retrieve.scoring import Scoring
from rag_infer.retrieve.search_scope import SearchScope, term_share

_MAX_TURN_CHARS = 500  # characters of an earlier turn; what comes after is seldom the question
_RUN = re.compile(r"[^\W_]+(?:[-./_][^\W_]+)*")
_MIN_IDENTIFIER_CHARS = 4
_MAX_IDENTIFIER_CHUNKS = 5  # that hold it: more of them are told apart by the rest of the question
_IDENTIFIER_DENSE_WEIGHT = 0.15
_IDENTIFIER_TERM_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class QueryContext:
    """What is searched: a vector (dimension,), for each language words by weight, the share of the
    dense score.
    """

    vector: npt.NDArray[np.float32]
    words: list[Weights]
    languages: QueryLanguages
    weight: float

    @property
    def query(self) -> bm25.Query:
        """The words of all languages, for BM25."""
        return self.languages.query(self.words)


def query_context(
    snapshot: Snapshot,
    embedder: Embedder,
    scope: SearchScope,
    question: str,
    earlier_turns: Sequence[str],
    weight: float,
    scoring: Scoring,
) -> QueryContext:
    """The question as it is searched, expanded by earlier turns as far as it depends on them.

    Args:
        snapshot: The open index.
        embedder: What embeds the question.
        scope: Which of its chunks may be used.
        question: The question.
        earlier_turns: The user's turns before it, oldest first.
        weight: Share of the dense score for a question that stands alone, in a language that the
            embedder knows; less in others.
        scoring: What scores chunks.
    """
    masks, languages = scope.masks, scope.languages
    words = languages.weights(question)
    weight *= coverage(embedder, question, languages.names)
    if _has_no_word(question):
        weight = min(weight, _IDENTIFIER_DENSE_WEIGHT)
    if identifiers := _identifiers(snapshot, masks, question):
        weight = min(weight, _IDENTIFIER_DENSE_WEIGHT)
        for number, language in enumerate(languages.names):
            for term in {languages.analyze(language)(run)[-1] for run in identifiers}:
                words[number][term] = _IDENTIFIER_TERM_WEIGHT
    earlier = [turn[:_MAX_TURN_CHARS] for turn in earlier_turns if turn.strip()]
    dependence = context_dependence(question) if earlier else 0.0
    if not dependence:
        vector = embedder.embed_queries([question])[0]
        return QueryContext(vector, words, languages, weight)
    texts, recent = query_variants(question, earlier), earlier[-MAX_TURNS:]
    rows = embedder.embed_queries([*texts, *recent])
    about = feedback_terms(snapshot, scope, recent, rows[len(texts) :], weight, scoring)
    for number, language in enumerate(languages.names):
        analyze = languages.analyze(language)
        of_word = term_share(scope.shares[number], analyze)
        words[number] = expansion_terms(question, earlier, of_word, analyze) | words[number]
        for term, relevance in about[number].items():
            before = words[number].get(term, 0.0)
            words[number][term] = before + FEEDBACK_WEIGHT * dependence * relevance
    return QueryContext(
        blend_query_vectors(rows[: len(texts)], dependence),
        words,
        languages,
        dense_weight(weight, dependence),
    )


def _has_no_word(question: str) -> bool:
    """Whether it is figures alone: nothing that a vector could know a meaning of."""
    has_letter = any(character.isalpha() for character in question)
    return not has_letter and any(character.isdigit() for character in question)


def _identifiers(snapshot: Snapshot, masks: Sequence[Mask | None], question: str) -> list[str]:
    """The identifiers of letters, marks and digits in a question that only a few chunks hold.

    Vectors know nothing of "16ACE8-52": a chunk that merely resembles it must not come first.
    """
    postings = [segment.postings for segment in snapshot.segments]
    return [
        run
        for run in _RUN.findall(search_form(question))
        if len(run) >= _MIN_IDENTIFIER_CHARS
        and any(c.isdigit() for c in run)
        and not run.isdigit()
        # The whole run is its last term, after its parts.
        and 0 < term_statistics.frequency(postings, masks, terms(run)[-1]) <= _MAX_IDENTIFIER_CHUNKS
    ]
