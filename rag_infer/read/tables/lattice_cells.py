"""The cells of a ruled table: what stands in each face of its lattice.

Rules part most cells. Where they do not (rows of figures between two rules, a header shaded as
one), the text does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag_infer.read.tables.cells import cell_of, grid_of
from rag_infer.read.tables.columns import separators
from rag_infer.read.tables.figures import is_figure, is_number, is_year
from rag_infer.read.tables.grid import Cell, TableGrid
from rag_infer.read.tables.lattice import Face, Lattice
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.placement import Entry
from rag_infer.read.tables.rows import row_groups
from rag_infer.read.tables.text_lines import TextLine, text_lines
from rag_infer.read.tables.words import Word

_MAX_HEADER_ROWS = 4
_BEGINS_WITH_DIGIT = re.compile(r"\W*\d")
_MIN_PARTED = 4  # rows
_MAX_UNPARTED = 0.06  # of a column's cells of numbers: numbers that stand with another


def words_of_faces(lattice: Lattice, words: Sequence[Word]) -> dict[Face, list[Word]]:
    """The words whose middle is in each face."""
    where = {
        (r, c): face
        for face in lattice.faces
        for r in range(face[0], face[2] + 1)
        for c in range(face[1], face[3] + 1)
    }
    result: dict[Face, list[Word]] = defaultdict(list)
    for word in words:
        column = _band_at(lattice.xs, (word.x0 + word.x1) / 2)
        row = _band_at(lattice.ys, word.baseline - 0.3 * word.size)
        result[where[row, column]].append(word)
    return _parted_faces(lattice, result)


def _band_at(edges: Sequence[float], at: float) -> int:
    """The column, or row, between two of the edges in which a place is; the nearest if in none."""
    return min(max(0, bisect_right(edges, at) - 1), len(edges) - 2)


def _parted_faces(lattice: Lattice, by_face: dict[Face, list[Word]]) -> dict[Face, list[Word]]:
    """Faces over many rows with a line of text in each of them are cells of those rows."""
    result: dict[Face, list[Word]] = defaultdict(list)
    for face, words in by_face.items():
        r0, c0, r1, c1 = face
        many = r1 - r0 + 1
        if many < _MIN_PARTED:
            result[face].extend(words)
            continue
        rows = {
            id(word): min(
                max(r0, bisect_right(lattice.ys, word.baseline - 0.3 * word.size) - 1), r1
            )
            for word in words
        }
        lines = {round(word.baseline / (0.6 * word.size)) for word in words}
        used = set(rows.values())
        if len(used) >= 0.8 * many and len(lines) <= 1.3 * len(used):
            for word in words:
                result[rows[id(word)], c0, rows[id(word)], c1].append(word)
        else:
            result[face].extend(words)
    return result


def lattice_grid(content: PageContent, lattice: Lattice, words: Sequence[Word]) -> TableGrid | None:
    """The grid of a ruled table. Bands of several rows of figures are parted further.

    None if the lines are not those between the cells: one column shaded, a frame around a group.
    """
    space = content.space
    by_face = words_of_faces(lattice, words)
    lines = {face: text_lines(inside, space) for face, inside in by_face.items()}
    columns = _inner_columns(lattice, lines)
    bands = _inner_rows(lattice, lines)
    row_starts = [0]
    for r in range(len(lattice.ys) - 1):
        row_starts.append(row_starts[-1] + len(bands.get(r, ())) + (r not in bands))
    column_starts = [0]
    for c in range(len(lattice.xs) - 1):
        column_starts.append(column_starts[-1] + len(columns.get(c, ())) + 1)
    cells: list[Cell] = []
    filled: Counter[int] = Counter()
    unparted: Counter[int] = Counter()
    for face, face_lines in _parted_heads(lattice, lines):
        r0, c0, r1, c1 = face
        one_column = c0 == c1 and c0 in columns
        pieces: dict[tuple[int, int], list[Word]] = defaultdict(list)
        numbers: dict[tuple[int, int], int] = defaultdict(int)
        for line in face_lines:
            row = row_starts[r0]
            if r0 == r1 and r0 in bands:
                row += sum(y < line.baseline - 0.3 * line.size for y in bands[r0][1:])
            for piece in line.pieces:
                column = column_starts[c0]
                if one_column:
                    column += sum(x < (piece.x0 + piece.x1) / 2 for x in columns[c0])
                pieces[row, column].extend(piece.words)
                numbers[row, column] += is_number(piece.text)
        for (_, column), count in numbers.items():
            filled[column] += count > 0
            unparted[column] += max(0, count - 1)
        for (row, column), inside in pieces.items():
            row_span = 1 if r0 == r1 and r0 in bands else row_starts[r1 + 1] - row_starts[r0]
            column_span = 1 if one_column else column_starts[c1 + 1] - column_starts[c0]
            cells.append(cell_of(content, inside, row, column, row_span, column_span))
    if any(count > 1 and count > _MAX_UNPARTED * filled[c] for c, count in unparted.items()):
        return None
    return grid_of(content, cells, _header_rows(cells), ruled=True)


def _parted_heads(
    lattice: Lattice, lines: dict[Face, list[TextLine]]
) -> list[tuple[Face, list[TextLine]]]:
    """Faces over several columns, cut where pieces of text stand apart over different ones."""
    result: list[tuple[Face, list[TextLine]]] = []
    for face, of in lines.items():
        r0, c0, r1, c1 = face
        groups: list[tuple[int, int]] = []
        if c1 > c0 and any(len(line.pieces) > 1 for line in of):
            spans = [
                (_band_at(lattice.xs, piece.x0 + 1), _band_at(lattice.xs, piece.x1 - 1))
                for line in of
                for piece in line.pieces
            ]
            for first, last in sorted(spans):
                if groups and first <= groups[-1][1]:
                    groups[-1] = groups[-1][0], max(groups[-1][1], last)
                else:
                    groups.append((first, last))
        if len(groups) < 2:
            result.append((face, of))
            continue
        for first, last in groups:
            part = [
                replace(line, pieces=inside)
                for line in of
                if (
                    inside := tuple(
                        piece
                        for piece in line.pieces
                        if first <= _band_at(lattice.xs, piece.x0 + 1) <= last
                    )
                )
            ]
            result.append(((r0, first, r1, last), part))
    return result


def _inner_columns(lattice: Lattice, lines: dict[Face, list[TextLine]]) -> dict[int, list[float]]:
    """Columns of figures that no rule parts, within one of the lattice."""
    result = {}
    for c in range(len(lattice.xs) - 1):
        inside = [line for face, of in lines.items() if face[1] == face[3] == c for line in of]
        if len(inside) < 3:
            continue
        inside.sort(key=lambda line: line.baseline)
        least = max(3, int(0.3 * len(inside)))
        parts = separators(inside, lattice.xs[c], lattice.xs[c + 1], least=least)
        good = [
            part.middle
            for part in parts
            if 2
            * sum(
                is_figure(piece.text)
                for line in inside
                for piece in line.pieces
                if piece.x0 >= part.x1 - 1
            )
            > sum(piece.x0 >= part.x1 - 1 for line in inside for piece in line.pieces)
        ]
        if good:
            result[c] = good
    return result


def _inner_rows(lattice: Lattice, lines: dict[Face, list[TextLine]]) -> dict[int, list[float]]:
    """Rows of figures that no rule parts, within a band: the y above each of them."""
    result = {}
    for r in range(len(lattice.ys) - 1):
        faces = sorted((f for f in lines if f[0] == f[2] == r), key=lambda f: f[1])
        figures = [
            n
            for n, face in enumerate(faces)
            if len(lines[face]) > 1
            and all(is_figure(piece.text) for line in lines[face] for piece in line.pieces)
            and any(is_number(line.text) for line in lines[face])
        ]
        if not figures or any(0 < len(lines[f]) < 2 for f in faces):
            continue
        band, placed = _band(faces, lines)
        groups = row_groups(band, placed, frozenset(figures), ())
        if len(groups) > 1:
            result[r] = [band[group[0]].top for group in groups]
    return result


def _band(
    faces: Sequence[Face], lines: dict[Face, list[TextLine]]
) -> tuple[list[TextLine], list[list[Entry]]]:
    """The lines of a band over all of its columns."""
    every = sorted(
        ((line, n) for n, face in enumerate(faces) for line in lines[face]),
        key=lambda pair: pair[0].baseline,
    )
    band: list[TextLine] = []
    placed: list[list[Entry]] = []
    for line, n in every:
        if not band or line.baseline - band[-1].baseline > 0.32 * line.size:
            band.append(line)
            placed.append([])
        placed[-1] += [Entry(len(band) - 1, n, n, piece) for piece in line.pieces]
    for entries in placed:
        entries.sort(key=lambda entry: entry.first)
    return band, placed


def _header_rows(cells: Sequence[Cell]) -> int:
    """Rows above the first that holds a number beside its label."""
    by_row: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_row[cell.row].append(cell)
    first = max((cell.row + cell.row_span for cell in by_row.get(0, ())), default=1)
    first = first if first <= _MAX_HEADER_ROWS else 1
    count = 0
    for row in sorted(by_row):
        beyond_label = [cell for cell in by_row[row] if cell.column > 0]
        numbers = sum(
            _BEGINS_WITH_DIGIT.match(cell.text) is not None and not is_year(cell.text)
            for cell in beyond_label
        )
        if beyond_label and 2 * numbers > len(beyond_label):
            return min(count, row)
        labeled = any(cell.column == 0 for cell in by_row[row])
        above = any(cell.column_span > 1 for cell in by_row.get(row - 1, ()))
        if row >= first and labeled and not above:
            break  # a row of texts: no header stands below a header, but to part it
        if beyond_label or row == 0:
            count = max(row + 1, first)
        if count > _MAX_HEADER_ROWS:
            return first
    return max(count, first)
