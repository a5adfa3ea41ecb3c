"""What a later document changes, and values that a document says once under a name."""

from __future__ import annotations

from rag_infer import Index

FILES = {
    "minutes_2025-02-13.md": (
        "# Minutes of 13 February 2025\n\n"
        "Decision: The firm moves to the Old Ropery on 16 June 2025.\n\n"
        "Decision: The pool opens at 7:30 am from April.\n"
    ),
    "minutes_2025-04-10.md": (
        "# Minutes of 10 April 2025\n\n"
        "Decision: The move is postponed from 16 June to 7 July 2025.\n\n"
        "Marta Lind reports on the trees.\n"
    ),
    "contract.md": (
        "# Hosting Agreement\n\n"
        'This Agreement is made on 4 March 2022 (the "Effective Date") between Orla Ltd (the '
        '"Customer") and Nordbyte GmbH (the "Supplier").\n\n'
        "## 3. Term\n\nThe hosting commences on the Effective Date and continues for an initial "
        "term of three years, ending on 3 March 2025.\n"
    ),
    "invoice.md": (
        "# Invoice 2025-014\n\nTo: Northgate Traders\n\nConsulting 4,000.00\n\n"
        "Net total 4,000.00\n\nVAT 20 % 800.00\n\nTotal due 4,800.00\n"
    ),
    "trainee.eml": (
        "From: Nadia Stern <nadia@firm.example>\nTo: Bea Marsh <bea@firm.example>\n"
        "Subject: Trainee in August\nDate: Fri, 02 May 2025 08:55:00 +0100\n\n"
        "Dear Bea,\n\nLucas Dorn joins us as a trainee from 4 August. His mentor is Giulia Pohl.\n"
    ),
}


def _short(index: Index, question: str) -> str:
    answer = index.ask(question)
    return answer.short_text or (answer.short_answer.quote if answer.short_answer else "")


def test_a_later_document_that_changes_a_date_answers(index: Index) -> None:
    answer = index.ask("On which date does the firm move to the Old Ropery?")
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "7 July 2025"
    cited = [citation.span.document_id.rsplit("/", 1)[-1] for citation in answer.citations]
    assert cited == ["minutes_2025-04-10.md", "minutes_2025-02-13.md"]
    assert answer.reason == "[1] is newer and changes what [2] says"


def test_what_no_later_document_changes_stays(index: Index) -> None:
    assert "7:30" in index.ask("When does the pool open?").text


def test_a_defined_date_is_that_of_its_definition(index: Index) -> None:
    answer = index.ask("When did the hosting of Nordbyte commence?")
    assert "4 March 2022" in answer.text


def test_a_date_beside_a_defined_one_is_not_replaced(index: Index) -> None:
    assert _short(index, "When does the hosting agreement end?") == "3 March 2025"


def test_the_total_is_the_one_that_is_due(index: Index) -> None:
    assert _short(index, "What is the total of invoice 2025-014?") == "4,800.00"
    assert "4,000.00" in index.ask("What is the net total of invoice 2025-014?").text


def test_a_mail_about_someone_does_not_make_its_writer_the_answer(index: Index) -> None:
    answer = index.ask("Who looks after the trainee Lucas Dorn?")
    assert "Nadia" not in (answer.short_text or "")
    assert answer.short_answer is None or "Nadia" not in answer.short_answer.quote
