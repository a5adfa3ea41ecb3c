"""Answers from ordinary documents: units, short answers, grades, versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

FILES = {
    "Catering_Velkan.md": (
        "# Catering contract\n\nThis contract is made on 3 May 2024 between:\n\n(1) Velkan Ltd, "
        'Graz (the "Caterer"); and\n\n(2) Torlo Group (the "Hotel").\n\n## 1. Price\n\nThe Hotel '
        "pays EUR 4,000 per month.\n\n## 2. Duration\n\nIt starts on 1 June 2024 and ends on 31 "
        "December 2026.\n\n## 3. Courts\n\nThe courts of Graz decide.\n"
    ),
    "Storage_Selo.md": (
        "# Storage contract\n\nThis contract is made on 4 April 2023 between:\n\n(1) Selo Ltd, "
        'Turin (the "Keeper"); and\n\n(2) Karin Group (the "Owner").\n\n## 1. Price\n\nThe Owner '
        "pays EUR 700 per month.\n\n## 2. Damage\n\nThe Keeper is liable up to EUR 90,000.\n"
    ),
    "Guests.md": (
        "# Questions of guests\n\nQ: How late can I cancel?\nA: Up to ten days before arrival.\n\n"
        "Q: Where do I leave the key?\nA: In the box beside the door.\n"
    ),
    "Club_minutes_2024-02-01.md": (
        "# Club minutes of 1 February 2024\n\n## 1. Roof\n\n- **Decision:** The budget of the roof "
        "is EUR 12,000.\n"
    ),
    "Club_minutes_2024-06-01.md": (
        "# Club minutes of 1 June 2024\n\n## 1. Roof\n\n- **Decision:** The budget of the roof is "
        "raised to EUR 15,000.\n"
    ),
}


@pytest.mark.parametrize(
    ("question", "short", "file"),
    [
        ("How much does Torlo pay Velkan each month?", "EUR 4,000", "Catering_Velkan.md"),
        ("What is the monthly price in the storage contract?", "EUR 700", "Storage_Selo.md"),
        ("When does the catering contract end?", "31 December 2026", "Catering_Velkan.md"),
        ("Hello, could you tell me how late I can cancel? Thanks!", "ten days", "Guests.md"),
        ("What is the budget of the roof?", "EUR 15,000", "Club_minutes_2024-06-01.md"),
    ],
)
def test_the_value_that_is_asked_for_stands_in_short(
    index: Index, question: str, short: str, file: str
) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert answer.grade in ("confident", "probable")
    assert short in answer.text
    assert answer.short_answer is None or answer.short_answer.quote == short
    assert Path(answer.citations[0].span.document_id).name == file


def test_marks_are_shown_to_nobody_and_the_citation_stays_exact(index: Index) -> None:
    answer = index.ask("What is the budget of the roof?")
    assert "**" not in answer.text
    span = answer.citations[0].span
    page = index.engine.snapshot.page(span.document_id, span.page_number)
    assert page is not None
    assert page[1][span.start : span.end] == span.quote


def test_a_name_that_is_mentioned_nowhere_is_said(index: Index) -> None:
    answer = index.ask("What is the monthly price in the contract with Zorbanik?")
    assert not answer.answered
    assert answer.grade == "nearest"
    assert answer.reason == "“Zorbanik” is not mentioned in the documents"
    assert answer.text.startswith("No clear answer. The closest passage says: ")
    assert answer.citations


def test_another_subject_has_the_grade_none(index: Index) -> None:
    answer = index.ask("why do volcanoes erupt under glaciers")
    assert answer.grade == "none"
    assert answer.text == "The documents do not answer this."
    assert not answer.citations


def test_a_typing_error_is_mended_and_told(index: Index) -> None:
    answer = index.ask("catreing monthly price")
    assert answer.warnings == ("“catreing” was read as “catering”",)
    assert answer.citations[0].span.document_id.endswith("Catering_Velkan.md")


def test_a_sentence_of_two_copies_is_quoted_once(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        for name in ("a", "b"):
            index.add_text("The yearly fee of the Larn club is 900 euros.", id=name)
        answer = index.ask("What is the yearly fee of the Larn club?")
    assert answer.answered
    assert len(answer.citations) == 1


def test_a_name_that_the_documents_hold_is_not_called_missing(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("The pilot by Felix Adeyemi was accepted in May.", id="minutes")
        index.add_text("Phone numbers of the crew: Nora Haddad 0555 201 518.", id="phones")
        held = index.ask("What is the phone number of Felix Adeyemi?")
        missing = index.ask("What is the phone number of Olga Petrenko?")
    assert "not mentioned in the documents" not in (held.reason or "")
    assert missing.reason == "“Olga Petrenko” is not mentioned in the documents"


def test_statements_on_different_things_do_not_disagree(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("Every broadcast is recorded and kept for 42 days.", id="handbook")
        index.add_text("Complaints and answers are kept for two years.", id="licence")
        answer = index.ask("How long are broadcasts kept?")
    assert "42 days" in answer.text
    assert "disagree" not in (answer.reason or "")
