"""Fields of real small documents."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_infer import ExtractionCell, Filter, Index, InputError
from rag_infer.cli.app import application

FILES = {
    "form.md": (
        "# Licence form\n\n**Expiry date:** 3 May 2026\nNotice period: forty-five (45) days\n"
        "Fee: EUR 1,250.50\nSupplier: =HYPERLINK(1) Ltd\nSignature: ________\n"
    ),
    "lease.txt": (
        'LEASE\n\nThis lease is made between:\n\n(1) Harrow Estates Ltd (the "Landlord"); and\n\n'
        '(2) Pellin Bakers Ltd (the "Tenant").\n\n1. Term\n\nThe term starts on 1 July 2021 and '
        "shall expire on 30 June 2027.\n\n2. Rent\n\nThe Tenant pays a rent of GBP 24,000 a year."
        "\n\n3. Notice\n\nEither party may end this lease by giving three months' written notice."
        "\n\n4. Law\n\nThis lease is governed by the law of Ireland.\n"
    ),
    "invoice.txt": (
        "INVOICE\n\nNo. 77-A\nDate: 12 February 2025\n\nPos. Description Amount GBP\n"
        "1 Review of papers 3,420.00\nNet total 3,420.00\nVAT 684.00\nTotal due 4,104.00\n"
    ),
    "table.md": (
        "# Contract data\n\n| Key | Value |\n|---|---|\n| Valid until | 4.5.2027 |\n"
        "| Notice period | 2 months |\n"
    ),
    "poem.txt": "The heron stands.\n\nGrey water, grey sky, and no word from the far shore.\n",
}  # fmt: skip


def cells(index: Index, fields: Sequence[str], name: str = "*", **arguments: Any) -> list[
    list[ExtractionCell]
]:  # fmt: skip
    table = index.extract(fields, filter=Filter(paths=[f"*{name}"]), **arguments)
    return [list(row.cells) for row in table.rows]


@pytest.mark.parametrize(
    ("name", "field", "text", "value", "unit"),
    [
        ("form.md", "expiry date", "3 May 2026", "2026-05-03", None),
        ("form.md", "notice period", "forty-five (45) days", "P45D", None),
        ("form.md", "fee", "EUR 1,250.50", "1250.50", "EUR"),
        ("table.md", "expiry date", "4.5.2027", "2027-05-04", None),
        ("table.md", "notice period", "2 months", "P2M", None),
        ("invoice.txt", "total due", "4,104.00", "4104.00", "GBP"),
        ("invoice.txt", "invoice date", "12 February 2025", "2025-02-12", None),
        ("invoice.txt", "invoice number", "77-A", "77-A", None),
        ("lease.txt", "expiry date", "30 June 2027", "2027-06-30", None),
        ("lease.txt", "start date", "1 July 2021", "2021-07-01", None),
        ("lease.txt", "notice period", "three months", "P3M", None),
        ("lease.txt", "rent", "GBP 24,000", "24000", "GBP"),
        ("lease.txt", "landlord", "Harrow Estates Ltd", "Harrow Estates Ltd", None),
        ("lease.txt", "governing law", "Ireland", "Ireland", None),
    ],
)
def test_a_field_of_a_document(
    index: Index, name: str, field: str, text: str, value: str, unit: str | None
) -> None:
    ((cell,),) = cells(index, [field], name)
    assert (cell.text, cell.value, cell.unit) == (text, value, unit)


def test_every_value_stands_at_its_span_and_in_its_quote(index: Index) -> None:
    table = index.extract(["expiry date", "notice period", "rent", "fee", "landlord"])
    assert table.read == table.documents == len(FILES)
    filled = [cell for row in table.rows for cell in row.cells if cell.text is not None]
    assert len(filled) >= 8
    for cell in filled:
        assert cell.span is not None
        assert cell.citation is not None
        page = index.engine.snapshot.page(cell.span.document_id, cell.span.page_number)
        assert page is not None
        assert page[1][cell.span.start : cell.span.end] == cell.text
        quoted = cell.citation.span
        assert page[1][quoted.start : quoted.end] == quoted.quote
        assert quoted.start <= cell.span.start < cell.span.end <= quoted.end
        assert cell.grade in ("confident", "probable")


def test_a_document_that_says_nothing_has_empty_cells(index: Index) -> None:
    table = index.extract(["expiry date", "rent", "landlord"], filter=Filter(paths=["*poem.txt"]))
    assert all(cell.text is None and cell.citation is None for cell in table.rows[0].cells)
    assert table.coverage == "1 of 1 document read, 1 says nothing"


def test_a_blank_in_a_form_is_no_value(index: Index) -> None:
    ((cell,),) = cells(index, ["signature"], "form.md")
    assert cell.text is None


def test_a_schema_gives_types_choices_and_questions(index: Index) -> None:
    schema = {
        "properties": {
            "end": {"title": "expiry date", "format": "date"},
            "law": {"title": "governing law", "enum": ["Ireland", "France"]},
            "rent": {"type": "number", "description": "What rent does the tenant pay?"},
            "landlord": {"format": "date"},
        }
    }
    ((end, law, rent, landlord),) = cells(index, (), "lease.txt", schema=schema)
    assert (end.field, end.value) == ("end", "2027-06-30")
    assert law.value == "Ireland"
    assert rent.text is not None
    assert landlord.text is None, "a name is no date"


def test_a_model_fills_only_what_stands_in_the_document(index: Index) -> None:
    replies = {"poem.txt": "the far shore", "form.md": "Mars"}

    def model(messages: list[dict[str, str]]) -> str:
        prompt = " ".join(message["content"] for message in messages)
        return replies["poem.txt" if "heron" in prompt else "form.md"]

    ((cell,),) = cells(index, ["place of the sender"], "poem.txt", llm=model)
    assert (cell.text, cell.source, cell.grade) == ("the far shore", "model", "probable")
    ((cell,),) = cells(index, ["home planet"], "form.md", llm=model)
    assert cell.text is None


@pytest.mark.parametrize("fields", [[], ["rent", "rent"], [""], "rent", ["rent="], [3]])
def test_wrong_fields_are_refused(index: Index, fields: Any) -> None:
    with pytest.raises(InputError):
        index.extract(fields)


def test_progress_is_told_and_documents_are_bounded(index: Index) -> None:
    steps: list[tuple[int, int]] = []
    table = index.extract(
        ["fee"], max_documents=2, on_progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(1, 2), (2, 2)]
    assert (table.read, table.documents) == (2, len(FILES))
    assert "only the first 2" in table.warnings[0]


def test_the_command_prints_a_table_json_and_csv(index: Index, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    command = ["extract", "files", "-f", "supplier", "-f", "expiry date", "-i", str(index.path)]
    printed = CliRunner().invoke(application(), [*command, "--csv", str(rows), "--sources"])
    assert printed.exit_code == 0, printed.output
    assert all(len(line) <= 80 for line in printed.stdout.splitlines())
    assert "5 of 5 documents read" in printed.stdout
    assert "3 May 2026" in printed.stdout
    with rows.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    form = next(line for line in lines if line["document"].endswith("form.md"))
    assert form["supplier"] == "'=HYPERLINK(1) Ltd"
    assert form["expiry date value"] == "2026-05-03"
    result = json.loads(CliRunner().invoke(application(), [*command, "--json"]).stdout)
    assert result["read"] == 5
    names = [cell["field"] for row in result["rows"] for cell in row["cells"]]
    assert set(names) == {"supplier", "expiry date"}


def test_a_path_that_is_not_in_the_index_is_an_error_of_one_line(index: Index) -> None:
    command = ["extract", "nowhere.pdf", "-f", "fee", "-i", str(index.path)]
    result = CliRunner().invoke(application(), command)
    assert isinstance(result.exception, InputError)
    assert "nowhere.pdf" in str(result.exception)
    assert CliRunner().invoke(application(), ["extract", "-i", str(index.path)]).exit_code == 2
