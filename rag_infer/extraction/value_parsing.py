"""Values as written to typed ones: ISO dates and durations, decimals with their currency.

What cannot be read beyond doubt stays text: ``03/04/2025`` is March or April.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from rag_infer.cite.text_normalization import NUMBER_WORDS
from rag_infer.extraction.fields import ValueType
from rag_infer.tables.figures import decimal_mark, parse_figure

# Scalar value and its unit: a currency code or %.
TypedValue = tuple[str | int | float | bool, str | None]

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_OTHER_MONTHS = {"mär": 3, "mae": 3, "mai": 5, "okt": 10, "dez": 12}
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+of)?\s+([^\W\d_]{3,9})\.?,?\s+(\d{4})\b"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_MONTH_YEAR = re.compile(r"^([^\W\d_]{3,9})\.?,?\s+(\d{4})$")
_CODES = "EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|JPY|CAD|AUD|CZK|HUF|INR|CNY"
_CURRENCY = re.compile(rf"(?<![^\W\d_])(?:{_CODES})(?![^\W\d_])|[€£$¥]")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY"}
_WORD_CURRENCIES = {"euro": "EUR", "euros": "EUR", "pounds": "GBP", "dollars": "USD",
                    "francs": "CHF"}  # fmt: skip
_DIGITS = re.compile(r"[-−]?\d[\d.,'’\u00a0\u202f\u2009]*(?:[ ]\d{3}(?!\d))*")
_SCALE = re.compile(r"\s*(million|billion|thousand|mio\.?|bn|m|k)\b", re.IGNORECASE)
_SCALES = {"thousand": 3, "k": 3, "million": 6, "mio": 6, "m": 6, "billion": 9, "bn": 9}
_DURATION = re.compile(
    r"\b(?P<count>[\w-]{1,40}|\d+(?:[.,]\d+)?)(?:\s?\((?P<digits>\d+)\))?[\s-](?:[^\W\d_]+\s)?"
    r"(?P<unit>second|minute|hour|day|week|month|quarter|year|night|Sekunde|Minute|Stunde|Tag|Woche"
    r"|Monat|Jahr)",
    re.IGNORECASE,
)
_DURATION_UNITS = {
    "second": "T{}S", "minute": "T{}M", "hour": "T{}H", "day": "{}D", "night": "{}D",
    "week": "{}W", "month": "{}M", "year": "{}Y", "sekunde": "T{}S",
    "stunde": "T{}H", "tag": "{}D", "woche": "{}W", "monat": "{}M", "jahr": "{}Y",
}  # fmt: skip
_GERMAN_NUMBERS = {
    "ein": 1, "eine": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
    "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "zwölf": 12,
}  # fmt: skip
_TRUE = re.compile(r"(?:yes|true|ja|oui|sí|x|✓|✔|\[x\]|☒|☑)$", re.IGNORECASE)
_FALSE = re.compile(r"(?:no|false|nein|non|none|\[ \]|☐)$", re.IGNORECASE)
_YES_OPENING = re.compile(r"(yes|no|ja|nein)\b", re.IGNORECASE)


def parse_value(value_type: ValueType, text: str, context: str = "") -> TypedValue | None:
    """The typed value of a text.

    Args:
        value_type: The type of the field.
        text: The value as written.
        context: What stands around it, whose currency counts where the value has none and where
            there is only one.

    Returns:
        The value with its unit; None for text, and where the text has no such value. Dates and
        durations are in ISO 8601, amounts are decimals as text, so that no digit is lost.
    """
    match value_type:
        case "date":
            iso = parse_date(text)
            return None if iso is None else (iso, None)
        case "duration":
            duration = parse_duration(text)
            return None if duration is None else (duration, None)
        case "money":
            return _amount(text, context)
        case "number" | "percent":
            number = _decimal(text)
            if number is None or (value_type == "percent" and not _is_percent(text)):
                return None
            return _scalar(number), "%" if value_type == "percent" else None
        case "boolean":
            return _truth(text)
        case _:
            return None


def parse_date(text: str) -> str | None:
    """The first date of a text as ``2026-05-03``, or ``2026-05`` where it has no day."""
    for pattern, order in (
        (_ISO, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"), (_DOTTED, "dmy"),
    ):  # fmt: skip
        if match := pattern.search(text):
            parts = dict(zip(order, match.groups(), strict=True))
            return _iso(parts["y"], parts["m"], parts["d"])
    if match := _SLASHED.search(text):
        first, second, year = match.groups()
        if int(first) > 12 or first == second:
            return _iso(year, second, first)
        return _iso(year, first, second) if int(second) > 12 else None
    if match := _MONTH_YEAR.search(text.strip()):
        month = _month(match[1])
        return None if month is None else f"{match[2]}-{month:02d}"
    return None


def parse_duration(text: str) -> str | None:
    """The first duration of a text as ISO 8601: ``P6M``, ``P30D``, ``PT4H``."""
    for match in _DURATION.finditer(text):
        count = match["digits"] or match["count"].lower().rsplit("-", 1)[-1]
        if not count.isdigit():
            spelled = match["count"].lower()
            if spelled in ("a", "an", "one"):
                count = "1"
            else:
                count = NUMBER_WORDS.get(spelled) or str(_GERMAN_NUMBERS.get(spelled, ""))
        if not count.isdigit():
            continue
        unit = match["unit"].lower()
        if unit == "quarter":
            return f"P{3 * int(count)}M"
        return "P" + _DURATION_UNITS[unit].format(int(count))
    return None


def currencies(text: str) -> tuple[str, ...]:
    """The codes of the currencies that a text names, each once."""
    names = [_SYMBOLS.get(name, name) for name in _CURRENCY.findall(text)]
    return tuple(dict.fromkeys(names))


def _month(name: str) -> int | None:
    start = name.lower()[:3]
    return _MONTHS.index(start) + 1 if start in _MONTHS else _OTHER_MONTHS.get(start)


def _iso(year: str, month: str, day: str) -> str | None:
    number = int(month) if month.isdigit() else _month(month)
    try:
        return None if number is None else date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


def _amount(text: str, context: str) -> TypedValue | None:
    number = _decimal(text)
    if number is None:
        return None
    own = currencies(text) or tuple(
        code for word, code in _WORD_CURRENCIES.items() if re.search(rf"\b{word}\b", text.lower())
    )
    around = currencies(context)
    unit = own[0] if own else around[0] if len(around) == 1 else None
    return f"{number:f}", unit


def _decimal(text: str) -> Decimal | None:
    match = _DIGITS.search(text)
    if match is None:
        word = text.strip().lower().split(" ")[0]
        return Decimal(NUMBER_WORDS[word]) if word in NUMBER_WORDS else None
    digits = match[0].strip(" .,'’").replace("−", "-")
    figure = parse_figure(digits, decimal_mark([digits]))
    if figure is None:
        return None
    scale = _SCALE.match(text, match.start() + len(match[0].rstrip()))
    if scale is None:
        return figure.value
    return figure.value.scaleb(_SCALES[scale[1].lower().rstrip(".")])


def _is_percent(text: str) -> bool:
    return re.search(r"%|per ?cent|prozent|percentage", text, re.IGNORECASE) is not None


def _scalar(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _truth(text: str) -> TypedValue | None:
    bare = text.strip(" .!")
    if _TRUE.match(bare):
        return True, None
    if _FALSE.match(bare):
        return False, None
    opening = _YES_OPENING.match(bare)
    return None if opening is None else (opening[1].lower() in ("yes", "ja"), None)
