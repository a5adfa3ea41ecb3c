"""The questions within a question: "when does it end, and who asks for new offers?".

A question is cut only where each part asks by itself, with a question word at its head; "how many
days and hours" is one question. The words that join are English, German, French, Spanish, Italian.
"""

from __future__ import annotations

import re

MAX_PARTS = 3
_QUESTION_WORD = (
    r"(?:(?:in|at|by|to|for|from|until|since|on|with|bis|seit|ab|von|an|bei|de|à|a|en|con|per|da)\s+)?"
    r"(?:who|whom|whose|when|where|what|which|why|how|wer|wem|wen|wann|wo|was|welche[rsnm]?|"
    r"warum|wie|wieviel|qui|quand|où|quel(?:le)?s?|combien|pourquoi|comment|quién(?:es)?|cuándo|"
    r"dónde|qué|cuál(?:es)?|cuánt[oa]s?|cómo|chi|quando|dove|quale|quali|quant[oiae]|perché|come)\b"
)
_JOIN = re.compile(
    rf"(?<!\s)(?:\s*+[,;]\s*+|\s++)(?:and|und|et|y|e)\s++(?=(?:{_QUESTION_WORD}))", re.IGNORECASE
)
_SENTENCE = re.compile(rf"\?\s++(?:(?:and|und|et|y|e)\s++)?(?={_QUESTION_WORD})", re.IGNORECASE)
_ASKS = re.compile(
    rf"(?:^|[,:]\s*|\s)(?:{_QUESTION_WORD})|^\W*(?:is|are|was|were|does|do|did|can|may|must|has|"
    r"have|will|should|ist|sind|war|hat|haben|kann|darf|muss|est-ce|hay|es|está)\b",
    re.IGNORECASE,
)
_MIN_WORDS = 3  # of a part; "and when?" asks nothing that could be searched for


def question_parts(question: str) -> tuple[str, ...]:
    """The questions that a question holds, in order; the question alone where it is one."""
    parts: list[str] = []
    for sentence in _SENTENCE.split(question.strip()):
        pieces = _JOIN.split(sentence)
        parts += pieces if all(map(_asks, pieces)) else [sentence]
    parts = [part.strip(" ,;?") for part in parts]
    if not 1 < len(parts) <= MAX_PARTS or not all(map(_asks, parts)):
        return (question,)
    return tuple(f"{part[:1].upper()}{part[1:]}?" for part in parts)


def _asks(part: str) -> bool:
    return len(part.split()) >= _MIN_WORDS and _ASKS.search(part) is not None
