"""Typing errors in a question: words that no passage holds, read as the nearest word of the index.

A word is corrected when no passage holds it, the embedding model does not know it as one word
(names and mistakes are cut into pieces, words are not), and a passage holds a word that is one
letter away, two swapped ones counting as one. All words one letter away are looked up, after
Norvig, "How to Write a Spelling Corrector" (2007), so that the cost does not grow with the index.
Only passages that the user may read are looked at: nothing hidden lends a word. Of a question
whose language is known, passages in that language lend words, as "coûte" is no error for "coste";
names are those of all passages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rag_infer.index.analyzer import STOP_WORDS, terms
from rag_infer.languages import ENGLISH, UNDETERMINED, main_script
from rag_infer.languages.question_words import question_words
from rag_infer.retrieve.search_scope import NO_WORD

_MIN_CHARS = 4
_MIN_NAME_CHARS = 5  # a short name one letter away is another name
_MAX_CHARS = 32  # the candidates of a word grow with its length
_MAX_UNKNOWN_WORDS = 24  # a question with more is in another language, or no question
_MIN_MENDED_SHARE = 0.75  # of the unknown words, where these are most of a question
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéèß"
_MAX_ENDING_CHARS = 1  # that stemming may take off a candidate which is no word by itself
_WORD_BONUS = 1.5  # of likeness: "parentel" is rather "parental" than "parente"
_NOUN_CAPITALS = frozenset(("de",))  # languages in which a capital tells no name
_ENDINGS = frozenset("er est ers ing ly ness".split())
_WORD = re.compile(r"(?<![\w'’.@-])[^\W\d_]+(?![\w'’@-])")
# Spellings of two countries: both are words, so the embedding model knows either.
_VARIANTS = (
    ("our", "or"), ("or", "our"), ("ise", "ize"), ("ize", "ise"), ("yse", "yze"), ("re", "er"),
    ("er", "re"), ("ence", "ense"), ("ense", "ence"), ("gramme", "gram"), ("gram", "gramme"),
    ("lled", "led"), ("led", "lled"), ("lling", "ling"), ("ling", "lling"), ("que", "ck"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of a question as typed and as it is read."""

    typed: str
    word: str


@dataclass(frozen=True, slots=True)
class _Lender:
    """Passages that lend words: their language, the share of them that hold a word.

    A share above ``floor`` tells that some do.
    """

    language: str
    share: Callable[[str], float]
    floor: float

    def terms(self, word: str) -> list[str]:
        return terms(word, self.language)


def correct_spelling(
    question: str,
    share: Callable[[str], float],
    is_word: Callable[[str], bool],
    language: str = UNDETERMINED,
    own_share: Callable[[str], float] | None = None,
) -> tuple[str, tuple[Correction, ...]]:
    """The question with its typing errors mended.

    Args:
        question: As it was typed.
        share: The share of the passages that hold a word, as ``word_share`` tells.
        is_word: Whether the embedding model knows a word as a whole.
        language: That of the question, where it is known.
        own_share: The share of the passages in that language that hold a word.

    Returns:
        The question as it is read, and what was changed; the question itself when nothing was, or
        when so much would have been that it is more likely in another language.
    """
    floor = share(NO_WORD)
    words = list(_WORD.finditer(question))
    asking = question_words(question, language)
    asking_spans = asking.spans if asking is not None else ()
    unheld: dict[str, re.Match[str]] = {}
    for match in words:
        typed = match[0]
        if typed in unheld or not _MIN_CHARS <= len(typed) <= _MAX_CHARS or not terms(typed):
            continue
        if any(start < match.end() and match.start() < end for start, end in asking_spans):
            continue
        if share(typed) <= floor and _is_latin(typed):
            unheld[typed] = match
            if len(unheld) > _MAX_UNKNOWN_WORDS:
                return question, ()
    corrections: dict[str, Correction] = {}
    unknown = 0
    for typed, match in unheld.items():
        is_inside = match.start() > 0
        is_name = is_inside and typed[0].isupper() and language not in _NOUN_CAPITALS
        if own_share is None or is_name:
            word = _nearest(typed, is_inside, _Lender(language, share, floor), is_word)
        else:
            word = _nearest(typed, is_inside, _Lender(language, own_share, 0.0), is_word)
        unknown += not is_word(typed.lower())
        if word is not None:
            corrections[typed] = Correction(typed, word)
    is_foreign = 2 * unknown > len(words) and len(corrections) < _MIN_MENDED_SHARE * unknown
    if not corrections or is_foreign:
        return question, ()
    text = _WORD.sub(
        lambda match: corrections[match[0]].word if match[0] in corrections else match[0], question
    )
    return text, tuple(corrections.values())


def _nearest(
    typed: str,
    inside: bool,
    lender: _Lender,
    is_word: Callable[[str], bool],
) -> str | None:
    lowered = typed.lower()
    candidates = _variants(lowered)
    if not is_word(lowered) and (
        len(typed) >= _MIN_NAME_CHARS or not (inside and typed[0].isupper())
    ):
        candidates |= _one_letter_away(lowered)
    ranked = [
        (
            _likeness(lowered, c) + _WORD_BONUS * is_word(c),
            lender.share(c) if lender.terms(c) else 1.0,
            c.isascii(),
            c,
        )
        for c in sorted(candidates)
        if _is_held(lowered, c, lender, is_word)
    ]
    if not ranked:
        return None
    word = max(ranked)[-1]
    return word.capitalize() if typed[0].isupper() else word


def _is_held(typed: str, candidate: str, lender: _Lender, is_word: Callable[[str], bool]) -> bool:
    index_terms = lender.terms(candidate)
    if not index_terms:
        return candidate in STOP_WORDS and lender.language in (ENGLISH, UNDETERMINED)
    if typed.startswith(index_terms[0]) and typed[len(index_terms[0]) :] in _ENDINGS:
        return False  # "dearer" is no error for "deare", but a form of "dear"
    if lender.share(candidate) <= lender.floor:
        return False
    # "marcheli" has the stem of "March", which nobody meant.
    ending = len(candidate) - len(index_terms[0])
    return len(index_terms) == 1 and (ending <= _MAX_ENDING_CHARS or is_word(candidate))


def _likeness(typed: str, candidate: str) -> int:
    """2 for letters swapped or a double letter typed once, 1 for one too many, 0 for another."""
    if sorted(typed) == sorted(candidate):
        return 2
    if len(candidate) != len(typed):
        longer, shorter = sorted((typed, candidate), key=len, reverse=True)
        position = next((i for i, c in enumerate(shorter) if c != longer[i]), len(shorter))
        if position and longer[position] == longer[position - 1]:
            return 2
        return 1
    return 0


def _is_latin(word: str) -> bool:
    """Whether a word is of the letters that are tried."""
    return word.isascii() or main_script(word) == "Latin"


def _variants(word: str) -> set[str]:
    stem = word.removesuffix("s")
    ending = word[len(stem) :]
    return {
        stem[: -len(old)] + new + ending
        for old, new in _VARIANTS
        if stem.endswith(old) and len(stem) > len(old) + 1
    }


def _one_letter_away(word: str) -> set[str]:
    """After the first letter, which is seldom wrong, and with the first two swapped."""
    splits = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    swaps = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    deletes = {a + b[1:] for a, b in splits if b}
    replaces = {a + c + b[1:] for a, b in splits if b for c in _LETTERS}
    inserts = {a + c + b for a, b in splits for c in _LETTERS}
    return (swaps | deletes | replaces | inserts) - {word}
