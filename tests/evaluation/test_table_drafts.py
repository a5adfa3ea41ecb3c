"""Cells of real files are asked for by row and column; totals and codes are not."""

from __future__ import annotations

from pathlib import Path

from rag_infer import Index
from rag_infer.evaluation.run import document_tables, page_texts
from rag_infer.evaluation.table_drafts import table_drafts


def questions(folder: Path, **files: str) -> dict[str, str]:
    source = folder / "files"
    source.mkdir()
    for name, text in files.items():
        (source / name.replace("_", ".")).write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(source)
    drafts = list(table_drafts(document_tables(index), page_texts(index)))
    for draft in drafts:
        assert draft.quote in draft.page.text
        assert draft.answer in draft.quote
    return {draft.question: draft.answer for draft in drafts}


def test_cells_are_asked_for_by_row_and_column(tmp_path: Path) -> None:
    rooms = (
        "Pos.,Room,Seats,Price per day (EUR),Closes,Planned,Free since\n"
        "1,Blue Hall,80,300.50,18:00,3 May,June\n2,Attic,12,,17:00,4 June,May\n"
        "3,Cellar,20,150.00,16:00,5 July,May\n"
    )
    assert questions(tmp_path, rooms_csv=rooms) == {
        "What are the seats of Blue Hall?": "80",
        "What is the price per day of Blue Hall?": "300.50",
        "What is planned for Blue Hall?": "3 May",
        "What are the seats of Attic?": "12",
        "What is planned for Attic?": "4 June",
        "What are the seats of Cellar?": "20",
        "What is the price per day of Cellar?": "150.00",
        "What is planned for Cellar?": "5 July",
    }


def test_totals_are_not_asked_and_periods_are_no_properties(tmp_path: Path) -> None:
    budget = "Team,Q1,Q2\nProperty,760,820\nEmployment,540,575\nTotal,1300,1395\n"
    assert questions(tmp_path, budget_csv=budget) == {
        "What is the figure of Property for Q1?": "760",
        "What is the figure of Property for Q2?": "820",
        "What is the figure of Employment for Q1?": "540",
        "What is the figure of Employment for Q2?": "575",
    }


def test_a_table_of_a_page_is_quoted_by_its_row(tmp_path: Path) -> None:
    page = "# Tide\n\n| Boat | Crew |\n|---|---|\n| Merlin | 14 |\n| Osprey | 9 |\n"
    assert questions(tmp_path, tide_md=page) == {
        "What is the crew of Merlin?": "14",
        "What is the crew of Osprey?": "9",
    }


def test_rows_of_one_label_are_not_asked_for(tmp_path: Path) -> None:
    visits = "Member,Visits\nOve,3\nOve,5\nMarit,8\n"
    assert questions(tmp_path, visits_csv=visits) == {"What are the visits of Marit?": "8"}
