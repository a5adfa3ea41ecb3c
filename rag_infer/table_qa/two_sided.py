"""Plans for the difference or growth between two figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.reading import AMBIGUOUS, Reading, certainty_of, is_tied, measure_columns
from rag_infer.table_qa.row_selection import RowSelection, select_rows
from rag_infer.table_qa.synonyms import is_additive

_CHANGES = frozenset(
    key(word) for word in "change changes increase decrease growth variance difference".split()
)


def over_periods(reading: Reading, kind: str) -> Iterator[Plan]:
    """The mean or sum of one row over two columns: "average revenue for 2018 and 2019"."""
    yield from _two_columns(reading, kind)


def two_sided_plans(reading: Reading, kind: str) -> Iterator[Plan]:
    """The difference or growth between two figures of one row, or of one column."""
    yield from _two_columns(reading, kind)
    yield from _two_rows(reading, kind)


def _two_columns(reading: Reading, kind: str) -> Iterator[Plan]:
    """One row, two columns: "change in revenue between 2018 and 2019"."""
    table, links = reading.table, reading.links
    sides: list[tuple[int, int]] = []  # word, column
    for number, word in enumerate(links.words):
        columns = [
            c for c, how in links.headers[number].items()
            if how == "same" and table.columns[c].kind == "number"
            and _CHANGES.isdisjoint(table.header_keys[c])
        ]  # fmt: skip
        if len(columns) == 1 and (word.number or len(table.header_keys[columns[0]]) == 1):
            sides.append((number, columns[0]))
    columns = list(dict.fromkeys(c for _, c in sides))
    if len(columns) != 2:
        return
    used = frozenset(n for n, c in sides)
    free = [n for n in range(len(links.words)) if n not in used]
    pool = table.answering_rows
    selection = select_rows(table, links, free, pool)
    if not selection.conditions or len(selection.rows) != 1:
        return
    row = selection.rows[0]
    certainty, reasons = certainty_of(reading, used, selection, tuple(columns))
    ordered = _in_time(reading, columns)
    yield Plan(
        table, kind, (row,), selection.conditions,  # type: ignore[arg-type]
        cells=tuple(((row, c),) for c in ordered), certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _in_time(reading: Reading, columns: list[int]) -> list[int]:
    """Two columns, the earlier year first; as the question has them where they are no years."""
    years = []
    for column in columns:
        matches = [k for k in reading.table.header_keys[column] if k.isdigit() and len(k) == 4]
        if len(matches) != 1:
            return columns
        years.append(matches[0])
    return [c for _, c in sorted(zip(years, columns, strict=True))]


def _two_rows(reading: Reading, kind: str) -> Iterator[Plan]:
    """Two values of one column, one measure: "difference in revenue between North and South"."""
    table, links = reading.table, reading.links
    measures = measure_columns(reading)
    if not measures:
        return
    measure = measures[0]
    header_words = links.header_words(measure)
    for column in table.columns:
        if column.index == measure or column.kind == "number":
            continue
        sides: dict[str, set[int]] = {}
        for number in range(len(links.words)):
            for row in links.cells[number].get(column.index, ()):
                text = table.rows[row].texts[column.index]
                if table.cell_keys(row, column.index) <= {w.key for w in links.words}:
                    sides.setdefault(text, set()).add(number)
        if len(sides) != 2 or set.intersection(*sides.values()):
            continue
        texts = sorted(sides, key=lambda t: min(sides[t]))
        if all(t.isdigit() and len(t) == 4 for t in texts):
            texts.sort()
        side_words = frozenset().union(*sides.values())
        free = [n for n in range(len(links.words)) if n not in header_words | side_words]
        cells = []
        selection = RowSelection(())
        for text in texts:
            pool = [n for n in table.data if table.rows[n].texts[column.index] == text]
            selection = select_rows(table, links, free, pool, frozenset((measure, column.index)))
            cells.append(
                tuple(
                    (n, measure) for n in selection.rows
                    if isinstance(table.columns[measure].values[n], Decimal)
                )
            )  # fmt: skip
        certainty, reasons = certainty_of(reading, header_words | side_words, selection, (measure,))
        if not all(cells):
            continue
        if any(len(side) > 1 for side in cells) and not is_additive(table.header_keys[measure]):
            continue
        if is_tied(reading, measures):
            certainty *= AMBIGUOUS
        conditions = tuple(Condition(column.index, (text,)) for text in texts)
        yield Plan(
            table, kind, tuple(n for side in cells for n, _ in side),  # type: ignore[arg-type]
            (*conditions, *selection.conditions), None, measure,
            cells=tuple(cells), certainty=certainty, reasons=reasons,
        )  # fmt: skip
