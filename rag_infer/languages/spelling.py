"""Spellings of one word made one: digits, vowel signs, letter variants, accents.

The rules are those of Lucene's normalizers (Arabic, Persian, Indic, Hindi, ASCII folding), cut to
what Snowball's stemmers leave alone.
"""

from __future__ import annotations

import functools
import unicodedata

# Of these letters accents are a part; without them Vietnamese words are other words.
_KEEPS_ACCENTS = frozenset(("vi",))
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    "ħ": "h", "ŧ": "t", "ŀ": "l", "ĳ": "ij", "ё": "е",
}  # fmt: skip
_VARIANTS = {
    # Arabic and Persian: alefs, yehs, kafs; no vowel signs, no stretching.
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك",
    "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ـ": "", "\u200c": "", "\u200d": "",
    # Hindi: a nukta is often left out; candrabindu is written as anusvara.
    "\u093c": "", "\u0901": "\u0902",
}  # fmt: skip
_VOWEL_SIGNS = (
    *range(0x0591, 0x05BE),  # Hebrew points
    *(0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7),
    *range(0x064B, 0x0660),  # Arabic harakat
    *(0x0670, *range(0x0610, 0x061B), *range(0x06D6, 0x06DD), *range(0x06DF, 0x06E9)),
)
_DIGIT_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
                0x0D66, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0xFF10)  # fmt: skip


# Letterlike signs, Roman and circled figures, squared units, ligatures, Arabic and full-width
# forms: what NFKC makes plain, without a table of all of Unicode to set up.
_COMPATIBILITY_BLOCKS = (
    (0x2080, 0x208E), (0x2100, 0x218F), (0x2460, 0x24FF), (0x3000, 0x3000), (0x3200, 0x33FF),
    (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE30, 0xFE6F), (0xFE70, 0xFEFC), (0xFF01, 0xFFEE),
)  # fmt: skip
_RAISED = ("<super>", "<fraction>")
# Soft hyphen, spaces without width, marks of direction, joiners of words, variation selectors.
_UNSEEN = (0xAD, 0x34F, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
           *range(0x2060, 0x206A), *range(0xFE00, 0xFE10), 0xFEFF)  # fmt: skip
_DASHES = (*range(0x2010, 0x2016), 0x2043, 0x2212, 0xFE58, 0xFE63, 0xFF0D)
_APOSTROPHES = (0x60, 0xB4, 0x2018, 0x2019, 0x201B, 0x02BC, 0x2032, 0xFF07)


def search_form(text: str) -> str:
    """A text as it is searched and compared: composed, without signs that nobody sees.

    Full-width letters and ligatures become plain ones, and the kinds of hyphen and apostrophe one
    of each. Raised figures stay: "120³" is not 1203, as NFKC would have it.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_plain_signs()))


def normalize(word: str) -> str:
    """A lower-case word as stemmers expect it; plain ASCII stays as it is."""
    return word if word.isascii() else word.translate(_normal_forms())


def fold(term: str, language: str) -> str:
    """A stem without accents, where words of the language are told apart without them."""
    if term.isascii() or language in _KEEPS_ACCENTS:
        return term
    return term.translate(_base_letters())


def without_accents(text: str) -> str:
    """A lower-case text with its Latin and Greek letters freed of accents."""
    return text if text.isascii() else text.translate(_base_letters())


@functools.cache
def _plain_signs() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for first, last in _COMPATIBILITY_BLOCKS:
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            is_raised = unicodedata.decomposition(chr(code)).startswith(_RAISED)
            if plain != chr(code) and not is_raised:
                table[code] = plain
    table |= dict.fromkeys(_UNSEEN)
    table |= dict.fromkeys(_DASHES, "-")
    table |= dict.fromkeys(_APOSTROPHES, "'")
    return table


@functools.cache
def _normal_forms() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(char): form for char, form in _VARIANTS.items()}
    for code in (0x929, 0x931, 0x934, *range(0x958, 0x960)):  # letters with a nukta
        table[code] = unicodedata.normalize("NFD", chr(code))[0]
    table |= dict.fromkeys(_VOWEL_SIGNS)
    table |= {zero + n: str(n) for zero in _DIGIT_ZEROS for n in range(10)}
    return table


@functools.cache
def _base_letters() -> dict[int, str | None]:
    """Latin and Greek letters without their accents, and the accents as such."""
    table: dict[int, str | None] = {}
    for code in (*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000)):
        base = unicodedata.normalize("NFKD", chr(code))
        bare = "".join(c for c in base if not unicodedata.combining(c))
        if bare and bare != chr(code):
            table[code] = bare
    table |= dict.fromkeys(range(0x300, 0x370))
    table |= {ord(letter): form for letter, form in _LETTERS.items()}
    return table
