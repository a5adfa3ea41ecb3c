# ruff: noqa: E501 - words of two languages
"""Sentences that cannot stand alone, as they speak of what the sentence before them names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag_infer.summary.text_units import TextUnit

# The noun that a sentence begins with is one that the sentence before has brought up.
_LEANING = re.compile(
    r"(?:\d[\d.]*\s+)?(?:the|die|der|das|diese[rs]?) (?P<noun>[a-zäöü][\w-]{3,}|"
    r"(?<=ie )[A-ZÄÖÜ]\w{4,}|(?<=er )[A-ZÄÖÜ]\w{4,}|(?<=as )[A-ZÄÖÜ]\w{4,})\s+"
    r"(?:do|does|is|are|shall|will|may|can|has|have|was|were|appl\w+|cease\w*|gilt|gelten|"
    r"besteht|bestehen|entfällt|erlischt|ist|sind|wird|werden|hat|haben)\b",
    re.IGNORECASE,
)
# A noun that speaks of a clause before it, whether or not that has the word.
_ABSTRACT = re.compile(
    r"(?:\d[\d.]*\s+)?(?:the|this|these|diese[rs]?|die) (?:foregoing|obligation|limitation|exception|restriction|"
    r"exclusion|cap|condition|prohibition|provision|above|same|verpflichtung|pflicht|beschränkung|ausnahme|"
    r"regelung|begrenzung)e?(?:s|n|en)?\s+(?:do|does|is|are|shall|will|may|can|has|have|also|includes?|"
    r"covers?|appl\w+|ceases?|gilt|gelten|besteht|bestehen|entfällt|erlischt|umfasst|ist|sind|wird)\b",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    r"(?:\d[\d.]*\s+)?(?:it(?! (?:was|is|has been) (?:\w+ )?(?:agreed|decided|resolved|approved|noted|possible|important|necessary))|"
    r"they|he|she|its|their|such|these|those|that|"
    r"es(?! (?:wurden?|wird|werden|ist|sind|gibt|gilt))|sie(?! \w+en\b)|er|dies|diese[rsnm]?|dieselbe\w*|this(?! (?:agreement|contract|lease|licen[cs]e|deed|tenancy|"
    r"employment|engagement))|dieser(?! vertrag)|in (?:this|that|such) case|thereafter|(?:before|after|until) (?:that|then)|from then|vorher|bis dahin|"
    r"otherwise|however|in diesem fall|danach|anschließend)\b",
    re.IGNORECASE,
)


def leaning(units: Sequence[TextUnit]) -> set[tuple[int, int]]:
    """Page and start of the sentences that speak of what the one before has brought up."""
    starts = set()
    for before, unit in pairwise(units):
        if unit.is_heading or before.is_heading or unit.section != before.section:
            continue
        if leans(unit.text, before.text):
            starts.add((unit.page, unit.start))
    return starts


def leans(text: str, before: str) -> bool:
    """Whether a sentence speaks of what the one before it has brought up."""
    if PRONOUN.match(text) or _ABSTRACT.match(text):
        return True
    match = _LEANING.match(text)
    return match is not None and match["noun"].lower().rstrip("s")[:8] in before.lower()
