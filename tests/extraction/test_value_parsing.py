"""Values as written to typed ones."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.extraction.fields import ValueType, field_of_text
from rag_infer.extraction.labels import label_match
from rag_infer.extraction.value_parsing import parse_date, parse_value


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)))
def test_every_written_form_of_a_date_is_the_same_date(day: datetime.date) -> None:
    month = day.strftime("%B")
    for text in (
        day.isoformat(), f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}",
        f"{day.day:02d}.{day.month:02d}.{day.year}",
    ):  # fmt: skip
        assert parse_date(f"on {text}.") == day.isoformat()


@pytest.mark.parametrize(
    ("value_type", "text", "expected"),
    [
        ("date", "3/4/2025", None),
        ("date", "13/4/2025", ("2025-04-13", None)),
        ("date", "31 February 2025", None),
        ("date", "3. Mai 2026", ("2026-05-03", None)),
        ("date", "May 2026", ("2026-05", None)),
        ("duration", "six (6) months", ("P6M", None)),
        ("duration", "one year", ("P1Y", None)),
        ("duration", "4 hours", ("PT4H", None)),
        ("duration", "a while", None),
        ("money", "GBP 186,000 a year", ("186000", "GBP")),
        ("money", "EUR 9.4 million", ("9400000", "EUR")),
        ("money", "1.096,50 €", ("1096.50", "EUR")),
        ("percent", "12.5 %", (12.5, "%")),
        ("percent", "12", None),
        ("number", "2,400", (2400, None)),
        ("boolean", "Yes", (True, None)),
        ("boolean", "Nein", (False, None)),
        ("boolean", "perhaps", None),
    ],
)
def test_a_value_is_typed(value_type: ValueType, text: str, expected: object) -> None:
    assert parse_value(value_type, text) == expected


def test_the_only_currency_around_an_amount_is_its_own() -> None:
    assert parse_value("money", "12.00", "Price GBP") == ("12.00", "GBP")
    assert parse_value("money", "12.00", "GBP or EUR") == ("12.00", None)


@pytest.mark.parametrize(
    ("field", "label", "match"),
    [
        ("expiry date", "Expiry date", "same"),
        ("expiry date", "Valid until", "synonym"),
        ("expiry date", "Valid from", None),
        ("invoice number", "Invoice No.", "same"),
        ("deposit", "Deposit (GBP)", "same"),
        ("total", "Total due", "part"),
        ("total due", "Net total", None),
    ],
)
def test_labels_that_name_a_field(field: str, label: str, match: str | None) -> None:
    assert label_match(field, label) == match


@pytest.mark.parametrize(
    ("name", "value_type"),
    [("expiry date", "date"), ("notice period", "duration"), ("total due", "money"),
     ("number of users", "number"), ("governing law", "text"), ("interest rate", "percent")],
)  # fmt: skip
def test_the_name_of_a_field_tells_its_type(name: str, value_type: str) -> None:
    assert field_of_text(name).type == value_type
