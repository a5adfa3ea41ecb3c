"""Amounts that follow from quoted ones: a yearly sum of a monthly one, so many days at a day rate.

Only where the question names the other period or a number of units, and the unit has one amount
with its period, or where it asks for the difference of the unit's two amounts, each beside a name
of the question; anything else is left as it is quoted.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from rag_infer.answering.short_answer_checks import asks_difference
from rag_infer.cite.text_normalization import content, words
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
_SIDES = 2  # of a difference
_QUANTITY = re.compile(r"\b(\d{1,4}) (hour|day|month|quarter|year)s?\b", re.IGNORECASE)
_AMOUNT = re.compile(r"^(?P<before>\D*?)(?P<number>\d[\d,']*(?:\.\d+)?)(?P<after>\D*)$")


def derived_amount(question: str, text: str) -> str | None:
    """The amount that the question asks for and how it follows: ``EUR 76,000 (80 × EUR 950)``.

    Args:
        question: Names another period than the text ("annual"), or a number of units ("80 days").
        text: The quoted unit.
    """
    if asks_difference(question):
        return _difference(question, text)
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


def _difference(question: str, text: str) -> str | None:
    """The difference of two amounts: ``£2,700 (£41,600 - £38,900)``."""
    spans = sorted(values("money", text))
    if len(spans) != _SIDES:
        return None
    (first, second), keys = spans, {w.key for w in content(words(question))}
    before = text[: first[0]], text[first[1] : second[0]]
    after = text[first[1] : second[0]], text[second[1] :]
    # Each amount stands after its own name, or each before it.
    named = [[{w.key for w in content(words(part))} & keys for part in side]
             for side in (before, after)]  # fmt: skip
    if not any(one and other and one != other for one, other in named):
        return None
    matches = [_AMOUNT.match(text[a:b].strip()) for a, b in spans]
    if matches[0] is None or matches[1] is None:
        return None
    around = {(m["before"].strip(), m["after"].strip()) for m in matches if m is not None}
    try:
        numbers = [Decimal(re.sub("[,']", "", m["number"])) for m in matches if m is not None]
    except InvalidOperation:
        return None
    if len(around) != 1 or numbers[0] == numbers[1]:
        return None
    amounts = [text[a:b].strip() for a, b in spans]
    (least, smaller), (most, larger) = sorted(zip(numbers, amounts, strict=True))
    difference = most - least
    digits = 2 if difference != difference.to_integral_value() else 0
    match = matches[0]
    amount = f"{match['before']}{difference:,.{digits}f}{match['after']}"
    return f"{amount} ({larger} − {smaller})"


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
