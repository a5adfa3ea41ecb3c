"""A question as tokens, with the spans that operations take up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag_infer.cite.text_normalization import words
from rag_infer.table_qa.content_words import content_words


@dataclass(frozen=True, slots=True)
class QuestionToken:
    """A word of a question.

    Attributes:
        key: Equal for the forms of a word.
        surface: As it is written, in lower case.
        start: Where it begins in the question.
        end: Where it ends.
        content: It carries meaning, as stop words do not.
        number: It is a number in digits.
        capital: It begins with a capital.
    """

    key: str
    surface: str
    start: int
    end: int
    content: bool
    number: bool
    capital: bool


@lru_cache(maxsize=64)
def tokens_of(text: str) -> tuple[QuestionToken, ...]:
    """All words of a question in order."""
    content = {w.start: w for w in content_words(text)}
    tokens = []
    for plain in words(text):
        word = content.get(plain.start, plain)
        surface = text[word.start : word.end].lower().replace("’", "'").removesuffix("'s")
        tokens.append(
            QuestionToken(
                word.key, surface, word.start, word.end, plain.start in content, word.number,
                word.capital,
            )
        )  # fmt: skip
    return tuple(tokens)


_PLURAL = re.compile(r"(?:[^s]s|sses|ches|shes|xes|people|children|men|women)$")


def is_plural_noun(surface: str) -> bool:
    """Whether a word looks like a plural."""
    return _PLURAL.search(surface) is not None and not surface.endswith(("us", "is"))
