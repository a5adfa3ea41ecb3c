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
