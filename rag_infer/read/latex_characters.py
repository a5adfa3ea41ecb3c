"""Characters that LaTeX writes as commands: accents, signs, raised figures, figures with units."""

from __future__ import annotations

import re
import unicodedata

from rag_infer.read.character_marks import lowered, raised

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "r": "\u030a",
    "k": "\u0328",
}  # fmt: skip
_ACCENT = re.compile(
    r"\\(?:([`'^~\"=.])\s*|([uvHcrk])(?=[\s{]))\s*(?:\{\\?([A-Za-z])\s*\}|\\?([A-Za-z]))"
)
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "i", "j": "j", "euro": "€", "pounds": "£", "S": "§",
    "copyright": "©", "dots": "…", "ldots": "…", "textdegree": "°", "textasciitilde": "~",
    "texteuro": "€", "textsterling": "£", "textyen": "¥", "textsection": "§", "textpm": "±",
    "texttimes": "×", "textmu": "µ", "textonehalf": "½", "textonequarter": "¼", "textellipsis": "…",
    "textregistered": "®", "texttrademark": "™", "textcopyright": "©", "textrightarrow": "→",
    "textleftarrow": "←", "textendash": "–", "textemdash": "—", "textbullet": "•",
    "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘",
    "textquoteright": "’", "guillemotleft": "«", "guillemotright": "»", "glqq": "„", "grqq": "“",
    "th": "þ", "TH": "Þ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
    "textbackslash": "\\", "LaTeX": "LaTeX", "TeX": "TeX", "degree": "°", "EUR": "€",
}  # fmt: skip
_LETTER = re.compile(
    r"\\(" + "|".join(map(re.escape, _LETTERS)) + r")(?![A-Za-z])(?:\{\}|\s(?=\S))?"
)
_MOVED = re.compile(r"\\text(super|sub)script\s*\{([^{}]{0,80})\}")
_DEGREE = re.compile(r"(?:\\ensuremath\s*\{|\$)\s*\^\s*(?:\{\s*\\circ\s*\}|\\circ)\s*[}$]")
_PLAIN_FIGURE = re.compile(r"\$\s*([+-]?\d(?:[\d.,]|\{[.,]\}|\\,(?=\d))*)\s*(\\%)?\s*\$")
_MOVED_FIGURE = re.compile(r"\$\s*([\^_])\s*(?:\{\s*([+-]?\w{1,8})\s*\}|(\w))\s*\$")
_QUANTITY = re.compile(r"\\(?:SI|qty)\s*(?:\[[^\]]{0,200}\])?\{([^{}]{0,40})\}\s*\{([^{}]{0,80})\}")
_UNIT_SIGNS = {"percent": "%", "degreeCelsius": "°C", "celsius": "°C", "degree": "°"}


def with_letters(text: str) -> str:
    """A text with its accented letters and signs put in their places."""
    return _LETTER.sub(lambda match: _LETTERS[match[1]], _ACCENT.sub(_accented, text))


def with_figures(text: str) -> str:
    """A text with its raised and lowered words as characters, figures with their units."""
    return _MOVED.sub(_moved, _QUANTITY.sub(_quantity, text))


def with_degrees(text: str) -> str:
    """A text with the sign of degrees for the formulas that stand for it."""
    return _DEGREE.sub("°", text)


def figure_of(formula: re.Match[str]) -> str | None:
    """What a formula prints that is a number alone, or raises or lowers one; None for another."""
    if plain := _PLAIN_FIGURE.fullmatch(formula[0]):
        number = re.sub(r"\{([.,])\}", r"\1", plain[1]).replace("\\,", " ")
        return number + (plain[2] or "")
    if moved := _MOVED_FIGURE.fullmatch(formula[0]):
        before = formula.string[max(0, formula.start() - 20) : formula.start()]
        words = moved[2] or moved[3]
        return raised(before, words) if moved[1] == "^" else lowered(words)
    return None


def _accented(match: re.Match[str]) -> str:
    letter = match[3] or match[4]
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])


def _moved(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 20) : match.start()]
    return raised(before, match[2]) if match[1] == "super" else lowered(match[2])


def _quantity(match: re.Match[str]) -> str:
    """A figure with its unit, whose parts are commands: 5 kilogram per meter."""
    unit = re.sub(r"\\per(?![A-Za-z])", " per ", match[2])
    for command, sign in _UNIT_SIGNS.items():
        unit = re.sub(rf"\\{command}(?![A-Za-z])", sign, unit)
    return f"{match[1]} {' '.join(unit.replace(chr(92), '').split())}"
