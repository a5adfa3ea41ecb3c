"""What the cells of each column are: figures with a unit, dates, years, yes or no, text."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rag_infer.tables.figures import YEAR, Figure, decimal_mark, is_blank, parse_figure

Kind = Literal["number", "year", "date", "flag", "text"]
Value = Decimal | datetime.date | str | None

_MANY_CELLS, _SAMPLE_CELLS = 2000, 400  # different cells of a column
CURRENCIES = frozenset(
    "USD EUR GBP JPY INR CHF CAD AUD NZD CNY DKK SEK NOK PLN CZK HUF RON TRY BRL KRW THB".split()
)
_MOST = 0.75  # of the filled cells decide the kind of a column
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan januar janvier enero gennaio|february feb februar février febrero febbraio|"
        "march mar märz mars marzo|april apr avril abril aprile|may mai mayo maggio|"
        "june jun juni juin junio giugno|july jul juli juillet julio luglio|"
        "august aug août agosto|september sep sept septembre septiembre settembre|"
        "october oct oktober okt octobre octubre ottobre|november nov novembre noviembre|"
        "december dec dezember dez décembre diciembre dicembre".split("|"),
        1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_DAY_FIRST = re.compile(r"(?:\w+,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?\s+([^\W\d]+)\.?,?\s+(\d{4})")
_MONTH_FIRST = re.compile(r"(?:\w+,\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_MONTH_YEAR = re.compile(r"([^\W\d]+)\.?,?\s+(\d{4})")
_YES = frozenset("yes y true x ✓ ✔ ja oui sí si sì sim tak да wahr vrai included available".split())
_NO = frozenset("no n false ✗ ✘ nein non não nie нет falsch faux none".split())
_SCALE = re.compile(
    r"\b(?:in|\$|€|£|USD|EUR|GBP)?\s*(thousand|million|billion|000s?|mn|bn)s?\b|[$€£](?:m|bn|k)\b",
    re.IGNORECASE,
)


_PLAIN_INTEGER = re.compile(r"0|[1-9]\d{0,14}")
_IDENTIFIER = re.compile(r"0\d+|\d{16,}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        index: From 0.
        name: Its header, levels joined by a space.
        kind: What its cells are.
        values: What each cell of the body is; None where there is nothing, or something else.
        unit: A currency code, ``%`` or a word, if most figures have the same one.
    """

    index: int
    name: str
    kind: Kind
    values: tuple[Value, ...]
    unit: str = ""

    @property
    def is_money(self) -> bool:
        """Whether its figures are amounts of a currency."""
        return self.kind == "number" and self.unit in CURRENCIES


def column_of(index: int, name: str, cells: Sequence[str], mark: str | None = None) -> Column:
    """Reads a column.

    Args:
        index: From 0.
        name: Its header.
        cells: Its cells, without header.
        mark: What parts decimals, where the cells do not tell.
    """
    plain = _plain_integers(cells)
    if plain is not None:
        return Column(index, name, "number", plain, _named_unit(name))
    blank = {cell: is_blank(cell) for cell in dict.fromkeys(cells)}
    filled = [cell for cell in cells if not blank[cell]]
    different = [cell for cell, nothing in blank.items() if not nothing]
    own_mark = decimal_mark(filled)
    if own_mark == "." and mark == "," and not any("." in cell and "," in cell for cell in filled):
        own_mark = mark
    figures: list[Figure | None] = [None] * len(cells)
    if _may_be(different, lambda cell: parse_figure(cell, own_mark)):
        by_cell = {cell: parse_figure(cell, own_mark) for cell in different}
        figures = [by_cell.get(cell) for cell in cells]
    numeric = sum(figure is not None for figure in figures)
    if any(_IDENTIFIER.fullmatch(cell.strip()) for cell in filled):
        numeric = 0  # what has leading zeros is no quantity
    needed = _MOST * len(filled)
    if filled and all(YEAR.match(cell.strip()) for cell in filled):
        years = tuple(None if f is None else f.value for f in figures)
        return Column(index, name, "year", years)
    if filled and numeric >= needed and numeric:
        units = Counter(figure.unit for figure in figures if figure is not None)
        unit, count = units.most_common(1)[0]
        if count < numeric and len([u for u in units if u]) > 1:
            return Column(index, name, "text", tuple(cells))  # dollars and euros do not add up
        values = tuple(None if figure is None else figure.value for figure in figures)
        return Column(index, name, "number", values, unit or _named_unit(name))
    dates: list[datetime.date | None] = [None] * len(cells)
    if _may_be(different, parse_date):
        date_by_cell = {cell: parse_date(cell) for cell in blank}
        dates = [date_by_cell[cell] for cell in cells]
    if filled and sum(date is not None for date in dates) >= needed:
        return Column(index, name, "date", tuple(dates))
    lowered = {cell.strip().lower() for cell in filled}
    if filled and lowered <= _YES | _NO and (len(filled) > 1 or len(cells) == 1):
        return Column(index, name, "flag", tuple(_flag(cell) for cell in cells))
    return Column(index, name, "text", tuple(cell.strip() or None for cell in cells))


def _plain_integers(cells: Sequence[str]) -> tuple[Value, ...] | None:
    """The values of cells that are all plain integers, not all years: most of a wide table's."""
    values: dict[str, Value] = {}
    for cell in dict.fromkeys(cells):
        if _PLAIN_INTEGER.fullmatch(cell) is None:
            return None
        values[cell] = Decimal(cell)
    if not values or all(map(YEAR.match, values)):
        return None
    return tuple(values[cell] for cell in cells)


def _may_be(cells: Sequence[str], parse: Callable[[str], object | None]) -> bool:
    """Whether most cells may be of a kind, by a sample where they are many."""
    if len(cells) <= _MANY_CELLS:
        return True
    sample = cells[:: len(cells) // _SAMPLE_CELLS]
    return 2 * sum(parse(cell) is not None for cell in sample) > len(sample)


def _named_unit(name: str) -> str:
    if "%" in name:
        return "%"
    for symbol, code in (("$", "USD"), ("€", "EUR"), ("£", "GBP")):
        if symbol in name:
            return code
    match = re.search(r"\b(USD|EUR|GBP|CHF|JPY)\b", name)
    return match[1] if match else ""


def _flag(cell: str) -> str | None:
    lowered = cell.strip().lower()
    if not lowered:
        return None
    return "yes" if lowered in _YES else "no"


def scale_of(*texts: str) -> str:
    """``thousand``, ``million`` or ``billion`` where a caption or header says so, else empty."""
    for text in texts:
        if match := _SCALE.search(text):
            word = match[0].lower()
            if "thousand" in word or "000" in word or word.endswith("k"):
                return "thousand"
            return "billion" if "b" in word else "million"
    return ""


def parse_date(text: str) -> datetime.date | None:
    """The date that a text is; None for any other, and for one that could be two dates."""
    text = text.strip()
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." or first > 12:
            return _date(year, second, first)
        return _date(year, first, second) if second > 12 or first == second else None
    if match := _DAY_FIRST.fullmatch(text):
        month = _MONTHS.get(match[2].lower())
        return _date(int(match[3]), month, int(match[1])) if month else None
    if match := _MONTH_FIRST.fullmatch(text):
        month = _MONTHS.get(match[1].lower())
        return _date(int(match[3]), month, int(match[2])) if month else None
    if match := _MONTH_YEAR.fullmatch(text):
        month = _MONTHS.get(match[1].lower())
        return _date(int(match[2]), month, 1) if month else None
    return None


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
