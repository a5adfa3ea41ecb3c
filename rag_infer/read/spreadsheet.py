"""Spreadsheets (XLSX, XLS, XLSB, ODS): a page for each sheet, rows under their header."""

from __future__ import annotations

import datetime
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.character_marks import left_out_note
from rag_infer.read.models import OpenedFile
from rag_infer.read.number_formats import SheetFormats, formatted, sheet_formats
from rag_infer.read.open_document_pictures import sheet_pictures
from rag_infer.read.table_pages import table_pages
from rag_infer.read.zip_safety import check_zip, is_zip
from rag_infer.tables.layout import TableRow
from rag_infer.types import Document, Page

_MAX_MERGED_CELLS = 400_000  # of a sheet


def read(file: OpenedFile) -> Iterator[Document]:
    """One document."""
    import python_calamine as calamine

    data = file.data()
    if not data:
        raise ReadError("empty (0 bytes)")
    formats: dict[str, SheetFormats] = {}
    if is_zip(data):
        with check_zip(data) as archive:
            formats = sheet_formats(archive) or {
                name: SheetFormats(drawings=page) for name, page in sheet_pictures(archive).items()
            }
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheet_pages = tuple(_pages(book, formats))
    except calamine.PasswordError as error:
        raise PasswordError("encrypted with a password", hint="save it without one") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise ReadError(f"damaged, or not a spreadsheet ({error})") from error
    yield Document(file.id, "sheet", file.sha256, sheet_pages)


def _pages(book: Any, formats: Mapping[str, SheetFormats]) -> Iterator[Page]:
    import python_calamine

    number = 1
    hidden = {
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible != python_calamine.SheetVisibleEnum.Visible
    }
    for name in book.sheet_names:
        if name in hidden:
            yield Page(number, "", name, note="hidden sheet, left out")
            number += 1
            continue
        try:
            sheet = book.get_sheet_by_name(name)
        except Exception as error:  # a sheet of charts is no sheet to calamine
            yield Page(number, "", name, note=f"it has no cells ({type(error).__name__})")
            number += 1
            continue
        own = formats.get(name, SheetFormats())
        counts = Counter[str]()
        rows = _rows(sheet, own, counts)
        comments = [f"Comment at {place}: {text}" for place, text in own.comments]
        comments += own.margins
        count = len(own.unfilled)
        unfilled = f"{count} formulas without a stored result" if count else None
        concealed = f"{own.concealed} cells of hidden rows or columns among them"
        for page in table_pages(rows, name, number, comments):
            left_out = left_out_note(counts["struck"], counts["hidden"])
            counts.clear()
            notes = [page.note or unfilled, left_out, concealed if own.concealed else None]
            yield replace(page, note="; ".join(filter(None, notes)) or None)
            number = page.number + 1
        if own.drawings is not None:
            yield replace(own.drawings, number=number, label=f"{name}, drawings")
            number += 1


def _rows(sheet: Any, own: SheetFormats, counts: Counter[str]) -> Iterator[TableRow]:
    """The rows of a sheet; the text of a merged cell stands in every place that it covers.

    A formula without a stored result is shown itself: its cell is not empty, its value unknown.
    So is the error that stands in place of a result.
    Cells that are struck out or unseen are left empty, and their characters counted.
    """
    first_row, first_column = sheet.start or (0, 0)
    texts: dict[tuple[int, int], str] = {}  # of merged cells above the present row
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    merged_cells = 0
    for start, end in sheet.merged_cell_ranges or ():
        (top, left), (bottom, right) = start, end
        size = (bottom - top + 1) * (right - left + 1)
        if merged_cells + size > _MAX_MERGED_CELLS:
            continue
        merged_cells += size
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                merged[row - first_row, column - first_column] = (
                    top - first_row,
                    left - first_column,
                )
    for number, cells in enumerate(sheet.iter_rows()):
        line = [
            _cell_text(cell, own.formats.get((number + first_row, column + first_column)))
            for column, cell in enumerate(cells)
        ]
        for column in range(len(line)) if own.unfilled else ():
            formula = own.unfilled.get((number + first_row, column + first_column))
            if formula is not None and not line[column]:
                line[column] = f"={formula} (not computed)" if formula else "(not computed)"
        for column in range(len(line)) if own.errors else ():
            line[column] = line[column] or own.errors.get(
                (number + first_row, column + first_column), ""
            )
        if own.struck or own.hidden or own.partly_struck:
            is_filled = any(line)
            _leave_out(line, number + first_row, first_column, own, counts)
            if is_filled and not any(line):
                continue  # a blank row would end the table
        repeated: set[int] = set()
        for column in range(len(line)):
            origin = merged.get((number, column))
            if origin is None:
                continue
            if origin == (number, column):
                texts[origin] = line[column]
            line[column] = texts.get(origin, "")
            if origin[1] < column:
                repeated.add(column)
        yield TableRow(line, frozenset(repeated))


def _leave_out(
    line: list[str], row: int, first_column: int, own: SheetFormats, counts: Counter[str]
) -> None:
    for column, text in enumerate(line):
        place = row, column + first_column
        remains = own.partly_struck.get(place, text)
        kind = "struck"
        if place in own.struck or place in own.hidden:
            remains, kind = "", "struck" if place in own.struck else "hidden"
        if len(remains) < len(text):
            counts[kind] += len(text) - len(remains)
            line[column] = remains


def _cell_text(cell: Any, code: str | None = None) -> str:
    if code and isinstance(cell, datetime.timedelta):
        cell = cell.total_seconds() / 86_400
    if code and isinstance(cell, (int, float)) and not isinstance(cell, bool):
        text = formatted(cell, code)
        if text is not None:
            return text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)
