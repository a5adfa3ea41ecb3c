"""Which form of a value a question asks for, in many languages."""

from __future__ import annotations

import pytest

from rag_infer.cite.question_type import read
from rag_infer.cite.typed_values import ValueKind


@pytest.mark.parametrize(
    ("language", "question", "kind"),
    [
        ("de", "Wie hoch ist die Kaution?", "money"),
        ("de", "Wie lange dauert die Reparatur?", "duration"),
        ("de", "Wann ist die Versammlung?", "date"),
        ("de", "Wer ist der Hausmeister?", "name"),
        ("de", "Darf ich grillen?", "yes"),
        ("fr", "Combien coûte le chalet ?", "money"),
        ("fr", "À quelle heure ferme l'accueil ?", "clock"),
        ("es", "¿Cuánto cuesta el curso?", "money"),
        ("es", "¿Cuántos alumnos hay?", "count"),
        ("pt", "Quanto tempo demora?", "duration"),
        ("it", "Quanto costa una doccia?", "money"),
        ("nl", "Hoe laat gaat de poort dicht?", "clock"),
        ("ru", "Сколько стоит билет?", "money"),
        ("ru", "Когда начнётся ремонт?", "date"),
        ("tr", "Evcil hayvan getirebilir miyim?", "yes"),
        ("zh", "押金是多少？", "money"),
        ("zh", "可以吸烟吗？", "yes"),
        ("ja", "チェックインは何時からですか？", "clock"),
        ("ar", "متى يفتح المسبح؟", "clock"),
        ("ar", "هل الدخول مجاني؟", "yes"),
        ("hi", "शुल्क कितना है?", "money"),
        ("th", "มังคุดราคาเท่าไร", "money"),
        ("el", "Πόσο κοστίζει η ετήσια συνδρομή;", "money"),
        ("el", "Τι ώρα κλείνει η βιβλιοθήκη;", "clock"),
        ("el", "Πόσες ημέρες διαρκεί ο δανεισμός;", "duration"),
        ("ro", "Cât costă abonamentul?", "money"),
        ("sv", "Hur länge gäller biljetten?", "duration"),
        ("cs", "V kolik hodin zavíráte?", "clock"),
        ("uk", "Скільки коштує квиток?", "money"),
        ("vi", "Tiền thuê nhà là bao nhiêu tiền?", "money"),
    ],
)
def test_the_form_that_is_asked_for(language: str, question: str, kind: ValueKind) -> None:
    assert read(question, language).value_kind == kind


def test_words_that_only_ask_carry_no_meaning() -> None:
    assert "wann" not in read("Wann ist die Versammlung?", "de").keys


def test_an_english_question_is_compared_in_the_language_of_its_passages() -> None:
    profile = read("Who is Frau Brandt?", "en", "de")
    assert profile.kind == "person"
    assert not profile.is_english
    assert "brandt" in profile.keys
    assert "is" not in profile.keys
