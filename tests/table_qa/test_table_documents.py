"""Tables of ordinary documents: merged cells, sums among the rows, look-ups in every format."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from rag_infer import Filter, Index
from rag_infer.context.passage_selection import passage_key, select_passages
from rag_infer.context.template import TokenizerTemplate
from rag_infer.table_qa.passage_columns import passage_columns
from tests.factories import tokenizer

SALES = """<html><body><h1>Sales of the quarter</h1><table>
<tr><th>Area</th><th>Shop</th><th>Takings</th></tr>
<tr><td rowspan="2">Coast</td><td>Harbor</td><td>1,200.50</td></tr>
<tr><td>Pier</td><td>800.25</td></tr>
<tr><td colspan="2">Subtotal coast</td><td>2,000.75</td></tr>
<tr><td rowspan="2">Valley</td><td>Mill</td><td>450.00</td></tr>
<tr><td>Bridge</td><td>(50.00)</td></tr>
<tr><td colspan="2">Subtotal valley</td><td>400.00</td></tr>
<tr><td colspan="2">Grand total</td><td>2,400.75</td></tr>
</table></body></html>"""
LEDGER = (
    "Monat;Filiale;Umsatz;Kosten\nJanuar;Köln;9.677,94;(312,10)\nFebruar;Köln;10.250,50;(298,00)\n"
    "Januar;Mainz;4.120,00;(150,25)\nSumme;;24.048,44;(760,35)\n"
)
HOURS = """<html><body><h1>Opening hours</h1><table>
<tr><th>Branch</th><th>Mon-Fri</th><th>Saturday</th></tr>
<tr><td>Mill Lane</td><td>7:30-19:00</td><td>8:00-17:00</td></tr>
<tr><td>Castle Hill</td><td>9:00-18:00</td><td>closed</td></tr></table></body></html>"""


def _word(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Hostel beds and prices", 1)
    table = document.add_table(rows=0, cols=4)
    for cells in (
        ("House", "Room", "Beds", "Night"), ("Lake house", "Loft", "6", "€ 31,00"),
        ("", "Cellar", "4", "€ 22,00"), ("Hill house", "Loft", "8", "€ 29,50"),
        ("Total", "", "18", ""),
    ):  # fmt: skip
        row = table.add_row().cells
        for cell, text in zip(row, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document.save(str(path))


def _pdf(path: Path) -> None:
    grid = Table([["Parcel", "Inland", "Abroad"], ["up to 2 kg", "4.90", "11.50"],
                  ["up to 5 kg", "6.20", "15.80"]])  # fmt: skip
    grid.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, (0, 0, 0))]))
    SimpleDocTemplate(str(path)).build([grid])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("documents")
    folder = home / "data"
    folder.mkdir()
    (folder / "sales.html").write_text(SALES)
    (folder / "umsatz.csv").write_bytes(LEDGER.encode("latin-1"))
    (folder / "hours.html").write_text(HOURS)
    _word(folder / "hostel.docx")
    _pdf(folder / "parcels.pdf")
    index = Index.open(home / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "value"),
    [
        # What spans rows is said of each of them; what sums up others is no row of its own.
        ("What are the total takings by area?", "Coast: 2,000.75; Valley: 400"),
        ("Which shop has the highest takings?", "Harbor"),
        ("How many shops are in the area Coast?", "2"),
        ("What is the total Umsatz of Köln?", "19,928.44"),
        ("What is the sum of Kosten?", "-760.35"),
        ("How many beds are there in total?", "18"),
        ("How many beds does the cellar of the Lake house have?", "4"),
        ("What does a night in the loft of the Hill house cost?", "29,50"),
        ("When is Mill Lane open on Tuesday?", "7:30-19:00"),
        ("Is Castle Hill open on Saturday?", "closed"),
        ("What does a parcel up to 5 kg abroad cost?", "15.80"),
    ],
)
def test_values_of_ordinary_tables(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert value in (answer.short_text or answer.text), answer.text
    assert answer.citations


def test_a_passage_within_a_table_is_given_to_a_model_with_its_columns(tmp_path: Path) -> None:
    remark = "with a long remark about the furniture and the light in it"
    rows = [f"| Room {n} | {n % 9 + 1} | {remark} |" for n in range(80)]
    text = "# Rooms\n\n| Room | Seats | Remark |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    (tmp_path / "rooms.md").write_text(text)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "rooms.md")
    hits = index.search("Room 57 furniture", 20)
    columns = [passage_columns(index.engine.snapshot, hit) for hit in hits]
    for hit, line in zip(hits, columns, strict=True):
        begins_with_header = "Room | Seats" in hit.chunk.text
        assert line == ("" if begins_with_header else "Room | Seats | Remark")
        assert hit.chunk.text.startswith(("|", "# Rooms")), "a row is cut"
        assert hit.chunk.text.rstrip().endswith("|"), "a row is cut"
    assert any(columns)
    template = TokenizerTemplate(tokenizer("chatml"), "chatml")
    keys = {passage_key(hit): line for hit, line in zip(hits, columns, strict=True)}
    passages, _ = select_passages(template, "Room 57", hits, 2000, descriptions=keys)
    within = [p for p in passages if keys[passage_key(p.hit)]]
    assert within
    assert all("(Columns: Room | Seats | Remark)\n" in p.text for p in within)


def test_a_file_too_large_for_a_question_is_not_read_as_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag_infer.table_qa import index_tables

    (tmp_path / "small.csv").write_text("Name,Amount\nAnn,12\nBob,7\n")
    rows = "".join(f"R-{n},{n}\n" for n in range(400))
    (tmp_path / "large.csv").write_text(f"Order,Value\n{rows}")
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "small.csv")
    index.add(tmp_path / "large.csv")
    monkeypatch.setattr(index_tables, "_MAX_CHARS", 2000)
    names = [table.name for table in index_tables.tables(index.engine.snapshot, Filter())]
    assert names == ["small"]
