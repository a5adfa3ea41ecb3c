"""What is quoted of a unit that is too long to be read: the words around what answers.

Text without punctuation, such as a transcript or a log, is one sentence of a page's length.
"""

from __future__ import annotations

from dataclasses import replace

from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import words

MAX_UNIT_CHARS = 600  # a longer sentence or entry is quoted in part
_AROUND_CHARS = 160  # on either side of the place


def shortened(
    sentence: Sentence, profile: QuestionProfile, span: tuple[int, int] | None
) -> Sentence:
    """The unit, or the part of a long one around ``span``.

    Args:
        sentence: The unit.
        profile: The question, whose words tell the part where there is no place.
        place: The short answer, in characters of the passage.
    """
    is_prose = sentence.unit is None or sentence.unit.kind in ("sentence", "entry", "item")
    if len(sentence.text) <= MAX_UNIT_CHARS or not is_prose:
        return sentence
    start, end = span or _densest(sentence, profile)
    start = max(sentence.start, start - _AROUND_CHARS)
    end = min(sentence.end, end + _AROUND_CHARS)
    text = sentence.hit.chunk.text
    part = text[start:end]
    # No word is cut, where there are words.
    if start > sentence.start and (space := part.find(" ")) >= 0:
        start += space + 1
    if end < sentence.end and (space := text[start:end].rfind(" ")) > 0:
        end = start + space
    return replace(sentence, start=start, end=end, text=text[start:end])


def _densest(sentence: Sentence, profile: QuestionProfile) -> tuple[int, int]:
    """The place of the word around which most different words of the question stand."""
    keys = set(profile.keys)
    own = [w for w in words(sentence.text) if w.key in keys]
    if not own:
        return sentence.start, sentence.start
    best = max(
        own, key=lambda w: len({o.key for o in own if abs(o.start - w.start) <= _AROUND_CHARS})
    )
    return sentence.start + best.start, sentence.start + best.end
