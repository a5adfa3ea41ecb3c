"""Whether the few words of a sentence can be what is asked for, by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.cite.typed_values import values

CharSpan = tuple[int, int]  # characters of a sentence

_PRONOUN = re.compile(
    r"\b(?:me|myself|you|yourself|yourselves|himself|herself|it|itself|us|ourselves|them|"
    r"themselves)\b",
    re.IGNORECASE,
)
# "Harbour master (successor to Donald Haig)" tells who is not.
_ANOTHER = re.compile(
    r"\b(?P<cue>successors?|succeed(?:s|ed|ing)?|replac(?:es|ed|ing|ement)|instead|taking over|"
    r"took over|takes over|on behalf|in place|assistant|secretary|daughter|son|wife|husband|widow)"
    r"(?: (?:to|of|from|for))?\s+(?:the late |Mr\.? |Mrs\.? |Ms\.? |Dr\.? )?$",
    re.IGNORECASE,
)
_PLACE_BEFORE = re.compile(
    r"\b(?:signed|done|given|dated|held|met|born|based|made) (?:in|at)\s+$", re.IGNORECASE
)
_YEAR = re.compile(r"(?<![\d.,/-])(?:19|20)\d\d(?![\d/-])(?![.,]\d)")
_ASKS_FORMER = re.compile(
    r"\b(?:before|previous(?:ly)?|former(?:ly)?|old|earlier|originally|used to|initial(?:ly)?|"
    r"until then|at first)\b",
    re.IGNORECASE,
)
_ASKS_DIFFERENCE = re.compile(
    r"\bhow much (?:more|less|cheaper|dearer|higher|lower|bigger|smaller|larger)\b|"
    r"\bby how much\b|\bwhat(?:'s| is| was) the difference\b",
    re.IGNORECASE,
)
_TELLS_DIFFERENCE = re.compile(
    r"\b(?:more|less|cheaper|dearer|higher|lower|difference|discount\w*|reduc\w+|saves?|saving|"
    r"surcharge|extra|off|rise[sn]?|rose|f[ae]ll\w*|increas\w+|decreas\w+|up by|down by)\b",
    re.IGNORECASE,
)
# "What is still to be paid?" beside what has been paid.
_ASKS_OPEN = re.compile(
    r"\b(?:still|left|remain\w*|outstanding|owed?|owes|unpaid|balance)\b", re.IGNORECASE
)
_TELLS_SETTLED = re.compile(
    r"\b(?:(?:have|has|had|was|were|been|already) (?:been )?(?:paid|settled|received)|"
    r"paid a deposit|deposit (?:paid|received))\b",
    re.IGNORECASE,
)


def can_name_person(question: str, text: str, span: CharSpan) -> bool:
    """Whether words can name whoever is asked for: no pronoun, no place, nobody's predecessor."""
    before = text[: span[0]]
    another = _ANOTHER.search(before)
    if another is not None and another["cue"][:5].lower() not in question.lower():
        return False
    return _PRONOUN.search(text[slice(*span)]) is None and _PLACE_BEFORE.search(before) is None


def value_of_year(question: str, text: str, places: Sequence[CharSpan]) -> CharSpan | None:
    """Of values of several years that of the one year that the question names.

    "In 2024 we carried 59,174, more than in 2023, when it was 55,820": years that stand before
    their values; "59,174 in 2024 after 55,820 in 2023": years that stand after them.

    Args:
        question: As it was asked.
        text: A sentence.
        places: Its values, in order.
    """
    question_years = set(_YEAR.findall(question))
    years = [(match.start(), match[0]) for match in _YEAR.finditer(text)]
    text_years = {year for _, year in years}
    if len(places) < 2 or len(question_years) != 1 or not question_years < text_years:
        return None
    if len(text_years) != len(years):
        return None
    values_first = places[0][0] < years[0][0]
    own = []
    for start, end in places:
        before = [year for position, year in years if position < start]
        after = [year for position, year in years if position >= end]
        if set(after[:1] if values_first else before[-1:]) == question_years:
            own.append((start, end))
    return own[0] if len(own) == 1 else None


def asks_former(question: str) -> bool:
    """Whether what was so before a change is asked for."""
    return _ASKS_FORMER.search(question) is not None


def asks_difference(question: str) -> bool:
    """Whether a difference of two amounts is asked for."""
    return _ASKS_DIFFERENCE.search(question) is not None


def is_operand(question: str, text: str) -> bool:
    """Whether a difference is asked for, and a sentence only has amounts of its two sides."""
    return asks_difference(question) and _TELLS_DIFFERENCE.search(text) is None


def is_settled_amount(question: str, text: str) -> bool:
    """Whether what is still open is asked for, and a sentence only tells what was paid."""
    return (
        _ASKS_OPEN.search(question) is not None
        and any(values("money", text))
        and _TELLS_SETTLED.search(text) is not None
        and _ASKS_OPEN.search(text) is None
    )
