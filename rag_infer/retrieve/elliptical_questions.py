"""A follow-up that only names another thing: "How long is the Aurora?", then "And the Boreas?".

What it asks for is all of the question before it, with the new name in the place of the old one, or
of the pronoun that stood for it.
"""

from __future__ import annotations

import re

_ELLIPSIS = re.compile(
    r"^\s*(?:(?:ok|okay|thanks|thank you)\W+)?(?:and|what about|how about|und|et|y)\s+"
    r"(?:(?:what|how) about\s+|(?:of|for|in|on|at|by|from)\s+)?"
    r"(?P<phrase>(?:(?:the|a|an|our|my|der|die|das|le|la|el)\s+)?"
    r"(?P<name>[\w'’.-]+(?: [\w'’.-]+){0,3}?))"
    r"\s*\?*\s*$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:it|she|he|her|him|they|them|that one|this one)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|his|their)\b|\bher (?=[a-z])", re.IGNORECASE)
# A name within a sentence; the word that begins a sentence has its capital for that.
_NAME = re.compile(
    r"(?<=\w )(?:(?:the|The) )?(?P<name>[A-Z][\w'’.-]*(?: (?:(?:of|de|von) )?[A-Z\d][\w'’.-]*)*)"
)
_NOT_NAMES = re.compile(r"^(?:I|I'm|I've)$")


def filled_ellipsis(question: str, before: str) -> str | None:
    """The whole question that an elliptical one stands for.

    Args:
        question: What was typed now.
        before: The question before it, itself filled if it was elliptical.

    Returns:
        None where the question is no ellipsis of a name, or the one before has no place for it.
    """
    match = _ELLIPSIS.match(" ".join(question.split()))
    if match is None or not _is_name(match["name"]):
        return None
    phrase = match["phrase"]
    if names := [m for m in _NAME.finditer(before) if not _NOT_NAMES.match(m["name"])]:
        start, end = names[-1].span()
        return before[:start] + phrase + before[end:]
    if _PRONOUN.search(before) and not _POSSESSIVE.search(before):
        return _PRONOUN.sub(phrase, before, count=1)
    if _POSSESSIVE.search(before):
        return _POSSESSIVE.sub(f"{phrase}'s ", before, count=1).replace("  ", " ")
    return None


def filled_questions(questions: list[str]) -> list[str]:
    """The questions of a conversation, oldest first, elliptical ones filled from those before."""
    filled: list[str] = []
    for question in questions:
        whole = filled_ellipsis(question, filled[-1]) if filled else None
        filled.append(whole or question)
    return filled


def _is_name(words: str) -> bool:
    """Whether a phrase names a thing: it has a capital, or a digit."""
    return re.search(r"(?:^| )[A-Z\d]", words) is not None
