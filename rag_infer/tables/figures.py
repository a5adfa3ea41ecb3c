"""Figures in cells: numbers with their signs, currencies, units and scales.

Whether a comma parts decimals or thousands is a matter of the column, not of the cell:
``decimal_mark`` reads all cells of a column (or of a table) before any of them is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice

_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "US$": "USD"}
_CODES = "USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY|SEK|NOK|DKK|PLN|CZK|HUF|BRL|KRW|Rs"
_CURRENCY = rf"(?:US\$|C\$|A\$|HK\$|R\$|[$€£¥₹]|(?:{_CODES})\b)"
_DIGITS = r"(?:\d[\d.,'’\u00a0\u202f]*(?:[ \u00a0\u202f]\d{3})*(?:[.,]\d+)?|[.,]\d+)"
_FIGURE = re.compile(
    rf"(?P<lead>[(\[]?)\s*(?P<sign>[-−–+]?)\s*(?P<before>{_CURRENCY})?\s*(?P<open>[(\[]?)"
    rf"(?P<sign2>[-−–+]?)\s*(?P<digits>{_DIGITS})\s*(?P<scale>[kKmM](?![\w])|bn\b|mn\b)?"
    r"\s*(?P<percent>%|‰)?\s*(?P<close>[)\]]?)\s*(?P<percent2>%?)\s*(?P<close2>[)\]]?)"
    r"\s*(?P<unit>.*)",
    re.DOTALL,
)
_MARK = re.compile(r"\s*(?:[*†‡§¹²³⁴⁵⁶⁷⁸⁹]+|\[[\w ]{1,3}\]|\((?:\d|[a-z]|i{1,3}|iv|v)\))$")
_UNIT = re.compile(r"[^\W\d_][\w.°²³/%€$£-]{0,14}(?: [^\W\d_]\w{0,14}){0,2}")
_SCALES = {"k": 3, "K": 3, "m": 6, "M": 6, "mn": 6, "bn": 9}
_NONE = re.compile(r"(?:[-–—−‐.…*]+|n/?a\.?|n\.a\.|nm|n/?m|nil|none|tbd|tba|\?)?%?", re.IGNORECASE)
_GROUPS_COMMA = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?$|\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d+)?$")
_GROUPS_DOT = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?$")
_BLANKS = re.compile(r"['’ \u00a0\u202f]")
_MAX_MARK_CELLS = 20_000
YEAR = re.compile(r"(?:FY\s?)?(?:1[5-9]|20)\d\d$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a cell has it. ``unit`` is a currency code, ``%`` or the word after it."""

    value: Decimal
    unit: str = ""


def is_blank(text: str) -> bool:
    """Whether a cell says that there is no value: empty, a dash, "n/a"."""
    return _NONE.fullmatch(text.strip()) is not None


def decimal_mark(cells: Iterable[str]) -> str:
    """``.`` or ``,``, whichever parts decimals in these cells; ``.`` where nothing tells.

    Of many cells the first are read.
    """
    dots = commas = 0
    for cell in islice(cells, _MAX_MARK_CELLS):
        match = _FIGURE.match(cell.strip())
        if match is None:
            continue
        digits = _BLANKS.sub("", match["digits"]).rstrip(".,")
        last = max(digits.rfind("."), digits.rfind(","))
        if last < 0:
            continue
        mark, other = digits[last], "," if digits[last] == "." else "."
        fraction = len(digits) - last - 1
        if other in digits or (fraction != 3 and digits.count(mark) == 1):
            weight = 1
            if mark == ",":
                commas += weight
            else:
                dots += weight
        elif digits.count(mark) > 1:  # groups of thousands
            if mark == ",":
                dots += 1
            else:
                commas += 1
    return "," if commas > dots else "."


def parse_figure(cell: str, mark: str = ".") -> Figure | None:
    """The number in a cell; None where it is text, an identifier or nothing.

    Identifiers stay text: digits that begin with 0, and runs of more than 15 digits. A date or
    time is none either.

    Args:
        cell: The text of a cell.
        mark: What parts decimals in its column.
    """
    text = _without_mark(cell.strip())
    match = _FIGURE.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"].strip()
    if unit and unit not in _SYMBOLS and _UNIT.fullmatch(unit) is None:
        return None
    value = _value(match["digits"], mark)
    if value is None:
        return None
    opened, closed = match["lead"] or match["open"], match["close"] or match["close2"]
    if bool(opened) != bool(closed):
        return None
    signs = (match["sign"] + match["sign2"]).strip("+")
    if opened or signs:
        value = -value
    if match["scale"]:
        value = value.scaleb(_SCALES[match["scale"]])
    before = match["before"]
    if before:
        unit = _SYMBOLS.get(before, before)
    elif match["percent"] or match["percent2"]:
        unit = "%"
    else:
        unit = _SYMBOLS.get(unit, unit)
    return Figure(value, unit)


def _without_mark(text: str) -> str:
    """A cell without the mark of a footnote; "(3)" alone is a negative number."""
    match = _MARK.search(text)
    if match is not None and match.start() and text[match.start() - 1] not in "(-−–$€£":
        prefix = text[: match.start()].rstrip()
        if prefix and prefix[-1] in "0123456789%)":
            return prefix
    return text


def _value(digits: str, mark: str) -> Decimal | None:
    plain = _BLANKS.sub("", digits).rstrip(".,")
    groups = _GROUPS_COMMA if mark == "." else _GROUPS_DOT
    thousands = "," if mark == "." else "."
    if thousands in plain:
        if groups.match(plain) is None:
            return None
        plain = plain.replace(thousands, "")
    plain = plain.replace(mark, ".")
    integer = plain.partition(".")[0]
    if plain.count(".") > 1 or len(plain) > 24 or len(integer) > 15:
        return None
    if len(integer) > 1 and integer[0] == "0":
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
