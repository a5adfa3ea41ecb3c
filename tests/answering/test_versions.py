"""Dated series of documents."""

from __future__ import annotations

import pytest

from rag_infer.retrieve.document_dates import document_date, series


@pytest.mark.parametrize(
    ("label", "date"),
    [
        ("Club minutes 2024-02-01", (2024, 2, 1)),
        ("Minutes of 4 May 2023 (Club minutes)", (2023, 5, 4)),
        ("Club minutes 2024 11 14", (2024, 11, 14)),
        ("House rules", None),
    ],
)
def test_the_date_of_a_name(label: str, date: tuple[int, int, int] | None) -> None:
    assert document_date(label) == date


def test_names_of_a_series_are_equal_without_their_dates() -> None:
    assert series("Club minutes 2024-02-01") == series("Club minutes 2023-05-04")
    assert series("Club minutes 2024-02-01") != series("Board minutes 2024-02-01")
