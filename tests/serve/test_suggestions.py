"""Questions to begin with come from what the user may read."""

from __future__ import annotations

from pathlib import Path

from rag_infer import Filter, Index
from rag_infer.serve.suggestions import QuestionSuggestions


def test_questions_come_from_readable_documents_only(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The annual fee is 40 euros.\nThe deposit is 300 euros.\n", id="fees")
    index.add_text("The salary of the director is 90,000 euros.\n", id="pay", groups=["board"])
    suggestions = QuestionSuggestions()
    everyone = suggestions.questions(index, Filter(groups=frozenset()))
    board = suggestions.questions(index, Filter(groups=frozenset({"board"})))
    assert any("fee" in q or "deposit" in q for q in everyone)
    assert not any("salary" in q for q in everyone)
    assert any("salary" in q for q in board)
    assert len(board) <= 4
    index.remove(["fees"])
    assert not suggestions.questions(index, Filter(groups=frozenset()))


def test_texts_of_other_languages_are_asked_in_theirs_or_not_at_all(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add_text(
        "Am ersten Tag bekommt jede neue Mitarbeiterin einen Schlüssel.\n\n"
        "- Empfang: Frau Demir, Durchwahl 10\n- Brandschutz: Herr Olufsen, Durchwahl 27\n",
        id="willkommen",
    )
    index.add_text("Prochaine réunion : le 5 mai 2026 à 9 h 30.\nLa dalle est reportée.\n", id="cr")
    everyone = Filter(groups=frozenset())
    assert QuestionSuggestions().questions(index, everyone) == []
    index.add_text(
        "Frage: Wie hoch ist der Zuschuss zum Mittagessen?\nAntwort: Er beträgt 4,50 Euro.\n",
        id="faq",
    )
    expected = ["Wie hoch ist der Zuschuss zum Mittagessen?"]
    assert QuestionSuggestions().questions(index, everyone) == expected
