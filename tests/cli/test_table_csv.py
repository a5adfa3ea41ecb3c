"""The table of an answer as a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rag_infer.cli import table_csv
from rag_infer.errors import InputError
from rag_infer.types import Answer, ResultTable


def answer(table: ResultTable | None) -> Answer:
    return Answer("q", "text", True, "extractive", table=table)


def test_the_rows_of_an_answer_are_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    table_csv.write(path, answer(ResultTable(("city", "amount"), (("Oslo, east", "1,250"),))))
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["city", "amount"], ["Oslo, east", "1,250"]]


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("@SUM(A1)", "'@SUM(A1)"), ("-1+2", "'-1+2"),
     ("-12.5", "-12.5"), ("-1,000", "-1,000"), ("+3 %", "+3 %"), ("North", "North")],
)  # fmt: skip
def test_no_cell_is_run_as_a_formula(tmp_path: Path, cell: str, written: str) -> None:
    path = tmp_path / "rows.csv"
    table_csv.write(path, answer(ResultTable(("a",), ((cell,),))))
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == [written]


def test_an_answer_without_a_table_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table_csv.write(tmp_path / "rows.csv", answer(None))
    assert "has no table" in capsys.readouterr().err
    assert not (tmp_path / "rows.csv").exists()


def test_a_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write the table"):
        table_csv.write(tmp_path / "no" / "rows.csv", answer(ResultTable(("a",), (("b",),))))
