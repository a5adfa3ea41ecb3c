"""The table of an extraction for a terminal and for CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_infer.cli.answer_view import render_citation
from rag_infer.cli.output import print_note, print_text
from rag_infer.cli.table_view import render_table
from rag_infer.cli.terminal import one_line, shortened, styled, width, wrapped
from rag_infer.extraction.results import Extraction, ExtractionCell, ExtractionRow
from rag_infer.types import ResultTable

_MIN_COLUMN = 12  # narrower cells are not read any more
_MAX_NAME_COLUMNS = 32
_MAX_CELL_CHARS = 90
_UNSURE = "~"  # before a value that is only probable


def render_extraction(extraction: Extraction) -> None:
    """One row a document, or one block where the fields do not fit beside each other."""
    columns = len(extraction.fields) + 1
    if not extraction.rows:
        print_text("No documents.")
    elif _MAX_NAME_COLUMNS + (_MIN_COLUMN + 2) * (columns - 1) <= width():
        names = _names(extraction.rows)
        rows = tuple(
            (shortened(name, _MAX_NAME_COLUMNS), *map(_cell_text, row.cells))
            for name, row in zip(names, extraction.rows, strict=True)
        )
        header = ("document", *(field.name for field in extraction.fields))
        render_table(ResultTable(header, rows), len(rows))
    else:
        _render_blocks(extraction)
    print_text("\n" + styled(f"{extraction.coverage}{_legend(extraction)}", "dim"))
    for warning in extraction.warnings:
        print_note(f"note: {warning}")


def render_sources(extraction: Extraction) -> None:
    """The words behind each cell, with their place."""
    for row, cell in _filled(extraction):
        assert cell.citation is not None
        print_text(f"\n{one_line(row.document_id)}: {cell.field} = {_cell_text(cell)}")
        render_citation(cell.citation)


def csv_table(extraction: Extraction) -> tuple[Sequence[str], Iterator[Sequence[str]]]:
    """Header and rows: for each field its value, and where it stands."""
    header = ["document", "title"]
    for field in extraction.fields:
        header += [field.name]
        header += [f"{field.name} {part}" for part in ("value", "unit", "grade", "page", "quote")]

    def rows() -> Iterator[Sequence[str]]:
        for row in extraction.rows:
            cells = [part for cell in row.cells for part in _csv_cell(cell)]
            yield [row.document_id, row.title or "", *cells]

    return header, rows()


def _csv_cell(cell: ExtractionCell) -> Sequence[str]:
    if cell.citation is None or cell.text is None:
        return ("", "", "", cell.grade, "", "")
    value = "" if cell.value is None else str(cell.value)
    page = cell.citation.page_label or str(cell.citation.span.page_number)
    quote = " ".join(cell.citation.span.quote.split())
    return (one_line(cell.text), value, cell.unit or "", cell.grade, page, quote)


def _render_blocks(extraction: Extraction) -> None:
    labels = max(len(one_line(field.name)) for field in extraction.fields)
    for row in extraction.rows:
        print_text("\n" + styled(one_line(row.document_id), "bold"))
        filled = [cell for cell in row.cells if cell.text is not None]
        for cell in filled:
            first = f"  {one_line(cell.field):<{min(labels, 30)}}  "
            print_text(wrapped(_cell_text(cell), indent=" " * len(first), first=first))
        if not filled:
            print_text(styled("  says nothing", "dim"))


def _cell_text(cell: ExtractionCell) -> str:
    if cell.text is None:
        return ""
    mark = _UNSURE if cell.grade == "probable" else ""
    return mark + shortened(one_line(cell.text), _MAX_CELL_CHARS)


def _legend(extraction: Extraction) -> str:
    is_unsure = any(cell.grade == "probable" for _, cell in _filled(extraction))
    return f"; {_UNSURE} probably" if is_unsure else ""


def _filled(extraction: Extraction) -> Iterator[tuple[ExtractionRow, ExtractionCell]]:
    for row in extraction.rows:
        for cell in row.cells:
            if cell.citation is not None:
                yield row, cell


def _names(rows: Sequence[ExtractionRow]) -> list[str]:
    """The ids without the folders that all of them share."""
    parts = [one_line(row.document_id).split("/") for row in rows]
    shared = 0
    while len(rows) > 1 and all(len(p) > shared + 1 for p in parts):
        if len({p[shared] for p in parts}) > 1:
            break
        shared += 1
    return ["/".join(p[shared:]) for p in parts]
