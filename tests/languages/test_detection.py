"""Languages of texts, with the real model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.languages import UNDETERMINED, detect_language, passage_languages

GERMAN = "Die Kaution beträgt drei Monatsmieten und wird bei der Schlüsselübergabe bezahlt."
ENGLISH = "The deposit is three months of rent and is paid when the keys are handed over."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "de"),
        (ENGLISH, "en"),
        ("La caution s'élève à deux mois de loyer.", "fr"),
        ("El portero se llama Evaristo y vive en el primer piso.", "es"),
        ("Плата за стоянку составляет сорок рублей в час.", "ru"),
        ("غرفة الغسيل مفتوحة من السابعة صباحا حتى التاسعة مساء", "ar"),
        ("धुलाई कक्ष सुबह सात बजे से रात नौ बजे तक खुला रहता है", "hi"),
        ("ห้องซักผ้าเปิดเจ็ดโมงเช้า", "th"),
        ("押金是两个月的房租。", "zh"),
        ("敷金は家賃の二か月分です。", "ja"),
        ("보증금은 두 달 치 월세입니다.", "ko"),
        ("Çamaşır odası sabah yediden akşam dokuza kadar açıktır.", "tr"),
        ("AX-4410-B 12.50", UNDETERMINED),
        ("", UNDETERMINED),
    ],
)
def test_a_sentence_is_in_its_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_plain_passage_has_its_own_language_and_others_that_of_the_document() -> None:
    texts = [GERMAN, "AX-4410", GERMAN.upper(), ENGLISH, GERMAN, "Müller, Köln", GERMAN]
    assert passage_languages(texts) == ["de", "de", "de", "en", "de", "de", "de"]


def test_english_tables_and_code_are_not_taken_for_another_language() -> None:
    texts = [ENGLISH, "Revenue Q1 Q2 Q3\nAMER 12 13 14\nEMEA 7 8 9", "def main(argv): return 0"]
    assert set(passage_languages(texts)) == {"en"}


@settings(max_examples=50)
@given(st.lists(st.text(max_size=200), max_size=5))
def test_each_passage_gets_a_code(texts: list[str]) -> None:
    languages = passage_languages(texts)
    assert len(languages) == len(texts)
    assert all(code.isascii() and code.isalpha() and len(code) <= 3 for code in languages)
