"""Which part of a sentence a value or a name belongs to, and whether the question is about it.

"32 euros for small dogs and 41 for large ones" has two values, "the roof and the hoist" two things.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rag_infer.cite.language_words import language_words
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content
from rag_infer.cite.typed_values import ValueKind, fresh_values

CharSpan = tuple[int, int]  # characters of the passage

_ASKS_ALL = re.compile(
    r"\bwho (?:was|were|is|are|all) (?:\w+ )?(?:present|absent|there|here|excused|missing)\b"
    r"|\bwho (?:attended|came|took part|participated|all)\b",
    re.IGNORECASE,
)
_NAME_FOLLOWS = re.compile(r"\s*(?:\([^)]*\)\s*)?(?:,|;|and\b|&)\s*(?:and\s+)?[^\W\d_a-z]")
_NAME_BEFORE = re.compile(r"[^\W\d_a-z][\w.’'-]*\s*(?:\([^)]*\)\s*)?(?:,|;|\band|&)\s*$")
_JOINED_BEFORE = re.compile(r"([^\W\d_]+) (?:and|or|und|oder) (?:the |a |an |our )?$")
_JOINED_AFTER = re.compile(r" (?:and|or|und|oder) (?:the |a |an |our )?([^\W\d_]+)")
# Of readings that no form was asked of.
_PARTED: tuple[ValueKind, ...] = ("money", "percent", "measure", "duration")
# Before the next value: of the sentence, or of the next sentence of a clause.
_PART_END = re.compile(r"[,;]\s|(?<=[a-z])[.]\s|\s(?:and|or|but|while)\s")


def is_one_of_many(profile: QuestionProfile, best: Sentence, span: CharSpan) -> bool:
    """Whether all who were there are asked for, and the few words are one name of a list."""
    text = best.hit.chunk.text
    before, after = text[best.start : span[0]], text[span[1] : best.end]
    return _ASKS_ALL.search(profile.text) is not None and (
        _NAME_FOLLOWS.match(after) is not None or _NAME_BEFORE.search(before) is not None
    )


def is_beside_subject(profile: QuestionProfile, best: Sentence, span: CharSpan) -> bool:
    """Whether the few words are joined to a thing that the question names: no "who" of it.

    "The landlord keeps the roof and the hoist in repair": who repairs the roof?
    """
    text = best.hit.chunk.text
    if any(map(str.isupper, text[slice(*span)])):
        return False  # a name: "who works with Isla?" is answered by "Isla and Tom"
    before = _JOINED_BEFORE.search(text, best.start, span[0])
    after = _JOINED_AFTER.match(text, span[1], best.end)
    siblings = [match[1] for match in (before, after) if match is not None]
    return any(
        word.key in profile.keys
        for sibling in siblings
        for word in language_words(sibling, profile.text_language)
    )


def value_of_part(profile: QuestionProfile, best: Sentence, span: CharSpan) -> CharSpan | None:
    """Of several values of a kind the one in the part that the question is about.

    "Stoneware is fired to 1240 °C, earthenware to 1080 °C": the second part leaves out its verb.
    """
    start = span[0] - best.start
    for kind in _PARTED:
        places = fresh_values(kind, best.text, profile.text)
        if len(places) > 1 and any(a <= start < b for a, b in places):
            own = of_part(profile, best.text, places)
            return None if own is None else (best.start + own[0], best.start + own[1])
    return span


def of_part(profile: QuestionProfile, text: str, places: list[CharSpan]) -> CharSpan | None:
    """The value whose part of the sentence has more of the question's words than any other.

    "32 euros per night for small dogs and 41 euros for large dogs": a later part leaves out what
    the first has said, so the first one's words count for all; where that leaves several equal
    ("66 pounds for a full plot and 38 for a half one"), each part's own words decide.
    """
    starts = [0]
    for before, after in pairwise(places):
        ends = [m.end() for m in _PART_END.finditer(text, before[1], after[0])]
        if not ends:
            return None
        starts.append(ends[-1])
    bounds = pairwise([*starts, len(text)])
    language = profile.text_language
    parts = [{w.key for w in content(language_words(text[a:b], language))} for a, b in bounds]
    keys = set(profile.keys)
    scores = [(len(keys & (part | parts[0])), len(keys & part)) for part in parts]
    best = max(scores)
    return places[scores.index(best)] if scores.count(best) == 1 else None
