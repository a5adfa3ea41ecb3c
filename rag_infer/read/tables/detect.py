"""Finds the tables of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_infer.read.tables.candidates import Row, lattice_boxes, page_rows, row_runs, run_box
from rag_infer.read.tables.captions import caption_of
from rag_infer.read.tables.checks import is_drawing, is_table
from rag_infer.read.tables.continued import same_places
from rag_infer.read.tables.figures import is_number
from rag_infer.read.tables.grid import Box, TableGrid
from rag_infer.read.tables.headers import wide_rules
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.region import Region
from rag_infer.read.tables.ruling_lines import Rules
from rag_infer.read.tables.text_lines import TextLine, text_lines
from rag_infer.read.tables.trim import trimmed
from rag_infer.read.tables.words import Word

_MIN_WORDS = 4
_MIN_ROWS = 3
_MAX_HEAD_ROWS = 4
_MAX_TITLE_HEIGHTS = 4.5
_MAX_WORDS = 12_000  # a page of more is no page of text


def find_tables(content: PageContent) -> tuple[TableGrid, ...]:
    """The tables of a page, from top to bottom; none where it is not certain enough."""
    if not _MIN_WORDS <= len(content.words) <= _MAX_WORDS:
        return ()
    lines = text_lines(content.words, content.space)
    shaded = content.rules.with_shades()
    tables: list[tuple[Box, TableGrid]] = []
    runs = row_runs(page_rows(lines), shaded)
    for box in sorted(lattice_boxes(content.rules), key=_area):
        # Lines may be drawn around a part of a table only: the run of lines is the table then.
        if not any(_mostly_beyond(run, box) for run in runs):
            tables += _ruled(content, box, tables)
    if tables:
        runs = _runs_outside(content, shaded, tables)
    for box in sorted(lattice_boxes(shaded), key=_area):
        # A part of a table may be shaded: then the run of lines says where the table is.
        if not any(_reaches_beyond(run_box(run), box, content.size) for run in runs):
            tables += _ruled(content, box, tables)
    for run in runs:
        tables += _unruled(content, run, shaded, tables)
    return _with_captions(lines, _with_rest(content, _with_heads(content, tables)))


def _with_heads(
    content: PageContent, tables: Sequence[tuple[Box, TableGrid]]
) -> list[tuple[Box, TableGrid]]:
    """Tables with the header that stands right above their frame, which was read by itself."""
    result: list[tuple[Box, TableGrid]] = []
    for box, grid in sorted(tables, key=lambda pair: pair[0][1]):
        for number, (above, head) in enumerate(result):
            gap = box[1] - above[3]
            across = min(above[2], box[2]) - max(above[0], box[0])
            if not (
                -1 < gap < 1.6 * content.size
                and across > 0.8 * min(above[2] - above[0], box[2] - box[0])
                and not any(is_number(cell.text) for cell in head.cells)
                and head.n_rows <= _MAX_HEAD_ROWS
            ):
                continue
            both = min(above[0], box[0]), above[1], max(above[2], box[2]), box[3]
            joined = Region(content, both).grid
            if joined is not None and joined.n_columns >= grid.n_columns:
                result[number] = both, joined
                break
        else:
            result.append((box, grid))
    return result


def _with_rest(
    content: PageContent, tables: Sequence[tuple[Box, TableGrid]]
) -> list[tuple[Box, TableGrid]]:
    """Tables with what goes on below a title of a group so long that it looks like prose."""
    result: list[tuple[Box, TableGrid]] = []
    for box, grid in sorted(tables, key=lambda pair: pair[0][1]):
        for number, (above, table) in enumerate(result):
            between = (min(above[0], box[0]), above[3], max(above[2], box[2]), box[1])
            if (
                grid.header_rows == 0
                and 0 <= box[1] - above[3] < _MAX_TITLE_HEIGHTS * content.size
                and same_places(table, grid)
                and all(
                    word.x1 < _first_figure(content, table)
                    for word in Region(content, between).words
                )
            ):
                both = between[0], above[1], between[2], box[3]
                joined = Region(content, both).grid
                if joined is not None and joined.n_columns == table.n_columns:
                    result[number] = both, joined
                    break
        else:
            result.append((box, grid))
    return result


def _first_figure(content: PageContent, table: TableGrid) -> float:
    """Where the first column of figures begins, in the page's frame."""
    return min(
        (content.box_in_frame(c.box)[0] for c in table.cells if c.column and is_number(c.text)),
        default=0.0,
    )


def _runs_outside(
    content: PageContent, rules: Rules, tables: Sequence[tuple[Box, TableGrid]]
) -> list[list[Row]]:
    """Runs of lines outside of the tables that are there already."""
    boxes = [box for box, _ in tables]
    words = [word for word in content.words if not _inside(word, boxes)]
    return row_runs(page_rows(text_lines(words, content.space)), rules)


def _mostly_beyond(run: Sequence[Row], box: Box) -> bool:
    """Whether rows of figures go through a box, and most of them lie above or below it."""
    rows = [
        row
        for row in run
        if any(is_number(p.text) and p.x0 > box[0] - 2 and p.x1 < box[2] + 2 for p in row.pieces)
    ]
    inside = sum(
        box[1] < row.line.baseline - 1 < box[3] and row.x0 < box[2] and row.x1 > box[0]
        for row in rows
    )
    return 0 < 2 * inside < len(rows)


def _reaches_beyond(run: Box, box: Box, size: float) -> bool:
    across = min(run[2], box[2]) - max(run[0], box[0])
    along = min(run[3], box[3]) - max(run[1], box[1])
    if across <= 2 or along <= 2:
        return False
    return (
        run[1] < box[1] - 1.5 * size
        or run[3] > box[3] + 1.5 * size
        or across < 0.8 * (run[2] - run[0])
    )


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlaps(box: Box, tables: Sequence[tuple[Box, TableGrid]]) -> bool:
    return any(
        min(box[2], other[2]) - max(box[0], other[0]) > 2
        and min(box[3], other[3]) - max(box[1], other[1]) > 2
        for other, _ in tables
    )


def _inside(word: Word, boxes: Sequence[Box]) -> bool:
    x, y = (word.x0 + word.x1) / 2, word.baseline - 0.3 * word.size
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes)


def _ruled(
    content: PageContent, box: Box, tables: Sequence[tuple[Box, TableGrid]]
) -> list[tuple[Box, TableGrid]]:
    """The table of a lattice, if there is one."""
    if _overlaps(box, tables):
        return []
    region = Region(content, box)
    if len(region.words) < _MIN_WORDS or not region.is_latticed:
        return []
    grid = region.grid
    if grid is None or is_drawing(grid, region.rules, region.words):
        return []
    good = is_table(grid, lattice=region.has_lattice, wide_rules=2, leaders=False)
    return [(box, grid)] if good else []


def _unruled(
    content: PageContent,
    run: Sequence[Row],
    rules: Rules,
    tables: Sequence[tuple[Box, TableGrid]],
) -> list[tuple[Box, TableGrid]]:
    """The table of a run of lines."""
    if sum(len(row.pieces) > 1 for row in run) < 2:
        return []
    grids: list[tuple[Box, TableGrid]] = []
    for part in trimmed(run, rules):
        box = run_box(part)
        if _overlaps(box, [*tables, *grids]):
            continue
        region = Region(content, box)
        wide = len(wide_rules(region.shaded.level, box[0], box[2]))
        if not _is_plausible(part, wide):
            continue
        grid = region.grid
        if grid is None or is_drawing(grid, region.shaded, region.words):
            continue
        if is_table(grid, lattice=False, wide_rules=wide, leaders=_has_leaders(content, box)):
            grids.append((box, grid))
    return grids


def _is_plausible(rows: Sequence[Row], wide: int) -> bool:
    """Whether lines could pass as a table, before they are put in columns, which takes longer."""
    in_pieces = [len(row.pieces) for row in rows if len(row.pieces) > 1]
    if wide > 1:
        return len(in_pieces) > 1
    if len(in_pieces) < _MIN_ROWS:
        return False
    numbers = sum(is_number(piece.text) for row in rows for piece in row.pieces)
    return numbers > 1 or (max(in_pieces) > 2 and len(in_pieces) > _MIN_ROWS)


def _has_leaders(content: PageContent, box: Box) -> bool:
    inside = [x for x, y in content.leaders if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
    return len(inside) > 2


def _with_captions(
    lines: Sequence[TextLine], tables: Sequence[tuple[Box, TableGrid]]
) -> tuple[TableGrid, ...]:
    result = []
    for box, grids in sorted(tables, key=lambda pair: (pair[0][1], pair[0][0])):
        others = [other for other, _ in tables if other is not box]
        caption, spans, n_lines = caption_of(lines, box, others)
        above = sum(line.bottom <= box[1] + 0.5 * line.size for line in lines)
        below = sum(line.top >= box[3] - 0.5 * line.size for line in lines)
        grid = replace(
            grids,
            caption=caption,
            caption_spans=spans,
            lines_above=max(0, above - n_lines),
            lines_below=below,
        )
        result.append(grid)
    return tuple(result)
