"""In which language a question is judged."""

from __future__ import annotations

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


def test_a_language_that_no_passage_is_in_is_not_taken_from_a_question() -> None:
    assert question_language("deposit amount", [_GERMAN, _GERMAN]) == "de"


def test_a_number_in_german_words_is_a_number() -> None:
    profile = read("Wie hoch ist die Kaution?", "de")
    text = "Die Kaution beträgt drei Monatsmieten."
    assert offers(profile, text, words(text)) == 1.0
