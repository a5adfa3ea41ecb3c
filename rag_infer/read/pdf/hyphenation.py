"""The characters of a line as a person would type them.

Knows: ligatures, accents that a font sets as characters of their own, kinds of space, characters
that nobody sees, hyphens at the end of a line.
Does not know: lines' places.

Every piece of clean text keeps the range of raw characters that it stands for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

Piece = tuple[str, int, int]  # clean text, and the raw characters [start, end) that it stands for

_LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
_ACCENTS = {
    "\u00a8": "\u0308", "\u00b4": "\u0301", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u00b8": "\u0327", "\u02c7": "\u030c", "\u02d8": "\u0306", "\u02d9": "\u0307",
    "\u02da": "\u030a", "\u02dd": "\u030b",
}  # fmt: skip
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf0a8\uf0d8\uf0fc\uf076\uf02d", "\u2022")

# Anything that clean text does not hold as it is. An acute before a consonant is an apostrophe.
_ODD = re.compile(
    "(?P<space>[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{2,}"
    "|[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000])"
    "|(?P<ligature>[\ufb00-\ufb06])"
    "|(?P<accent>[\u00a8\u02c6\u02dc\u00b8\u02c7\u02d8\u02d9\u02da\u02dd][A-Za-z\u0131\u0237]"
    "|\u00b4[AEIOUYaeiouy\u0131])"
    "|(?P<marks>[^\\W\\d_][\u0300-\u036f]+)"
    "|(?P<bullet>[\uf0b7\uf0a7\uf0a8\uf0d8\uf0fc\uf076\uf02d])"
    "|(?P<gone>[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufffe\uffff\ud800-\udfff])"
)
_ENDS = ("-", "\u2010", "\u00ad", "\ufffe")
_TAIL = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*$")
_HEAD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def pieces(raw: str, start: int, end: int) -> list[Piece]:
    """The clean text of ``raw[start:end]`` and where each piece of it comes from."""
    text = raw[start:end]
    # Nearly every line is clean, and this is how that is seen soonest.
    if text.isascii() and text.isprintable() and "  " not in text:
        return [(text, start, end)]
    found: list[Piece] = []
    at = start
    for match in _ODD.finditer(raw, start, end):
        if match.start() > at:
            found.append((raw[at : match.start()], at, match.start()))
        at = match.end()
        clean = _clean(str(match.lastgroup), match[0])
        if clean:
            found.append((clean, match.start(), at))
    if at < end:
        found.append((raw[at:end], at, end))
    return found


def _clean(kind: str, odd: str) -> str:
    if kind == "space":
        return " "
    if kind == "ligature":
        return _LIGATURES[odd]
    if kind == "bullet":
        return _BULLETS[odd]
    if kind == "marks":
        return unicodedata.normalize("NFC", odd)
    if kind == "accent":
        letter = _DOTLESS.get(odd[1], odd[1])
        joined = unicodedata.normalize("NFC", letter + _ACCENTS[odd[0]])
        return joined if len(joined) == 1 else odd
    return ""


class WordCounts:
    """Which words a few pages spell out. Made only when a hyphen asks for it."""

    def __init__(self, pages: Iterable[str]) -> None:
        self._text = "\n".join(pages).lower()

    def __contains__(self, word: str) -> bool:
        """Whether the word, in lower case, stands in the text, not as a part of another.

        What a line end breaks is no word.
        """
        text = self._text
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            if not (text[at - 1 : at].isalpha() or text[at - 1 : at] in _ENDS) and not (
                text[end : end + 1].isalpha() or text[end : end + 1] in _ENDS
            ):
                return True
            at = text.find(word, end)
        return False


def keeps_hyphen(before: str, after: str, known: WordCounts) -> bool:
    """Whether the hyphen that ends a line, between these two texts, belongs to the word.

    What the pages around spell out decides; failing that, a hyphen is kept before a capital or a
    figure, in a word that has another, and between two words that are both known.
    """
    tail, head = _TAIL.search(before), _HEAD.match(after)
    if tail is None or head is None:
        return True
    first, second = tail[0], head[0]
    if (first + second).lower() in known:
        return False
    if "-" in first or "-" in second or f"{first}-{second}".lower() in known:
        return True
    if second[0].isupper():
        return not (first.isupper() and len(first) > 1 and second.isupper())
    first, second = first.lower(), second.lower()
    return len(first) > 2 and len(second) > 2 and first in known and second in known
