"""A sentence that a page break cuts is quoted whole, with a place for each part."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.answering.page_breaks import join_over_pages
from rag_infer.types import Answer, Citation, Claim, Span

CUT = "Either party may end it with a notice period of"
PAGES = {
    1: f"Minutes are kept.\n\n{CUT}",
    2: "seven months to the end of a year. Letters are registered.",
    3: "A new chapter. It ends here",
    4: "The next one begins with a capital.",
}


def page_of(document: str, number: int) -> tuple[str, str | None] | None:
    return (PAGES[number], f"p{number}") if number in PAGES else None


def answer_of(page: int, quote: str, format: str = "pdf", short: str = "") -> Answer:
    start = PAGES[page].index(quote)
    span = Span("a.pdf", page, start, start + len(quote), quote)
    at = start + quote.index(short)
    few = Span("a.pdf", page, at, at + len(short), short) if short else None
    claim = Claim(quote, (1,), "supported", 1.0, None, (span,))
    citation = Citation(1, span, ("End",), f"p{page}", format)
    return Answer("?", f"{quote} [1]", True, "extractive", (citation,), (claim,), short_answer=few)


def test_what_goes_on_on_the_next_page_is_quoted_with_it() -> None:
    joined = join_over_pages(answer_of(1, CUT, short="notice period of"), page_of)
    assert joined.text == f"{CUT} seven months to the end of a year. [1] [2]"
    assert [(c.number, c.span.page_number, c.page_label) for c in joined.citations] == [
        (1, 1, "p1"),
        (2, 2, "p2"),
    ]
    assert joined.claims[0].citations == (1, 2)
    assert len(joined.claims[0].evidence) == 2
    assert joined.short_answer is None


def test_a_sentence_may_go_on_with_a_figure_or_a_name() -> None:
    pages = {1: "It is kept. The fee was set at", 2: "120 euros a year. More follows."}
    span = Span("a.pdf", 1, 12, 30, "The fee was set at")
    claim = Claim(span.quote, (1,), "supported", 1.0, None, (span,))
    citation = Citation(1, span, (), "p1", "pdf")
    answer = Answer("?", f"{span.quote} [1]", True, "extractive", (citation,), (claim,))
    joined = join_over_pages(answer, lambda _, n: (pages[n], None) if n in pages else None)
    assert joined.text == "The fee was set at 120 euros a year. [1] [2]"


HEAD = "The person responsible for the keys of the boathouse is since last spring"
TAIL = "Wilhelmina Oakes, who lives next door."


@pytest.mark.parametrize("quote", [HEAD, TAIL])
def test_footnotes_stand_between_the_parts_of_a_sentence(quote: str) -> None:
    pages = {1: f"It meets.\n\n{HEAD}\n\n1 See the charter.\n\n2 Of 1988.", 2: f"{TAIL} More."}
    number = 1 if quote == HEAD else 2
    start = pages[number].index(quote)
    span = Span("a.pdf", number, start, start + len(quote), quote)
    claim = Claim(quote, (1,), "supported", 1.0, None, (span,))
    answer = Answer("?", f"{quote} [1]", True, "extractive",
                    (Citation(1, span, (), None, "pdf"),), (claim,))  # fmt: skip
    joined = join_over_pages(answer, lambda _, n: (pages[n], None) if n in pages else None)
    assert joined.text == f"{HEAD} {TAIL} [1] [2]"


def test_what_began_on_the_page_before_is_quoted_with_it() -> None:
    answer = answer_of(2, "seven months to the end of a year.", short="seven months")
    joined = join_over_pages(answer, page_of)
    assert joined.text == f"{CUT} seven months to the end of a year. [1] [2]"
    assert [c.span.page_number for c in joined.citations] == [1, 2]
    assert joined.short_answer is not None
    assert joined.short_answer.quote == "seven months"


@pytest.mark.parametrize(
    ("page", "quote", "format"),
    [
        (1, "Minutes are kept.", "pdf"),  # not at the end of its page
        (3, "It ends here", "pdf"),  # the next page begins anew
        (4, "The next one begins with a capital.", "pdf"),
        (1, CUT, "pptx"),  # slides do not run on
    ],
)
def test_whole_sentences_stay_as_they_are(page: int, quote: str, format: str) -> None:
    answer = answer_of(page, quote, format)
    assert join_over_pages(answer, page_of) is answer


def test_a_contract_in_a_real_pdf(tmp_path: Path) -> None:
    from reportlab.pdfgen import canvas

    fill = ["The parties meet once a quarter to look at volumes and the state of the depots."] * 12
    pages = [
        [*fill, "Either party may terminate this contract in writing with a notice period of"],
        ["seven months to the end of a calendar year. The notice has to reach the other.", *fill],
    ]
    (tmp_path / "in").mkdir()
    drawing = canvas.Canvas(str(tmp_path / "in" / "contract.pdf"), pagesize=(595, 842))
    for lines in pages:
        drawing.setFont("Helvetica", 11)
        for n, line in enumerate(lines):
            drawing.drawString(60, 780 - 15 * n, line)
        drawing.showPage()
    drawing.save()
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "in")
    answer = index.ask("What is the notice period for terminating the contract?")
    assert "notice period of seven months to the end of a calendar year." in answer.text
    assert {c.span.page_number for c in answer.citations} == {1, 2}
