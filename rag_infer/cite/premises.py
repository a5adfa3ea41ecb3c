"""What a question takes for granted that a passage does not support: another name, another year.

"What was the bonus pool for 2023?" beside a sentence on 2024 is a near miss; a person would say so.
Only names and dates are looked at, as they are seldom said in other words.
"""

from __future__ import annotations

import re
from collections.abc import Set

from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.text_normalization import MONTH_KEYS, Word, key, related
from rag_infer.cite.typed_values import values

_YEAR = re.compile(r"(?:1[89]|20)\d\d$")
_MAX_CAPITALS = 0.6  # share of capital words from which on they mark no names
# Languages that write all nouns with a capital.
_GERMAN = re.compile(
    r"\b(?:der|die|das|den|dem|ist|sind|wie|was|wer|wann|wo|welche[rsnm]?|und|für|von|im|zum|zur|"
    r"ein|eine|einen|wird|werden|hat|haben|kostet|gilt)\b"
)
# Capital words that name no particular thing.
_TITLES = frozenset(
    key(w)
    for w in "mr mrs ms dr prof sir inc ltd llc plc gmbh ag sa nv co i vat ok mon tue".split()
)

_RANGE = re.compile(
    r"\b([^\W\d_]{3,9})\s*(?:to|until|till|through|–|—|-)\s*"
    r"(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:of )?([^\W\d_]{3,9})\b"
)


def missing_premises(profile: QuestionProfile, keys: Set[str], page: str) -> tuple[str, ...]:
    """Names and dates of the question that neither ``keys`` nor the text of the page hold.

    Args:
        profile: The question.
        keys: Keys of the words that count as said: of the unit, its passage and its document.
        page: Text of the page that the unit is from.

    Returns:
        The words as they were typed, in order.
    """
    lowered = page.lower()

    def is_mentioned(word: Word) -> bool:
        surface = profile.text[word.start : word.end].lower().removesuffix("'s")
        return (
            word.key in keys
            or _is_month_within(word, lowered)
            or surface in lowered
            or any(related(word.key, k) for k in keys if k[:1] == word.key[:1])
        )

    missing = [w for w in _names(profile) if not is_mentioned(w)]
    is_translation = profile.language != profile.text_language
    for start, end in values("date", profile.text, profile.language):
        inside = [w for w in profile.words if start <= w.start < end]
        if is_translation:  # the month has another name there
            inside = [w for w in inside if w.number]
        absent = [
            w for w in inside if not is_mentioned(w) and (not w.number or _is_year(profile, w))
        ]
        if absent or not all(
            w.key in keys or _in_page(profile, w, lowered) or _is_month_within(w, lowered)
            for w in inside
        ):
            missing += inside
    surfaces: list[str] = []
    for word in sorted(set(missing), key=lambda w: w.start):
        surfaces.append(profile.text[word.start : word.end])
    return tuple(dict.fromkeys(surfaces))


def _is_month_within(word: Word, lowered: str) -> bool:
    """Whether a month lies within a season: July in "1 April to 30 September"."""
    if word.key not in MONTH_KEYS:
        return False
    month = MONTH_KEYS.index(word.key)
    for match in _RANGE.finditer(lowered):
        bounds = [key(name) for name in match.groups()]
        if all(bound in MONTH_KEYS for bound in bounds):
            first, last = map(MONTH_KEYS.index, bounds)
            if (month - first) % 12 <= (last - first) % 12:
                return True
    return False


def _names(profile: QuestionProfile) -> list[Word]:
    """Capital words after the first that can be names."""
    plain = profile.text.lower()
    if profile.language != profile.text_language or _GERMAN.search(plain):
        return []  # names are written differently in another language
    meaning = [w for w in profile.words if not w.number and not w.stop]
    capitals = [w for w in meaning if w.capital]
    if len(profile.words) > 3 and len(capitals) > _MAX_CAPITALS * len(meaning) + 1:
        return []
    return [w for w in capitals if w is not profile.words[0] and w.key not in _TITLES]


def _is_year(profile: QuestionProfile, word: Word) -> bool:
    return _YEAR.match(profile.text[word.start : word.end]) is not None


def _in_page(profile: QuestionProfile, word: Word, lowered: str) -> bool:
    surface = re.escape(profile.text[word.start : word.end].lower())
    return re.search(rf"(?<![\w.]){surface}(?![\w%])", lowered) is not None
