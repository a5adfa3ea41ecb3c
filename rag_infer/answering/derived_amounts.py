"""Amounts that follow from a quoted one: a yearly sum of a monthly one, so many days at a day rate.

Only where the question names the other period or a number of units, and the unit has one amount
with its period; anything else is left as it is quoted.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from rag_infer.cite.typed_values import values

_PER_YEAR = {"day": None, "hour": None, "month": 12, "quarter": 4, "year": 1}
_PERIODS = {
    "hour": r"(?:per|an|a|each|every) hour|hourly|/ ?h(?:our)?\b",
    "day": r"(?:per|a|each|every) day|daily|/ ?day\b",
    "month": r"(?:per|a|each|every)(?: calendar)? month|monthly|/ ?month\b",
    "quarter": r"(?:per|a|each|every) quarter|quarterly",
    "year": r"(?:per|a|each|every) year|per annum|annual(?:ly)?|yearly|p\.a\.",
}
_PERIOD = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PERIODS.items()}
_QUANTITY = re.compile(r"\b(\d{1,4}) (hour|day|month|quarter|year)s?\b", re.IGNORECASE)
_AMOUNT = re.compile(r"^(?P<before>\D*?)(?P<number>\d[\d,']*(?:\.\d+)?)(?P<after>\D*)$")


def derived_amount(question: str, text: str) -> str | None:
    """The amount that the question asks for and how it follows: ``EUR 76,000 (80 × EUR 950)``.

    Args:
        question: Names another period than the text ("annual"), or a number of units ("80 days").
        text: The quoted unit.
    """
    amounts = [text[a:b] for a, b in values("money", text)]
    text_periods = [name for name, pattern in _PERIOD.items() if pattern.search(text)]
    if len(set(amounts)) != 1 or len(text_periods) != 1:
        return None
    (unit,) = text_periods
    factor = _factor(question, unit)
    match = _AMOUNT.match(amounts[0])
    if factor is None or match is None:
        return None
    try:
        product = factor * Decimal(re.sub("[,']", "", match["number"]))
    except InvalidOperation:
        return None
    digits = 2 if product != product.to_integral_value() else 0
    amount = f"{match['before']}{product:,.{digits}f}{match['after']}"
    return f"{amount} ({factor} × {amounts[0]})"


def _factor(question: str, unit: str) -> Decimal | None:
    counted = [int(n) for n, name in _QUANTITY.findall(question) if name.lower() == unit]
    if len(counted) == 1 and counted[0] > 1:
        return Decimal(counted[0])
    question_periods = [name for name, pattern in _PERIOD.items() if pattern.search(question)]
    if len(question_periods) != 1 or question_periods[0] == unit:
        return None
    question_frequency, unit_frequency = _PER_YEAR[question_periods[0]], _PER_YEAR[unit]
    if question_frequency is None or unit_frequency is None or unit_frequency % question_frequency:
        return None
    return Decimal(unit_frequency // question_frequency)
