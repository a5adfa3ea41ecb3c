"""A table whose columns are years with a unit, under a title at the margin of the page."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from rag_infer import Index
from rag_infer.tables.header import header_rows_of

ROWS = [
    ["Apiary", "2024 (kg)", "2025 (kg)"],
    ["Orchard", "212", "187"],
    ["Heath", "145", "203"],
    ["Canal", "98", "121"],
    ["Total", "455", "511"],
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("bees")
    style = getSampleStyleSheet()["BodyText"]
    SimpleDocTemplate(str(folder / "course.pdf"), pagesize=A4).build(
        [
            Paragraph("Honey yields by apiary", style),
            Table(ROWS, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")]),
        ]
    )
    index = Index.open(tmp_path_factory.mktemp("index") / "index", create=True)
    index.add(Path(folder))
    return index


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which apiary had the highest yield in 2025?", "Heath"),
        ("How much honey did Heath yield in 2025?", "203"),
        ("What was the total yield in 2025?", "511"),
        ("How much more honey did Heath yield in 2025 than in 2024?", "58"),
    ],
)
def test_years_with_a_unit_name_columns(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert value in (answer.short_text or answer.text)


def test_names_of_columns_are_no_answer(index: Index) -> None:
    answer = index.ask("What do the apiaries of 2024 and 2025 sell?")
    assert not answer.answered


def test_the_title_that_a_program_leaves_is_none(index: Index) -> None:
    (document,) = index.documents()
    assert document.title is None


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (ROWS, 1),
        ([["Route", "FY2024 (€m)"], ["North", "12"], ["South", "9"]], 1),
        ([["Hall", "1850"], ["Mill", "1871"], ["Inn", "1902"]], 0),
    ],
)
def test_the_rows_that_name_columns(rows: list[list[str]], count: int) -> None:
    assert header_rows_of(rows) == count
