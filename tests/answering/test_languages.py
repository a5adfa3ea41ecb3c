"""Questions in other languages, answered from documents in them with the default embedder."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "Mietvertrag.md": (
        "# Mietvertrag Lindenstraße 8\n\n## Miete\n\nDie monatliche Miete beträgt 740 Euro und ist "
        "bis zum dritten Werktag eines Monats zu zahlen.\n\n## Kaution\n\nDie Kaution beträgt "
        "1.480 Euro. Sie wird verzinst.\n\n## Kündigung\n\nDer Mieter kann mit einer Frist von "
        "drei Monaten kündigen.\n\n## Hausordnung\n\nVon 22 Uhr bis 6 Uhr gilt Nachtruhe. "
        "Fahrräder stehen im Keller. Ansprechpartnerin ist die Hausverwalterin Petra Nowak.\n"
    ),
    "Bail.md": (
        "# Bail de l'appartement\n\n## Loyer\n\nLe loyer mensuel s'élève à 620 euros, charges "
        "comprises.\n\n## Préavis\n\nLe locataire peut partir avec un préavis de deux mois.\n\n"
        "## Chauffage\n\nLe chauffage est collectif et fonctionne d'octobre à avril.\n"
    ),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("languages")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Wie hoch ist die Kaution?", "1.480 Euro"),
        ("Was kostet die Miete im Monat?", "740 Euro"),
        ("Wer ist die Hausverwalterin?", "Petra Nowak"),
        ("Wo stehen die Fahrräder?", "Keller"),
        ("Quel est le loyer mensuel ?", "620 euros"),
        ("Quand fonctionne le chauffage ?", "octobre"),
    ],
)
def test_a_question_is_answered_in_the_language_of_its_document(
    index: Index, question: str, answer: str
) -> None:
    result = index.ask(question)
    assert result.answered, result.text
    assert answer in result.text


@pytest.mark.parametrize(
    "question", ["Wie viel kostet der Stellplatz in der Tiefgarage?", "Wer ist der Hausmeister?"]
)
def test_what_the_document_does_not_say_is_declined_in_german(index: Index, question: str) -> None:
    assert not index.ask(question).answered
