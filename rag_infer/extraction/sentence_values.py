"""Values in sentences: those of a field's type near the words of its name.

``shall expire on 23 June 2025`` holds an expiry date though no label says so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Set
from dataclasses import dataclass

from rag_infer.answering.document_survey import SYNONYMS, is_mentioned
from rag_infer.cite.answer_units import AnswerUnit, answer_units
from rag_infer.cite.text_normalization import content, has_key, key, related, words
from rag_infer.extraction.fields import ExtractionField
from rag_infer.extraction.labeled_values import value_places
from rag_infer.extraction.labels import field_keys
from rag_infer.extraction.value_parsing import parse_value

_SENSE_WEIGHT = 0.8  # of a word of the same sense
_LOOSE_WEIGHT = 0.6  # of one that has the sense beside a value only
_AHEAD_CHARS = 40  # by which a value ahead of its word counts as farther off
_LOOSE_CHARS = 20  # before the value
_HEADING_WEIGHT = 0.75  # of a word that only the heading has
# Words that the form of the value itself says.
_FORM_KEYS = frozenset(
    key(w)
    for w in "date day period duration amount sum number rate percentage value total price".split()
)
# Words beside a date that say what it is the end or the start of.
_LOOSE_SENSES = (
    (frozenset("expir expiri end termin laps".split()), frozenset("until matur through".split())),
    (frozenset("start begin commenc".split()), frozenset("from sinc effect".split())),
)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SentenceValue:
    """``page[start:end]`` in a unit of a page, and how fully the unit names the field, 0 to 1."""

    page_number: int
    unit: AnswerUnit
    start: int
    end: int
    score: float


def sentence_values(
    field: ExtractionField, pages: Iterable[tuple[int, str]]
) -> tuple[SentenceValue, ...]:
    """The values of units that name all of a field, best first; none for fields of plain text."""
    all_keys = field_keys(field.label)
    keys = all_keys - _FORM_KEYS
    if not keys or field.type in ("text", "boolean"):
        return ()
    matches = []
    for number, page in pages:
        for unit in answer_units(page):
            if unit.kind in ("row", "list"):
                continue
            text = page[unit.start : unit.end]
            places = value_places(field.type, text)
            if not places:
                continue
            start, end = nearest_place(keys, text, places)
            score = _score(keys, unit, text, text[max(0, start - _LOOSE_CHARS) : start])
            if score and parse_value(field.type, text[start:end]) is not None:
                matches.append(
                    SentenceValue(number, unit, unit.start + start, unit.start + end, score)
                )
    return tuple(sorted(matches, key=lambda match: -match.score))


def nearest_place(keys: frozenset[str], text: str, places: list[Place]) -> Place:
    """The place that is nearest to a word of the field; one after it before one ahead of it."""
    at = [(w.start, w.end) for w in words(text) if _names(keys, w.key)]
    if not at or len(places) == 1:
        return places[0]

    def distance(location: Place) -> float:
        after = [location[0] - end for _, end in at if location[0] >= end]
        ahead = [start - location[1] + _AHEAD_CHARS for start, _ in at if location[1] <= start]
        return min([*after, *ahead], default=0.0)

    return min(places, key=distance)


def form_free_keys(label: str) -> frozenset[str]:
    """The keys of a field's name without those that the form of its value says."""
    return field_keys(label) - _FORM_KEYS


def _score(keys: frozenset[str], unit: AnswerUnit, text: str, before: str) -> float:
    just_before = {w.key for w in words(before)}
    own = {w.key for w in words(text)}
    above = {w.key for w in content(words(f"{unit.heading} {unit.presupposed}"))}
    total = 0.0
    for name in keys:
        weight = max(_weight(name, own), _HEADING_WEIGHT * _weight(name, above))
        if not weight and _is_loosely(name, just_before):
            weight = _LOOSE_WEIGHT
        if not weight:
            return 0.0
        total += weight
    return total / len(keys)


def _weight(name: str, own: Set[str]) -> float:
    """How surely keys of a text have a word: itself, or a word of its sense."""
    if has_key(own, name):
        return 1.0
    if any(is_mentioned(sense, own) for sense in _senses(name)):
        return _SENSE_WEIGHT
    return 0.0


def _is_loosely(name: str, just_before: Set[str]) -> bool:
    """Whether a word that stands just before a value says what the name says."""
    return any(
        name in senses and not cues.isdisjoint(just_before) for senses, cues in _LOOSE_SENSES
    )


@functools.lru_cache(maxsize=512)
def _senses(name: str) -> tuple[str, ...]:
    """The word as the groups of one sense have it, which hold stems of verbs."""
    stems = [sense for group in SYNONYMS for sense in group if related(name, sense)]
    return tuple(dict.fromkeys([name, *stems]))


def _names(keys: frozenset[str], name: str) -> bool:
    return any(_weight(k, {name}) for k in keys)
