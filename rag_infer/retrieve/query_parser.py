"""What a person typed, as a query."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_infer.languages.spelling import search_form

_PHRASE = re.compile(r'(?<!\S)"([^"]+)"(?!\w)|(?<!\S)“([^”]+)”')
_EXCLUDED = re.compile(r'(?<!\S)-(?:"([^"]+)"|([^\W\d_][\w-]*))')
# A sentence that asks: it ends with a question mark, or begins with a question word and goes on.
_QUESTION = re.compile(
    r"[?？؟]\s*$|^\s*(?:what|which|who|whose|whom|when|where|why|how|does|do|is|are|can|was|wie|was|"
    r"wer|wo|wann|warum|welche\w*|comment|quand|où|pourquoi|quel\w*|cómo|qué|cuándo|dónde)\s+\S+\s+\S",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """``text`` is what is searched; ``phrases`` must occur, ``excluded`` must not.

    Of a question (``asks``) the phrases must occur only if they occur anywhere: it may quote a name
    that the documents write in another way.
    """

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    asks: bool = False


def parse(typed: str) -> ParsedQuery:
    """Takes ``"quoted phrases"`` and ``-word`` or ``-"a phrase"`` out of what was typed.

    Quoted words still count towards ``text``; excluded ones do not. A question that consists of
    exclusions alone is taken as plain text. A question in a sentence has no exclusions: it may be
    about an option of a command ("What does -force do?").
    """
    asks = _QUESTION.search(typed) is not None
    excluded = () if asks else tuple(a or b for a, b in _EXCLUDED.findall(typed))
    remaining = typed if asks else _EXCLUDED.sub(" ", typed)
    phrases = tuple((a or b).strip() for a, b in _PHRASE.findall(remaining))
    text = " ".join(re.sub(r'["“”]', " ", remaining).split()) if phrases else remaining
    text = " ".join(text.split())
    if not text:
        return ParsedQuery(" ".join(typed.split()))
    return ParsedQuery(text, tuple(p for p in phrases if p), excluded, asks)


def normal(text: str) -> str:
    """Lower case, plain signs, one space between words: how phrases are compared."""
    return " ".join(search_form(text).lower().split())
