"""Whether a text gives a known answer: by words, by token F1 and by its numbers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from rag_infer.evaluation.answer_notation import (
    gives_value,
    in_digits,
    is_same_value,
    number_form,
)

MIN_RECALL = 0.8  # of the words of a long answer, for it to count as contained
_LONG_ANSWER_WORDS = 5
_ARTICLES = frozenset({"a", "an", "the", "der", "die", "das", "le", "la", "les"})
_TOKEN = re.compile(r"\d[\d.,'\u00a0\u202f]*\d|[^\W_]+")


def tokens(text: str) -> list[str]:
    """Words and numbers for comparison: case folded, without articles, numbers in one form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [number_form(word) if word[0].isdigit() else word for word in _TOKEN.findall(folded)]
    return [word for word in words if word not in _ARTICLES]


def contains(text: str, answer: str) -> bool:
    """Whether a text gives the answer.

    A short answer must stand in it as a run of words, numbers in digits or in words, or be one
    value that stands in it in another notation. Of a long one, 80 % of the words and every number
    must.
    """
    answer_words = tokens(answer)
    with_one = len(answer_words) > 1
    answer_words = in_digits(answer_words, with_one=with_one)
    text_words = in_digits(tokens(text), with_one=with_one)
    if not answer_words:
        return False
    if "%" in answer and len(answer_words) == 1:  # no seven of anything else
        return gives_value(text, answer)
    if _is_run(answer_words, text_words) or gives_value(text, answer):
        return True
    if len(answer_words) < _LONG_ANSWER_WORDS:
        return False
    numbers = {word for word in answer_words if word[0].isdigit()}
    overlap = sum((Counter(answer_words) & Counter(text_words)).values())
    return numbers <= set(text_words) and overlap >= MIN_RECALL * len(answer_words)


def _is_run(answer_words: list[str], text_words: list[str]) -> bool:
    size = len(answer_words)
    starts = (i for i, word in enumerate(text_words) if word == answer_words[0])
    return any(text_words[i : i + size] == answer_words for i in starts)


def is_equal(text: str, answer: str) -> bool:
    """Whether a text is the answer and nothing else (exact match after normalization)."""
    same_words = in_digits(tokens(text)) == in_digits(tokens(answer))
    return same_words or is_same_value(text, answer)


def token_f1(text: str, answer: str) -> float:
    """The F1 of their words, as SQuAD's evaluation has it (Rajpurkar et al., 2016)."""
    answer_words, text_words = tokens(answer), tokens(text)
    overlap = sum((Counter(answer_words) & Counter(text_words)).values())
    if not overlap:
        return 0.0
    precision, recall = overlap / len(text_words), overlap / len(answer_words)
    return 2 * precision * recall / (precision + recall)
