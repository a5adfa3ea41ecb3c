"""What a person typed, as a query."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_infer.languages.spelling import search_form

_PHRASE = re.compile(r'(?<!\S)"([^"]+)"(?!\w)|(?<!\S)“([^”]+)”')
_EXCLUDED = re.compile(r'(?<!\S)-(?:"([^"]+)"|([^\W\d_][\w-]*))')


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """``text`` is what is searched; ``phrases`` must occur, ``excluded`` must not."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse(typed: str) -> ParsedQuery:
    """Takes ``"quoted phrases"`` and ``-word`` or ``-"a phrase"`` out of what was typed.

    Quoted words still count towards ``text``; excluded ones do not. A question that consists of
    exclusions alone is taken as plain text.
    """
    excluded = tuple(a or b for a, b in _EXCLUDED.findall(typed))
    remaining = _EXCLUDED.sub(" ", typed)
    phrases = tuple((a or b).strip() for a, b in _PHRASE.findall(remaining))
    text = " ".join(re.sub(r'["“”]', " ", remaining).split()) if phrases else remaining
    text = " ".join(text.split())
    if not text:
        return ParsedQuery(" ".join(typed.split()))
    return ParsedQuery(text, tuple(p for p in phrases if p), excluded)


def normal(text: str) -> str:
    """Lower case, plain signs, one space between words: how phrases are compared."""
    return " ".join(search_form(text).lower().split())
