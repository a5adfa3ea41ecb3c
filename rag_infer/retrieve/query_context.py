"""A question as it is searched: its vector and words, with what it takes from earlier turns."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.embed.language_coverage import coverage
from rag_infer.index import bm25
from rag_infer.index.analyzer import terms
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.languages.spelling import search_form
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.history_expansion import (
    FEEDBACK_WEIGHT,
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
)
from rag_infer.retrieve.query_languages import (
    Analyze,
    QueryLanguages,
    Weights,
    query_languages,
)
from rag_infer.retrieve.relevance_feedback import MAX_TURNS, feedback_terms

NO_WORD = "\N{SNOWMAN}zz"  # in no text; a sign alone is no index term, and would be in all
_MAX_TURN_CHARS = 500  # characters of an earlier turn; what comes after is seldom the question
_RUN = re.compile(r"[^\W_]+(?:[-./_][^\W_]+)*")
_MIN_IDENTIFIER_CHARS = 4
_MAX_IDENTIFIER_CHUNKS = 5  # that hold it: more of them are told apart by the rest of the question
_IDENTIFIER_DENSE_WEIGHT = 0.15
_IDENTIFIER_TERM_WEIGHT = 3.0
_PRIOR_CHUNKS = 5  # chunks of other things that every index is taken to have beside its own
_PRIOR_SHARE = 0.02  # the share of those that hold a word


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
        weight: Share of the dense score for a question that stands alone, in a language that the
            embedder knows; less in others.
    """
    languages = query_languages(snapshot, masks)
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
    shares = _shares(snapshot, masks, languages)
    about = feedback_terms(snapshot, masks, recent, rows[len(texts) :], languages, shares, weight)
    for number, language in enumerate(languages.names):
        analyze = languages.analyze(language)
        of_word = _word_share(shares[number], analyze)
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
        and 0 < bm25.frequency(postings, masks, terms(run)[-1]) <= _MAX_IDENTIFIER_CHUNKS
    ]


def word_share(snapshot: Snapshot, filter: Filter) -> Callable[[str], float]:
    """Tells the share of the chunks a search may see that hold a word, 0 to 1.

    As if there were a few more chunks of other things: in an index of one short note every word is
    in all chunks, and still not every word is common. Of several languages the one counts in which
    the word is most common.
    """
    masks = visible(snapshot, filter)
    languages = query_languages(snapshot, masks)
    of_languages = [
        _word_share(share, languages.analyze(language))
        for share, language in zip(
            _shares(snapshot, masks, languages), languages.names, strict=True
        )
    ]
    return lambda word: max(share(word) for share in of_languages)


def is_unknown(share: Callable[[str], float], word: str) -> bool:
    """Whether no passage holds a word, by the shares of ``word_share``."""
    return share(word) <= share(NO_WORD)


def _shares(
    snapshot: Snapshot, masks: list[Mask | None], languages: QueryLanguages
) -> list[Callable[[str], float]]:
    """The same of an index term, for each language; the empty term is in all chunks."""
    postings = [segment.postings for segment in snapshot.segments]
    count = sum(
        s.chunks if m is None else int(m.sum())
        for s, m in zip(snapshot.segments, masks, strict=True)
    )
    groups = languages.groups
    totals = bm25.group_totals(masks, groups) if groups is not None else None

    def share(term: str, number: int) -> float:
        if not term:
            frequency = float(count)
        elif groups is None or totals is None:
            frequency = bm25.frequency(postings, masks, term)
        else:
            frequencies = bm25.group_frequencies(postings, masks, term, groups)
            frequency = float(bm25.smoothed(frequencies, totals)[number]) * count
        return (frequency + _PRIOR_CHUNKS * _PRIOR_SHARE) / (count + _PRIOR_CHUNKS)

    return [functools.partial(share, number=number) for number in range(len(languages.names))]


def _word_share(share: Callable[[str], float], analyze: Analyze) -> Callable[[str], float]:
    return lambda word: min(map(share, analyze(word) or [""]))
