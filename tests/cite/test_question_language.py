"""In which language a question is judged."""

from __future__ import annotations

import pytest

from rag_infer.cite.question_language import question_language
from rag_infer.cite.question_type import offers, read
from rag_infer.cite.text_normalization import words
from rag_infer.types import Chunk, Hit


def _hit(text: str) -> Hit:
    return Hit(Chunk("house.md", 1, 0, len(text), text), 0.5)


_GERMAN = _hit(
    "Die Kaution beträgt 1.450 Euro und ist bei Einzug an die Vermieterin zu zahlen. Sie wird "
    "nach dem Auszug verzinst zurückgezahlt."
)
_ENGLISH = _hit("The deposit is 1,450 euros and is paid to the landlord when moving in.")


def test_a_german_question_over_german_passages_is_judged_in_german() -> None:
    assert question_language("Wie hoch ist die Kaution?", [_GERMAN]) == "de"


def test_a_plainly_english_question_is_judged_in_english_whatever_the_passages() -> None:
    assert question_language("What is the deposit?", [_GERMAN]) == "en"


def test_key_words_are_judged_in_the_language_of_the_passages() -> None:
    assert question_language("Kaution", [_GERMAN]) == "de"
    assert question_language("deposit", [_ENGLISH]) == "en"


def test_without_passages_a_question_is_english() -> None:
    assert question_language("Kaution", []) == "en"


def test_words_that_only_ask_are_no_words_of_the_question() -> None:
    profile = read("Wie hoch ist die Kaution?", "de")
    assert profile.kind == "number"
    assert "kaution" in profile.keys
    assert not {"wie", "hoch"} & set(profile.keys)


def test_what_a_german_word_means_in_english_does_not_matter() -> None:
    """ "was" begins an English yes/no question."""
    assert read("Was kostet die Reinigung?", "de").kind == "thing"


_FRENCH = _hit("Le gardien s'appelle Lucien Garrel et son bureau se trouve au rez-de-chaussée.")
_SPANISH = _hit("El portero se llama Evaristo Luna y vive en el primer piso. La fianza es alta.")
_JAPANESE = _hit("ごみは毎週木曜日に集められます。自転車は地下に置いてください。")
_CHINESE = _hit("押金是两个月的房租。自行车必须停在地下室。垃圾每周四收走。")


def test_a_question_over_passages_of_several_languages_is_judged_in_its_own() -> None:
    several = [_JAPANESE, _FRENCH, _SPANISH, _GERMAN, _CHINESE]
    assert question_language("¿Dónde se guardan las bicicletas?", several) == "es"
    assert question_language("Quand les poubelles sont-elles ramassées ?", several) == "fr"
    assert question_language("押金是多少？", [_JAPANESE, _CHINESE]) == "zh"


_OPENING_HOURS = [
    _hit("Am Samstag ist die Werkstatt von 10 bis 16 Uhr geöffnet. Die Kaution beträgt 25 Euro."),
    _hit("Le samedi, l'atelier est ouvert de 10 h à 16 h. La caution de la clé est de 25 euros."),
    _hit("Los sábados abre el taller de 10 a 16 horas. La fianza de la llave es de 25 euros."),
    _hit("Il sabato l'officina è aperta dalle 10 alle 16. La cauzione è di 25 euro."),
    _hit("On Saturday the workshop is open from 10 to 4. The deposit for the key is 25 euros."),
    _hit("В субботу мастерская открыта с 10 до 16 часов. Залог за ключ составляет 25 евро."),
]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Kaution?", "de"),
        ("Kaution Schlüssel", "de"),
        ("ouvert le samedi ?", "fr"),
        ("caution clé", "fr"),
        ("fianza de la llave", "es"),
        ("aperta il sabato?", "it"),
        ("deposit", "en"),
        ("key deposit", "en"),
        ("залог за ключ", "ru"),
    ],
)
def test_a_few_words_are_in_the_language_of_the_passages_that_have_them(
    question: str, language: str
) -> None:
    assert question_language(question, _OPENING_HOURS) == language
    assert question_language(question, _OPENING_HOURS[::-1]) == language


def test_a_language_that_no_passage_is_in_is_not_taken_from_a_question() -> None:
    assert question_language("deposit amount", [_GERMAN, _GERMAN]) == "de"


def test_a_number_in_german_words_is_a_number() -> None:
    profile = read("Wie hoch ist die Kaution?", "de")
    text = "Die Kaution beträgt drei Monatsmieten."
    assert offers(profile, text, words(text)) == 1.0
