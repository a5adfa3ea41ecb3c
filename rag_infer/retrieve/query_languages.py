"""The languages of the chunks that a search may see, in each of which a question is analyzed.

A chunk's terms are stems of its own language. So a question is stemmed in every language of the
index, and the stems of one language are looked for in the chunks of that language only: what an
English chunk scores does not change with the German ones beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.index import bm25, chunk_languages, term_statistics
from rag_infer.index.analyzer import terms
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.languages import ENGLISH, UNDETERMINED

Analyze = Callable[[str], list[str]]
Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class QueryLanguages:
    """``names`` are codes of languages, at least one; ``groups`` is None where there is just one.

    Chunks whose language was not determined count as English, as they are analyzed.
    """

    names: tuple[str, ...]
    groups: term_statistics.Groups | None

    def analyze(self, language: str) -> Analyze:
        """The analysis of texts in one of the languages."""
        return lambda text: terms(text, language)

    def weights(self, question: str) -> list[Weights]:
        """For each language the terms of a question, each with how often it has it."""
        return [
            {term: float(n) for term, n in Counter(terms(question, name)).items()}
            for name in self.names
        ]

    def query(self, words: Sequence[Weights]) -> bm25.Query:
        """What is searched for, from the terms of each language."""
        return words[0] if self.groups is None else bm25.grouped(words)


def query_languages(snapshot: Snapshot, masks: Sequence[Mask | None]) -> QueryLanguages:
    """The languages of the chunks that ``masks`` leave."""
    names = tuple(dict.fromkeys(map(analysis_language, snapshot.languages(masks)))) or (ENGLISH,)
    return QueryLanguages(names, language_groups(snapshot.segments, names))


def language_groups(
    segments: Sequence[Segment], names: tuple[str, ...]
) -> term_statistics.Groups | None:
    """Which chunks of segments are in which language; None where there is just one."""
    if len(names) == 1:
        return None
    numbers = []
    for segment in segments:
        table = np.zeros(int(segment.languages.max(initial=0)) + 1, dtype=np.uint16)
        for number in np.unique(segment.languages) if segment.chunks else ():
            name = analysis_language(chunk_languages.decode(int(number)))
            table[number] = names.index(name) if name in names else 0
        numbers.append(table[segment.languages])
    return term_statistics.Groups(numbers, names)


def analysis_language(code: str) -> str:
    """The language in which a chunk of this language is analyzed."""
    return ENGLISH if code in ("", UNDETERMINED) else code
