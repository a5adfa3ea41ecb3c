"""What a document says of itself."""

from __future__ import annotations

from rag_infer.cite.document_context import document_context
from rag_infer.cite.text_normalization import key

OPENING = (
    "CATERING CONTRACT\n\nMade on 3 May 2024 between:\n\n(1) Velkan Ltd, Graz (the "
    '"Caterer"); and\n\n(2) Torlo Group (the "Hotel").\n\n1. Price\n\nThe Hotel pays EUR 4,000.'
)


def test_name_title_and_parties_are_covered_and_the_clauses_are_not() -> None:
    context = document_context("files/Catering_Velkan.txt", None, OPENING)
    assert {key("Velkan"), key("Torlo"), key("catering"), key("contract")} <= context.keys
    assert key("price") not in context.keys
    assert context.label == "Catering Velkan"


def test_a_role_stands_for_the_one_who_has_it() -> None:
    context = document_context("a.txt", None, OPENING)
    assert key("Torlo") in context.named({key("hotel"), key("pays")})
    assert key("Velkan") not in context.named({key("hotel")})


def test_a_title_that_adds_words_comes_first() -> None:
    assert document_context("x/SaaS_Pell.docx", "Service Terms", "").label == (
        "Service Terms (SaaS Pell)"
    )
    assert document_context("x/Service_Terms.docx", "Service Terms", "").label == "Service Terms"


def test_a_text_that_begins_at_once_covers_only_its_name() -> None:
    context = document_context("note.txt", None, "word " * 100)
    assert context.keys == {key("note")}
