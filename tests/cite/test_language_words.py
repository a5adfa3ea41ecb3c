"""Words of a text in its own language."""

from __future__ import annotations

import pytest

from rag_infer.cite.language_words import language_words
from rag_infer.cite.text_normalization import words


def keys(text: str, language: str) -> list[str]:
    return [w.key for w in language_words(text, language) if not w.stop]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Kautionen", "Kaution"),
        ("fr", "l'accueil", "accueil"),
        ("es", "clases", "clase"),
        ("ru", "книгами", "книга"),
        ("tr", "kitaplar", "kitap"),
        ("ar", "الكتاب", "كتاب"),
        ("ar", "والمدرسة", "مدرسة"),
        ("ar", "وبالمدرسة", "مدرسة"),
        ("ar", "فللموظف", "موظف"),
        ("ar", "والإجازات", "إجازة"),
        ("ar", "والشركات", "شركة"),
    ],
)
def test_forms_of_a_word_have_one_key(language: str, one: str, other: str) -> None:
    assert keys(one, language) == keys(other, language)


@pytest.mark.parametrize(
    ("language", "written", "plain"),
    [("de", "46.000", "46000"), ("fr", "612,40", "612.4"), ("ar", "٧٣٠٠", "7300")],
)
def test_a_number_has_the_key_of_its_value(language: str, written: str, plain: str) -> None:
    assert keys(written, language) == [plain]


def test_languages_without_spaces_give_pairs_at_their_places() -> None:
    text = "押金是多少"
    pairs = language_words(text, "zh")
    assert [w.key for w in pairs] == ["押金", "金是", "是多", "多少"]
    assert all(text[w.start : w.end] == w.key for w in pairs)


def test_english_is_read_as_ever() -> None:
    text = "The deposit's amount is 1,450 euros."
    assert language_words(text, "en") == words(text)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [("zh", "1998年建成", "1998"), ("th", "ปี2526ทำ", "2526"), ("ja", "25人", "25")],
)
def test_a_number_ends_where_a_script_without_spaces_goes_on(
    language: str, text: str, number: str
) -> None:
    assert [w.key for w in language_words(text, language) if w.number] == [number]


def test_figures_with_letters_behind_them_are_one_word() -> None:
    assert [w.number for w in language_words("25kg Mehl", "de")] == [False, False]


def test_turkish_endings_behind_an_apostrophe_are_no_words_of_their_own() -> None:
    assert keys("Ankara'nın 1950'lerde kurulan oteli", "tr")[:2] == ["ankar", "1950"]
    assert "ler" not in keys("1950'lerde", "tr")
