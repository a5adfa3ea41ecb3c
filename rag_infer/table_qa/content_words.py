"""The words of a text that carry meaning for tables: all but stop words, and the month of May."""

from __future__ import annotations

import re
from dataclasses import replace

from rag_infer.cite.text_normalization import Word, key, words

# "may" is a stop word but beside a day, a year or "in", and with a capital within a sentence.
_MAY = re.compile(
    r"(?i:(?<=\d )may\b)|(?<=\w )May\b|(?i:\bmay(?=\W{1,2}\d))"
    r"|(?i:(?:(?<=\bin )|(?<=\bof )|(?<=\bby )|(?<=\bsince )|(?<=\buntil )|(?<=\bduring ))may\b)"
)

# Months and days as sheets abbreviate them; "sat" and "sun" are words of their own.
_ABBREVIATIONS = {
    key(short): key(name)
    for name, shorts in {
        "january": "jan", "february": "feb", "march": "mar", "april": "apr", "june": "jun",
        "july": "jul", "august": "aug", "september": "sep sept", "october": "oct",
        "november": "nov", "december": "dec", "monday": "mon", "tuesday": "tue tues",
        "wednesday": "wed", "thursday": "thu thur thurs", "friday": "fri",
    }.items()
    for short in shorts.split()
}  # fmt: skip


def names_in(text: str) -> list[list[Word]]:
    """Names of two words or more: words with capitals side by side ("Delta Air Lines")."""
    names: list[list[Word]] = []
    last: Word | None = None
    for word in words(text):
        capital = word.capital and not word.stop and not word.number
        if capital and last is not None and text[last.end : word.start] == " ":
            names[-1].append(word)
        elif capital:
            names.append([word])
        surface = text[word.start : word.end]
        last = word if capital and not surface.endswith(("'s", "’s")) else None
    return [name for name in names if len(name) > 1]


def content_words(text: str) -> list[Word]:
    """The words of a text without stop words, months among them; "Oct" is October."""
    months = {match.start() for match in _MAY.finditer(text)}
    return [
        replace(w, key=_ABBREVIATIONS[w.key]) if w.key in _ABBREVIATIONS else w
        for w in words(text)
        if not w.stop or w.start in months
    ]
