"""Values in another notation: ``14 May 2009`` and ``2009-05-14``, ``SEK 145`` and ``145 kronor``.

A known answer that is one value (an amount, a measure, a duration, a date or a time of day) is
given by a text that says the same value in any of its usual forms.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_infer.cite.text_normalization import NUMBER_WORDS
from rag_infer.extraction.value_parsing import parse_date

_NUMBER = r"\d[\d.,'\u00a0\u202f]*\d|\d"
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th|\.)?(?: of)? [^\W\d_]{3,12}\.?,? \d{4}\b"
    r"|\b[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b"
)
_CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|\b(?P<hour24>[01]?\d|2[0-4]):(?P<minute24>[0-5]\d)\b",
    re.IGNORECASE,
)
_LEADING_WORDS = re.compile(r"^(?:at|on|in)\s+", re.IGNORECASE)
_PART = re.compile(rf"(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+|[%°€£$¥]C?)")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY"}
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?")
_MAX_UNIT_WORDS = 2
_UNITS = (
    "duration-second", "duration-minute", "duration-hour", "duration-day", "duration-week",
    "duration-month", "duration-year", "length-millimeter", "length-centimeter", "length-meter",
    "length-kilometer", "length-inch", "length-foot", "length-yard", "length-mile",
    "area-square-meter", "area-square-kilometer", "area-square-foot", "area-hectare", "area-acre",
    "mass-milligram", "mass-gram", "mass-kilogram", "mass-tonne", "mass-ounce",
    "volume-milliliter", "volume-liter", "volume-cubic-meter", "volume-gallon",
    "temperature-celsius", "temperature-fahrenheit", "power-watt", "power-kilowatt",
    "energy-kilowatt-hour", "energy-kilocalorie", "electric-volt", "electric-ampere",
    "force-newton", "torque-newton-meter", "pressure-bar", "pressure-hectopascal",
    "digital-kilobyte", "digital-megabyte", "digital-gigabyte", "digital-terabyte",
    "frequency-hertz", "frequency-megahertz", "frequency-gigahertz",
    "speed-kilometer-per-hour", "concentr-percent",
)  # fmt: skip
_SIGNS = {
    "percent": "concentr-percent", "per cent": "concentr-percent", "h": "duration-hour",
    "hrs": "duration-hour", "mins": "duration-minute",
}  # fmt: skip
_MIN_TEEN = 10
_TENS = frozenset(range(20, 100, 10))


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A number with what its unit may be; ``is_bare`` where no word follows it."""

    number: str
    units: frozenset[str]
    is_bare: bool


def number_form(token: str) -> str:
    """A number in one form: ``1,250.50``, ``1.250,50`` and ``1250.5`` become one."""
    if _THOUSANDS.fullmatch(token):
        digits = re.split(r"[.,](?=\d{1,2}$)", token)
        integer = re.sub(r"\D", "", digits[0])
        fraction = digits[1].rstrip("0") if len(digits) > 1 else ""
    else:
        integer, _, fraction = token.replace(",", ".").partition(".")
        fraction = fraction.rstrip("0") if "." not in fraction else f"{fraction}"
    return f"{integer}.{fraction}" if fraction else integer


def in_digits(words: Sequence[str], *, with_one: bool = True) -> list[str]:
    """Words with those that are numbers in digits.

    Args:
        words: In lower case.
        with_one: Whether ``one`` is a number too; by itself it may be a pronoun.
    """
    digits: list[str] = []
    previous = 0
    for word in words:
        number = "1" if word == "one" else NUMBER_WORDS.get(word)
        if number is not None and previous in _TENS and int(number) < _MIN_TEEN:
            digits[-1] = str(previous + int(number))
            previous = 0
            continue
        if word == "one" and not with_one:
            number = None
        digits.append(word if number is None else number)
        previous = 0 if number is None else int(number)
    return digits


def gives_value(text: str, answer: str) -> bool:
    """Whether an answer is one value with its unit, and a text says it in any notation."""
    value = _value(answer)
    match value:
        case None:
            return False
        case _Quantity():
            return _says_quantity(text, value)
        case str():
            return value in (parse_date(match[0]) for match in _DATE.finditer(text))
        case int():
            return value in map(_minutes, _CLOCK.finditer(text))


def is_same_value(text: str, answer: str) -> bool:
    """Whether both are one value each, and the same one."""
    first, second = _value(text), _value(answer)
    if isinstance(first, _Quantity) and isinstance(second, _Quantity):
        return first.number == second.number and bool(first.units & second.units)
    return first is not None and first == second


def _value(text: str) -> _Quantity | str | int | None:
    """What a text is: a quantity, a date as in ISO 8601, the minute of a day; or something else."""
    text = _LEADING_WORDS.sub("", text.strip().rstrip("."))
    if _DATE.fullmatch(text) and (day := parse_date(text)):
        return day
    if clock := _CLOCK.fullmatch(text) or _CLOCK.fullmatch(f"{text}."):
        return _minutes(clock)
    parts = _parts(text)
    quantities = list(_quantities(parts))
    if len(quantities) != 1 or not quantities[0].units:
        return None
    return quantities[0] if len(parts) == 1 + _unit_size(parts) else None


def _says_quantity(text: str, quantity: _Quantity) -> bool:
    parts = _parts(text)
    same_number = [q for q in _quantities(parts) if q.number == quantity.number]
    if any(quantity.units & q.units for q in same_number):
        return True
    # A cell has its unit in the header: "price (SEK), Adult: 145".
    named = frozenset[str]().union(*(_unit(part[0]) for part in parts))
    return bool(quantity.units & named) and any(q.is_bare and not q.units for q in same_number)


def _parts(text: str) -> list[re.Match[str]]:
    words = re.findall(r"\w[\w.,'\u00a0\u202f]*\w|[^\s-]", text)
    return list(_PART.finditer(" ".join(in_digits(words))))


def _minutes(clock: re.Match[str]) -> int:
    if clock["hour24"]:
        return int(clock["hour24"]) * 60 + int(clock["minute24"])
    afternoon = 12 if clock["half"].lower() == "p" else 0
    return (int(clock["hour"]) % 12 + afternoon) * 60 + int(clock["minute"] or 0)


def _quantities(parts: Sequence[re.Match[str]]) -> Iterator[_Quantity]:
    for position, part in enumerate(parts):
        if part["number"]:
            units, _ = _units_beside(parts, position)
            following = parts[position + 1 : position + 2]
            is_bare = not any(after["word"] and _is_beside(part, after) for after in following)
            yield _Quantity(number_form(part["number"]), units, is_bare)


def _is_beside(part: re.Match[str], after: re.Match[str]) -> bool:
    return part.string[part.end() : after.start()].isspace()


def _units_beside(parts: Sequence[re.Match[str]], position: int) -> tuple[frozenset[str], int]:
    """What the unit of a number may be, and of how many words it is."""
    for size in range(_MAX_UNIT_WORDS, 0, -1):
        words = [p[0] for p in parts[position + 1 : position + 1 + size] if p["word"]]
        if len(words) == size and (units := _unit(" ".join(words))):
            return units, size
    before = parts[position - 1] if position else None
    if before is not None and before["word"] and (units := _currency(before[0])):
        return units, 1
    return frozenset(), 0


def _unit_size(parts: Sequence[re.Match[str]]) -> int:
    position = next(n for n, part in enumerate(parts) if part["number"])
    return _units_beside(parts, position)[1]


def _unit(form: str) -> frozenset[str]:
    return _currency(form) or _measures().get(form, _measures().get(form.lower(), frozenset()))


def _currency(form: str) -> frozenset[str]:
    if form in _SYMBOLS:
        return frozenset({_SYMBOLS[form]})
    return _currencies().get(form if form.isupper() else form.lower(), frozenset())


@functools.cache
def _currencies() -> dict[str, frozenset[str]]:
    """Codes, and the last words of names: ``kronor`` is SEK, ``dollars`` are those of many."""
    from babel.numbers import get_currency_name, list_currencies

    codes: dict[str, set[str]] = {}
    for code in list_currencies("en"):
        codes.setdefault(code, set()).add(code)
        for count in (1, 2):
            name = get_currency_name(code, count=count, locale="en")
            if not name.endswith(")"):
                codes.setdefault(name.split()[-1].lower(), set()).add(code)
    return {form: frozenset(values) for form, values in codes.items()}


@functools.cache
def _measures() -> dict[str, frozenset[str]]:
    """Units by their English names and signs, of CLDR."""
    from babel.units import format_unit

    units: dict[str, set[str]] = {}
    for unit in _UNITS:
        for locale in ("en", "en_GB"):
            for count in (1, 2):
                for form in (
                    format_unit(count, unit, length="long", locale=locale),
                    format_unit(count, unit, length="short", locale=locale),
                ):
                    name = " ".join(re.findall(r"[^\W\d_]+|[%°]", form.replace("⋅", "")))
                    units.setdefault(name.replace("° ", "°"), set()).add(unit)
    for sign, unit in _SIGNS.items():
        units.setdefault(sign, set()).add(unit)
    return {form: frozenset(values) for form, values in units.items()}
