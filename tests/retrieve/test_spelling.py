"""Typing errors, read as the nearest word of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Filter, Index
from rag_infer.answering.extractive_answerer import prepare_question
from rag_infer.retrieve import word_share
from rag_infer.retrieve.spelling import Correction, correct_spelling


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("spelling") / "index", create=True)
    index.add_text("The yearly fee of Marchetti for the harbour licence is 900.", id="fee")
    index.add_text("Four guests are allowed in the hall.", id="hall")
    index.add_text("Zanzibarova keeps the vault.", id="vault", groups=["board"])
    return index


def corrected(index: Index, question: str, filter: Filter | None = None) -> str:
    return prepare_question(index.engine, question, filter or Filter())[0]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("yaerly fee", "yearly fee"),
        ("What is the yearly fee of Marcheti?", "What is the yearly fee of Marchetti?"),
        ("harbor license fee", "harbour licence fee"),
        ("wich fee is yearly?", "which fee is yearly?"),
        ("guests allowd in the hall", "guests allowed in the hall"),  # and not “allowéd”
    ],
)
def test_a_mistyped_word_is_mended(index: Index, typed: str, read: str) -> None:
    assert corrected(index, typed) == read


@pytest.mark.parametrize(
    "question",
    [
        "What is the yearly fee of Marchetti?",
        "What is the salary?",  # a word, and in no passage
        "Who is Koval?",
        "Wie hoch ist die jährliche Gebühr?",
        "What is 123-x of a@b.example?",
    ],
)
def test_other_words_stay(index: Index, question: str) -> None:
    assert corrected(index, question) == question


def test_hidden_documents_lend_no_word(index: Index) -> None:
    hidden = Filter(groups=frozenset({"sales"}))
    assert corrected(index, "Who is Zanzibarowa here?") == "Who is Zanzibarova here?"
    assert corrected(index, "Who is Zanzibarowa here?", hidden) == "Who is Zanzibarowa here?"


def test_what_was_changed_is_told(index: Index, tmp_path: Path) -> None:
    share = word_share(index.engine.snapshot, Filter())
    _, corrections = correct_spelling("yaerly fee", share, lambda word: word in {"yearly", "fee"})
    assert corrections == (Correction("yaerly", "yearly"),)
    assert "“yaerly” was read as “yearly”" in index.ask("yaerly fee").warnings


@pytest.mark.parametrize(
    "question",
    [
        "日本" * 500,  # a run of these is no word
        "a" * 2000,
        " ".join(f"qwx{chr(97 + i % 26)}{chr(97 + i // 26)}z" for i in range(60)),
        "yaerly " * 300,
    ],
)
def test_the_cost_of_a_question_is_bounded(index: Index, question: str) -> None:
    share = word_share(index.engine.snapshot, Filter())
    looked_up = 0

    def counting(word: str) -> float:
        nonlocal looked_up
        looked_up += len(word)
        return share(word)

    correct_spelling(question, counting, lambda word: False)
    assert looked_up < 20 * len(question) + 20_000


@pytest.fixture(scope="module")
def languages(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """House rules in German, prices in Spanish, opening hours in Italian, rules in French."""
    index = Index.open(tmp_path_factory.mktemp("languages") / "index", create=True)
    index.add_text("Die Kaution für die Wohnung beträgt drei Monatsmieten.", id="de")
    index.add_text("El local de la cuarta planta cuesta mil euros al mes.", id="es")
    index.add_text("La tessera della biblioteca costa dodici euro per chi abita fuori.", id="it")
    index.add_text("La directrice de la piscine municipale de la ville est Mme Garnier.", id="fr")
    return index


@pytest.mark.parametrize(
    "question",
    [
        "Combien coûte le parking de la piscine?",  # Italian "coste" has the stem of "costa"
        "À quelle heure ferme la piscine?",  # no English "here"
        "¿Cuánto es la fianza?",  # a question word, no "cuarta"
        "Wie hoch ist die Miete des Lokals?",  # no "locals"
        "parking de la piscine",  # a French phrase without question word
        "Kaution Lokal",
    ],
)
def test_other_languages_lend_no_word(languages: Index, question: str) -> None:
    assert corrected(languages, question) == question


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Wie hoch ist die Kautoin?", "Wie hoch ist die Kaution?"),
        ("Combien coûte la pisicne?", "Combien coûte la piscine?"),
        ("¿Cuánto cuesta la palnta?", "¿Cuánto cuesta la planta?"),
        ("What does Madame Garnire do?", "What does Madame Garnier do?"),  # a name
    ],
)
def test_a_word_of_the_own_language_is_mended(languages: Index, typed: str, read: str) -> None:
    assert corrected(languages, typed) == read
