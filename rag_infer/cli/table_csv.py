"""Tables as CSV files that spreadsheets open."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from rag_infer.cli.output import print_note
from rag_infer.errors import InputError
from rag_infer.types import Answer

# A spreadsheet would run a cell that begins like this as a formula; documents are not trusted.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write(path: Path, answer: Answer) -> None:
    """Writes the table of an answer; says so where it has none.

    Raises:
        InputError: The file cannot be written.
    """
    if answer.table is None:
        print_note(f"note: this answer has no table; {path} was not written")
        return
    write_rows(path, answer.table.columns, answer.table.rows)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Writes a table whose cells no spreadsheet takes for formulas.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow([_safe(name) for name in columns])
            lines.writerows([_safe(cell) for cell in row] for row in rows)
    except OSError as error:
        raise InputError(f"cannot write the table: {error.strerror}", where=str(path)) from error


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; negative figures stay as they are."""
    if not cell.startswith(_FORMULA_STARTS) or _is_figure(cell):
        return cell
    return "'" + cell


def _is_figure(cell: str) -> bool:
    return cell[1:].replace(",", "").replace(".", "", 1).strip(" %").isdecimal()
