"""How many rows of a table name its columns, and how many columns name its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.tables.figures import is_blank, parse_figure

_MAX_HEADER_ROWS = 5
_SAMPLE_ROWS = 40
_LABEL_COLON = re.compile(r".{1,60}:\s*$")
_DIGIT = re.compile(r"\d")
# A year, perhaps with the unit of the figures below it: "2024 (kg)", "FY2024 €m".
_YEAR = re.compile(
    r"(?:FY\s?)?(?:1[5-9]|20)\d\d(?:\s*\([^()\d]{1,20}\)|\s*[€$£%][a-z]{0,3})?$", re.IGNORECASE
)


def header_rows_of(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top name columns; 0 where the first row is data.

    A row is one of data once it has a figure in a column of figures. Above the first of those, all
    rows are headers if they leave the label column empty or repeat one text over columns; else the
    first row is.
    """
    if len(rows) < 2:
        return 0
    sample = rows[:_SAMPLE_ROWS]
    width = max(map(len, sample))
    colons = sum(_LABEL_COLON.fullmatch(row[0]) is not None for row in sample)
    if width == 2 and 2 * colons > len(sample):
        return 0
    figure_columns = _figure_columns(sample, width)
    if not figure_columns:
        return 1
    all_years = _all_years(sample, figure_columns)
    data_rows = (n for n, row in enumerate(sample) if _is_data(row, figure_columns, all_years))
    first_data = next(data_rows, 1)
    if first_data == 0:
        return 0
    if first_data == 1 and not sample[0][0].strip() and _repeats_below(sample[0], sample[1]):
        return 2
    count = 1
    # "Assets:" right above the first row of figures is a section of the body, not a header.
    while count < min(first_data, _MAX_HEADER_ROWS) and _goes_on(
        rows[count - 1], rows[count], width
    ):
        count += 1
    return count


def header_columns_of(rows: Sequence[Sequence[str]], header_rows: int) -> int:
    """How many columns at the left name rows: 1 where the first is of text, else 0."""
    body = rows[header_rows:][:_SAMPLE_ROWS]
    cells = [row[0] for row in body if row and row[0].strip()]
    if not cells:
        return 0
    return int(sum(parse_figure(cell) is None for cell in cells) * 2 > len(cells))


def _goes_on(above: Sequence[str], row: Sequence[str], width: int) -> bool:
    """Whether a row below a header is one more of it."""
    filled = [cell for cell in row if cell.strip()]
    if len(filled) < 2 and width > 2:
        # A line of units ("(in thousands)") stands over the figures, a section at the left.
        return not row[0].strip() and bool(filled)
    gaps = sum(not cell.strip() for cell in above[1:]) * 2 >= max(1, len(above) - 1)
    repeats = len({cell for cell in above if cell.strip()}) < sum(bool(c.strip()) for c in above)
    return not row[0].strip() or gaps or repeats or not above[0].strip()


def _repeats_below(above: Sequence[str], row: Sequence[str]) -> bool:
    """Whether each text that spans columns has the same texts under it ("5 days", "3 days")."""
    below: dict[str, list[str]] = {}
    for text, cell in zip(above[1:], row[1:], strict=False):
        below.setdefault(text.strip(), []).append(cell.strip())
    parts = [tuple(cells) for text, cells in below.items() if text]
    return (
        len(parts) > 1 and len(set(parts)) == 1 and len(set(parts[0])) == len(parts[0]) > 1
        and all(any(map(str.isalpha, cell)) for cell in parts[0])
    )  # fmt: skip


def _figure_columns(rows: Sequence[Sequence[str]], width: int) -> set[int]:
    columns = set()
    for column in range(width):
        body = [row[column].strip() for row in rows[1:] if column < len(row)]
        filled = [cell for cell in body if not is_blank(cell)]
        figures = sum(_DIGIT.search(c) is not None and _figure(c) for c in filled)
        if filled and figures * 2 > len(filled):
            columns.add(column)
    return columns


def _figure(cell: str) -> bool:
    return parse_figure(cell) is not None or parse_figure(cell, ",") is not None


def _all_years(rows: Sequence[Sequence[str]], columns: set[int]) -> frozenset[int]:
    """Columns whose figures are all years, below the first row."""
    return frozenset(
        c
        for c in columns
        if all(_YEAR.match(r[c].strip()) for r in rows[1:] if c < len(r) and r[c].strip())
    )


def _is_data(row: Sequence[str], columns: set[int], all_years: frozenset[int]) -> bool:
    for column in columns:
        cell = row[column].strip() if column < len(row) else ""
        if not cell or not _DIGIT.search(cell):
            continue
        if _YEAR.match(cell) and column not in all_years:
            continue  # "2019" over figures is a header
        if _figure(cell):
            return True
    return False
