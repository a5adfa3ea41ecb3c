"""Index terms by language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.index import chunk_languages
from rag_infer.index.analyzer import terms


@pytest.mark.parametrize(
    ("language", "typed", "written"),
    [
        ("de", "Kaution", "Kautionen"),
        ("de", "Mueller", "Müllers"),
        ("de", "STRASSE", "Straßen"),
        ("fr", "ecole eleve", "L'école élevée"),
        ("es", "habitacion", "habitaciones"),
        ("ru", "квартира", "квартиры"),
        ("ru", "ёлка", "елки"),
        ("ar", "مكتبة", "المكتبة"),
        ("ar", "المَكْتَب", "مكتب"),
        ("he", "שָׁלוֹם", "שלום"),
        ("hi", "लड़का", "लड़का"),
        ("tr", "ISPARTA", "ısparta"),
        ("el", "άνθρωπος", "ΑΝΘΡΩΠΟΣ"),
        ("ar", "123", "١٢٣"),
        ("en", "cafe", "cafés"),
        ("ru", "servers", "server"),  # a Latin word in a text of another script is English
    ],
)
def test_forms_of_a_word_share_their_terms(language: str, typed: str, written: str) -> None:
    assert set(terms(typed, language)) <= set(terms(written, language))
    assert terms(typed, language)


def test_words_keep_their_vowel_signs_and_marks() -> None:
    assert terms("चौकीदार का नाम", "mr") == ["चौकीदार", "का", "नाम"]
    assert terms("Việt Nam", "vi") == ["việt", "nam"]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("学校", ["学校"]),
        ("図書館", ["図書", "書館"]),
        ("학교에서", ["학교", "교에", "에서"]),
        ("ภาษาไทย", ["ภาษา", "ษาไท", "ไทย"]),
        ("ที่", ["ที่"]),
    ],
)
def test_scripts_without_spaces_give_pairs_of_clusters(text: str, pairs: list[str]) -> None:
    assert terms(text, "zh") == pairs == terms(text)


@given(st.text(), st.sampled_from("en de fr ru ar hi th zh ja ko vi tr el und xx".split()))
def test_terms_are_words_and_the_same_each_time(text: str, language: str) -> None:
    found = terms(text, language)
    assert all(term == term.strip() for term in found)
    assert found == terms(text, language)


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz", max_size=3)))
def test_language_codes_are_read_as_written(codes: list[str]) -> None:
    numbers = chunk_languages.encode(codes)
    assert [chunk_languages.decode(int(n)) for n in numbers] == codes
    assert sum(chunk_languages.counts(numbers).values()) == len(codes)
