"""Questions about documents as such: a page, a subject, the whole of one."""

from __future__ import annotations

import io

import pytest

from rag_infer import Index

TEXTS = {
    "2024/pool rules.md": "# Pool rules\n\nThe pool opens at seven. Diving is forbidden.\n",
    "2025/pool rules.md": "# Pool rules\n\nThe pool opens at nine. Diving is forbidden.\n",
    "minutes 2025-02-11.md": "# Minutes\n\nPresent: Ada, Bo.\n\nThe hedge will be cut in June.\n",
    "minutes 2025-05-06.md": (
        "# Minutes\n\nPresent: Ada, Cy.\n\nDecision: the hedge is cut in August.\n\n"
        "The gate squeaks.\n"
    ),
}
PAGES = ("Handbook of the ferry.", "The ferry carries 240 passengers.", "Life jackets: deck B.")


def _pdf(labels: bool) -> bytes:
    from pypdf import PdfReader, PdfWriter
    from reportlab.pdfgen import canvas

    buffer = io.BytesIO()
    drawing = canvas.Canvas(buffer)
    for text in PAGES:
        drawing.drawString(60, 780, text)
        drawing.showPage()
    drawing.save()
    writer = PdfWriter(clone_from=PdfReader(buffer))
    if labels:
        writer.set_page_label(0, 0, style="/r")
        writer.set_page_label(1, 2, style="/D")
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "handbook.pdf").write_bytes(_pdf(labels=True))
    (folder / "leaflet.pdf").write_bytes(_pdf(labels=False))
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "words", "page"),
    [
        ("What is on page 2 of the handbook?", "Life jackets: deck B.", 3),
        ("What does page i of the handbook say?", "Handbook of the ferry.", 1),
        ("Please show me page 2 in the leaflet", "The ferry carries 240 passengers.", 2),
    ],
)
def test_a_page_is_meant_as_it_is_printed(
    index: Index, question: str, words: str, page: int
) -> None:
    answer = index.ask(question)
    assert answer.text == f"{words} [1]"
    assert answer.citations[0].span.page_number == page


def test_a_page_that_is_not_there_is_no_answer(index: Index) -> None:
    assert not index.ask("What is on page 7 of the handbook?").answered


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which documents are about the hedge?", {"minutes 2025-02-11", "minutes 2025-05-06"}),
        ("What files mention diving?", {"2024/pool rules", "2025/pool rules"}),
        ("List all documents about passengers.", {"handbook", "leaflet"}),
    ],
)
def test_documents_about_a_subject(index: Index, question: str, names: set[str]) -> None:
    documents = {c.span.document_id.split("/", 1)[1] for c in index.ask(question).citations}
    assert {name.rsplit(".", 1)[0] for name in documents} == names


def test_no_document_is_about_what_none_mentions(index: Index) -> None:
    assert not index.ask("Which documents are about submarines?").answered


def test_the_latest_of_a_kind_says_what_was_decided(index: Index) -> None:
    answer = index.ask("What was decided in the latest minutes?")
    assert "the hedge is cut in August" in answer.text
    assert "June" not in answer.text
    assert "squeaks" not in answer.text


def test_a_document_is_summarized_by_its_name(index: Index) -> None:
    answer = index.ask("Summarize the minutes 2025-02-11")
    assert "The hedge will be cut in June." in answer.text
    assert {c.span.document_id.rsplit("/", 1)[-1] for c in answer.citations} == {
        "minutes 2025-02-11.md"
    }


@pytest.mark.parametrize(
    "question",
    ["What is the rent on page 2?", "What does the sign say?", "What was decided about the gate?"],
)
def test_other_questions_are_left_to_passages(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert answer.reason is None or "documents" not in answer.reason
    assert len(answer.citations) <= 3
