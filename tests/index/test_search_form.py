"""Texts are found by their plain spelling, however they are written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.index.analyzer import terms
from rag_infer.languages.spelling import search_form
from rag_infer.retrieve.query_parser import normal


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("wa\u200bter\u00admeter", "watermeter"),
        ("WM\u2011204\u20117", "WM-204-7"),
        ("ＡＢ－１２３４", "AB-1234"),
        ("the o\ufb03ce", "the office"),
        (unicodedata.normalize("NFD", "Jürgen Möller"), "Jürgen Möller"),
        ("the captain\u2019s cabin", "the captain's cabin"),
        ("Émile Duprés", "Emile Dupres"),
        ("naïve façade", "naive facade"),
    ],
)
def test_what_is_written_is_found_by_what_is_typed(written: str, typed: str) -> None:
    assert terms(written) == terms(typed)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("The captain\u2019s  cabin", "the captain's cabin"),
        (unicodedata.normalize("NFD", "Café Zürich"), "café zürich"),
        ("pump\u00adhouse", "Pumphouse"),
    ],
)
def test_phrases_are_compared_alike(written: str, typed: str) -> None:
    assert normal(written) == normal(typed)


def test_a_raised_figure_is_no_part_of_a_number() -> None:
    assert "1203" not in terms("The fee is 120\u00b3 euros.")


@given(st.text())
def test_the_form_is_stable(text: str) -> None:
    once = search_form(text)
    assert search_form(once) == once
