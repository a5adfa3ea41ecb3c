"""Quoted phrases and excluded words of a query, as masks over the chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.index.analyzer import terms
from rag_infer.index.postings import Postings
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask
from rag_infer.languages.spelling import without_accents
from rag_infer.retrieve.query_languages import QueryLanguages, language_groups
from rag_infer.retrieve.query_parser import normal


@dataclass(frozen=True, slots=True)
class Narrowing:
    """``phrases`` that chunks must hold and ``excluded`` ones that they must not, in which
    ``languages`` (codes) they are looked for.
    """

    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    languages: tuple[str, ...]


def narrowed_masks(
    segments: Sequence[Segment], narrowing: Narrowing, masks: Sequence[Mask | None]
) -> list[Mask | None]:
    """Takes out chunks that lack a phrase or hold an excluded one, by reading their text.

    Args:
        segments: Segments of a snapshot.
        narrowing: The phrases.
        masks: For each segment which chunks are left; None: all.
    """
    names = narrowing.languages
    languages = QueryLanguages(names, language_groups(segments, names))
    narrowed: list[Mask | None] = []
    for number, (segment, mask) in enumerate(zip(segments, masks, strict=True)):
        keep = np.ones(segment.chunks, dtype=bool) if mask is None else mask.copy()
        for phrase in narrowing.phrases:
            holds = _contains_terms(segment.postings, phrase, languages, number) & keep
            keep &= _contains_phrase(segment, phrase, holds)
        for phrase in narrowing.excluded:
            words = [terms(phrase, language) for language in languages.names]
            if not all(words):
                continue  # a stop word stands everywhere; leaving it out would leave nothing
            holds = _contains_terms(segment.postings, phrase, languages, number) & keep
            # One word is left out in all its forms; several only where they stand as typed.
            one_word = max(map(len, words)) == 1
            keep &= ~(holds if one_word else _contains_phrase(segment, phrase, holds))
        narrowed.append(keep)
    return narrowed


def _contains_phrase(segment: Segment, phrase: str, rows: Mask) -> Mask:
    """Those of the rows whose text holds the phrase, with accents or not if it has none."""
    normalized = normal(phrase)
    form = (lambda text: without_accents(normal(text))) if normalized.isascii() else normal
    matches = np.zeros_like(rows)
    ordinals = np.flatnonzero(rows)
    for row, chunk in zip(ordinals, segment.catalogue.chunks(ordinals.tolist()), strict=True):
        matches[row] = normalized in form(segment.read(chunk.byte_start, chunk.byte_end))
    return matches


def _contains_terms(
    postings: Postings, phrase: str, languages: QueryLanguages, segment: int
) -> Mask:
    """Chunks that hold every term of a phrase; all, when stop words are all it has."""
    chunks = len(postings.lengths)
    matches = np.zeros(chunks, dtype=bool)
    for group, language in enumerate(languages.names):
        keep = np.ones(chunks, dtype=bool)
        if languages.groups is not None:
            keep = languages.groups.numbers[segment] == group
        for term in set(terms(phrase, language)):
            row = postings.find(term)
            has = np.zeros(chunks, dtype=bool)
            if row is not None:
                has[postings.of(row)[0]] = True
            keep &= has
        matches |= keep
    return matches
