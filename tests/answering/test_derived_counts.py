"""Counts that follow from a quoted list."""

from __future__ import annotations

import pytest

from rag_infer.answering.derived_counts import derived_count
from rag_infer.cite.answer_units import answer_units


@pytest.mark.parametrize(
    ("question", "text", "count"),
    [
        ("How many people were present?", "Present: A. Berg (chair), Ines Roth, Tom Fell", "3"),
        ("How many members attended?", "**Attending:** Ina Berg; Tom Fell; Ute Kahl; Jo Lind", "4"),
        ("How many people sent apologies?", "Apologies: Tom Fell and Ute Kahl", "2"),
        ("How many vehicles do we hire?", "Vehicles: one van, a lorry, two cars", "3"),
    ],
)
def test_the_items_of_a_labelled_list_are_counted(question: str, text: str, count: str) -> None:
    (unit,) = answer_units(text)
    assert unit.kind == "entry"
    assert derived_count(question, text, unit) == f"{count} (counted in the list)"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many people were present?", "Apologies: Tom Fell and Ute Kahl"),
        ("How many chairs were ordered?", "Present: Tom Fell, Ute Kahl"),
        ("Who was present?", "Present: Tom Fell, Ute Kahl"),
        ("How many people were present?", "Present: everybody"),
    ],
)
def test_what_the_list_does_not_list_is_not_counted(question: str, text: str) -> None:
    (unit,) = answer_units(text)
    assert derived_count(question, text, unit) is None
