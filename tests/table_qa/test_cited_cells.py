"""A cell that answers is cited with the page that a person has to open."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

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
