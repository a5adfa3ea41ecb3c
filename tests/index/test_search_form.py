"""Texts are found by their plain spelling, however they are written."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import Index
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
        ("ｶﾞｿﾘﾝ", "ガソリン"),
        ("25 ㎏ at 30 ℃", "25 kg at 30 °C"),
        ("Louis Ⅳ, step ③", "Louis IV, step 3"),
        ("KX\u20137731", "KX-7731"),
        ("gate\u00a0\u200e\u2068code", "gate code"),
        ("Plot\u200b\ufeffholder", "plotholder"),
        ("ﻣﻔﺘﺎﺡ", "مفتاح"),
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


def test_a_phrase_without_accents_is_found_with_them(tmp_path: Path) -> None:
    texts = {
        "a": "The façade was built by Émile Duprés in the spring of 1911.",
        "b": "The roof was built by Ems and Dupres in that summer.",
        "c": "Das Haus ist schon alt.",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path)

    def names(query: str) -> list[str]:
        return [hit.document_id[-5] for hit in index.search(query)]

    assert names('"Emile Dupres"') == ["a"]
    assert names('"émile duprés"') == ["a"]
    assert names('"schön alt"') == []


@given(st.text())
def test_the_form_is_stable(text: str) -> None:
    once = search_form(text)
    assert search_form(once) == once
