"""Values that hold in one case of two: "at 21:30 from May to September and at 18:00 otherwise"."""

from __future__ import annotations

import re

from rag_infer.cite.language_words import language_words
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.text_normalization import content

CharSpan = tuple[int, int]  # characters of a sentence

_OTHERWISE = re.compile(
    r"\b(?:otherwise|(?:at|on|in|for) (?:any|every|the) others?\b|(?:at|on|in|for) others\b|"
    r"(?:on|at|in) other (?:days|times|cases)|all others?\b|"
    r"(?:the )?rest of the (?:year|week|month|time|day)|everyone else|everybody else|"
    r"sonst|ansonsten|andernfalls|in allen anderen Fällen|alle anderen|"
    r"sinon|autrement|dans les autres cas|si no|de lo contrario|en los demás casos)",
    re.IGNORECASE,
)
_CONDITION_START = re.compile(
    r"\b(?:each|every|all|jede[rsnm]?|alle|chaque|cada|"
    r"from|for|on|in|during|if|when|with|without|up to|under|over|between|until|before|after|"
    r"von|für|im|am|in|an|bei|ab|bis|wenn|mit|ohne|unter|über|zwischen|vor|nach|falls|"
    r"de|du|des|pour|en|pendant|si|avec|sans|dès|jusqu|para|con|sin|desde|hasta)\b",
    re.IGNORECASE,
)
# Where the case that stands first ends: "from October to March | the gate shuts at".
_SUBJECT_START = re.compile(
    r"(?<=\w)\s(?:the|a|an|our|we|you|it|they|der|die|das|ein|eine|wir|man|le|la|les|nous|on|el|los|se)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d")


def is_of_another_case(profile: QuestionProfile, text: str, span: CharSpan) -> bool:
    """Whether a sentence has a value for one case and one for all others, and the question does not
    say that it is about the case of this one.

    Args:
        profile: The question.
        text: A sentence.
        span: The value in it.
    """
    otherwise = _OTHERWISE.search(text)
    if otherwise is None or not _FIGURE.search(text[slice(*span)]):
        return False
    outside = text[: span[0]] + " " * (span[1] - span[0]) + text[span[1] :]
    if not _FIGURE.search(outside):
        return False
    if span[0] > otherwise.start():
        return _OTHERWISE.search(profile.text) is None
    after = text[span[1] : otherwise.start()]
    start = _CONDITION_START.search(after)
    condition = after[start.start() :] if start is not None else ""
    if start is None and (start := _CONDITION_START.search(text, 0, span[0])) is not None:
        subject = _SUBJECT_START.search(text, text.find(" ", start.end() + 1), span[0])
        condition = text[start.start() : span[0] if subject is None else subject.start()]
    words = content(language_words(condition, profile.text_language))
    keys = set(profile.keys) - profile.type_keys
    return not any(word.key in keys for word in words)
