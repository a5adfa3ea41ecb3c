"""A cell that answers is cited with the page that a person has to open."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table
from xlsxwriter import Workbook

from rag_infer import Index

ROWS = [
    ["Boat", "Berths", "Low season", "High season"],
    ["Heron", "4", "£640", "£910"],
    ["Kingfisher", "6", "£780", "£1,120"],
    ["Otter", "8", "£890", "£1,290"],
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("boats")
    style = getSampleStyleSheet()["BodyText"]
    SimpleDocTemplate(str(folder / "hire terms.pdf"), pagesize=A4).build(
        [
            Paragraph("The steerer must be at least 21 years old.", style),
            PageBreak(),
            Paragraph("Weekly prices", style),
            Table(ROWS, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")]),
        ]
    )
    (folder / "moorings.csv").write_text("Mooring,Depth (m)\nNorth quay,2.1\nMill basin,1.6\n")
    index = Index.open(tmp_path_factory.mktemp("index") / "index", create=True)
    index.add(Path(folder))
    return index


@pytest.mark.parametrize(
    ("question", "value", "location"),
    [
        (
            "What does the Otter cost in high season?",
            "£1,290",
            "hire terms.pdf, p. 2, Otter > High season",
        ),
        (
            "What is the depth of Mill basin?",
            "1.6",
            "moorings.csv, Mill basin > Depth (m)",
        ),
    ],
)
def test_the_page_of_a_cell_is_named(
    index: Index, question: str, value: str, location: str
) -> None:
    answer = index.ask(question)
    (citation,) = answer.citations
    assert citation.span.quote == value
    assert citation.location.endswith(location)


def test_the_sheet_of_a_cell_is_named(tmp_path: Path) -> None:
    members = (("Member No", "Village"), ("M-31", "Thorpe"), ("M-32", "Wyke"))
    loans = (("Loan", "Member No", "Item"), ("L-7", "M-31", "smoker"), ("L-8", "M-32", "veil"))
    with Workbook(tmp_path / "club.xlsx") as book:
        for name, rows in (("Members", members), ("Loans", loans)):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "club.xlsx")
    questions = {
        "Which item is loan L-8?": "club.xlsx, Loans > L-8 > Item",
        "What village is the member with loan L-8 from?": "club.xlsx, Members > Village",
    }
    for question, location in questions.items():
        (citation,) = index.ask(question).citations
        assert citation.location.endswith(location)
