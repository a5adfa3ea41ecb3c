"""Whether a text gives a known answer: by words, by token F1 and by its numbers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

MIN_RECALL = 0.8  # of the words of a long answer, for it to count as contained
_LONG_ANSWER_WORDS = 5
_ARTICLES = frozenset({"a", "an", "the", "der", "die", "das", "le", "la", "les"})
_TOKEN = re.compile(r"\d[\d.,'\u00a0\u202f]*\d|[^\W_]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?")


def tokens(text: str) -> list[str]:
    """Words and numbers for comparison: case folded, without articles, numbers in one form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [_number_form(word) for word in _TOKEN.findall(folded)]
    return [word for word in words if word not in _ARTICLES]


def _number_form(token: str) -> str:
    """``1,250.50``, ``1.250,50`` and ``1250.5`` become one; words stay."""
    if not token[0].isdigit():
        return token
    if _THOUSANDS.fullmatch(token):
        digits = re.split(r"[.,](?=\d{1,2}$)", token)
        integer = re.sub(r"\D", "", digits[0])
        fraction = digits[1].rstrip("0") if len(digits) > 1 else ""
    else:
        integer, _, fraction = token.replace(",", ".").partition(".")
        fraction = fraction.rstrip("0") if "." not in fraction else f"{fraction}"
    return f"{integer}.{fraction}" if fraction else integer


def contains(text: str, answer: str) -> bool:
    """Whether a text gives the answer.

    A short answer must stand in it as a run of words. Of a long one, 80 % of the words and every
    number must.
    """
    answer_words, text_words = tokens(answer), tokens(text)
    if not answer_words:
        return False
    if _is_run(answer_words, text_words):
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
    return tokens(text) == tokens(answer)


def token_f1(text: str, answer: str) -> float:
    """The F1 of their words, as SQuAD's evaluation has it (Rajpurkar et al., 2016)."""
    answer_words, text_words = tokens(answer), tokens(text)
    overlap = sum((Counter(answer_words) & Counter(text_words)).values())
    if not overlap:
        return 0.0
    precision, recall = overlap / len(text_words), overlap / len(answer_words)
    return 2 * precision * recall / (precision + recall)
