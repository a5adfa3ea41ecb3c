# ruff: noqa: E501 - labels in many languages
"""Rows that are no data of their own: totals, subtotals, averages, titles of groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from rag_infer.tables.columns import Column
from rag_infer.tables.figures import parse_figure
from rag_infer.tables.group_sums import group_sum_rows
from rag_infer.tables.unlabeled_sums import unlabeled_sum_rows

_LABELS = (
    r"(?:grand|sub|net|overall|gesamt|zwischen)?[- ]?totals?|sub[- ]?totals?|sums?|overall|"
    r"averages?|avg\.?|means?|medians?|career|all|altogether|aggregate|"
    r"summen?|gesamt(?:summe|betrag)?|insgesamt|zwischensumme|endsumme|durchschnitt|mittelwert|"
    r"total g[eé]n[eé]ral|sous-total|somme|moyenne|ensemble|total general|suma(?:s)?|promedio|media|"
    r"totale|subtotale|somma|totaal|subtotaal|gemiddelde|soma|m[eé]dia|razem|[sś]rednia|ogółem|"
    r"summa|totalt|delsumma|genomsnitt|i alt|yhteensä|keskiarvo|celkem|průměr|összesen|átlag|"
    r"toplam|ara toplam|ortalama|итого|всего|сумма|среднее|разом|σύνολο|"
    r"合计|总计|小计|平均|合計|総計|小計|합계|총계|소계|평균|المجموع|الإجمالي|รวม|tổng(?: cộng)?"
)
_TOTAL = re.compile(rf"(?:{_LABELS})(?:\s*[:.(\[*†‡].*)?", re.IGNORECASE)
_MEAN = re.compile(
    r"(?:averages?|avg\.?|means?|medians?|durchschnitt|mittelwert|moyenne|promedio|media|gemiddelde|"
    r"m[eé]dia|[sś]rednia|genomsnitt|keskiarvo|průměr|átlag|ortalama|среднее|平均|평균)(?!\w)",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:all|total|overall|entire|gesamt|tous|toutes|todos)\b", re.IGNORECASE)
_SUBTOTAL = re.compile(
    r"(?:sub[- ]?totals?|zwischensumme|sous-total|subtotale|subtotaal|delsumma|小计|小計|소계)(?!\w)",
    re.IGNORECASE,
)
_MIN_ROWS = 3  # rows that a sum without a label must be of, in one column of figures
_TOLERANCE = Decimal("0.006")


def total_rows(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> frozenset[int]:
    """The rows of a body that sum up others: by their label, or as they equal a sum.

    Args:
        rows: The texts of the body's rows.
        columns: Its columns, with a value for each row.
    """
    totals = {number for number, row in enumerate(rows) if _is_labeled(row)}
    totals |= summary_rows(rows)
    totals |= {n for n, row in enumerate(rows) if n not in totals and is_like_total(row)
               and _equals_rest(n, columns, totals)}  # fmt: skip
    totals |= unlabeled_sum_rows(rows, columns, frozenset(totals))
    last = len(rows) - 1
    while last > 0 and _is_mean(rows[last]):
        last -= 1  # "Year" may stand above "Average"
    if last >= 2 and last not in totals and _equals_sum(last, columns, totals):
        totals.add(last)
    return frozenset(totals | group_sum_rows(columns, frozenset(totals)))


def summary_rows(rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """The rows under the items of an invoice or order that have a name and a figure only.

    Items fill three columns or more; below them stand a subtotal, taxes and what is to pay. One of
    the figures is the sum of the items, or the first cell is empty and a label says a total.
    """
    if not rows or sum(bool(cell.strip()) for cell in rows[-1]) != 2:
        return frozenset()
    filled = [[n for n, cell in enumerate(row) if cell.strip()] for row in rows]
    start = len(rows)
    while start and len(filled[start - 1]) == 2:
        start -= 1
    items = [n for n in range(start) if len(filled[n]) > 1]
    if start == len(rows) or len(items) < 2 or any(len(filled[n]) < 3 for n in items):
        return frozenset()
    last = {columns[-1] for columns in filled[start:]}
    if len(last) != 1 or any(filled[n][-1] not in last for n in items):
        return frozenset()
    column = last.pop()
    figures = [parse_figure(rows[n][column]) for n in range(len(rows))]
    if any(figures[n] is None for n in (*items, *range(start, len(rows)))):
        return frozenset()
    total = sum((f.value for n in items if (f := figures[n]) is not None), Decimal(0))
    sums = any(
        abs(f.value - total) <= Decimal("0.05") for f in figures[start:] if f is not None
    )  # fmt: skip
    labeled = not rows[start][0].strip() and any(_is_labeled(row) for row in rows[start:])
    return frozenset(range(start, len(rows))) if sums or labeled else frozenset()


def group_title(row: Sequence[str]) -> str:
    """The text of a row that is only a title over the rows below it; empty for other rows."""
    filled = {cell.strip() for cell in row if cell.strip()}
    if len(filled) != 1 or len(row) < 2:
        return ""
    text = next(iter(filled))
    alone = sum(bool(cell.strip()) for cell in row) == 1 and bool(row[0].strip())
    spanning = all(cell.strip() for cell in row)
    return text if (alone or spanning) and any(map(str.isalpha, text)) else ""


def _is_labeled(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(set(filled)) < 2:
        return False
    # "Subtotal" sums up rows whatever follows; "Total assets" may be a line of its own.
    return _TOTAL.fullmatch(filled[0]) is not None or _SUBTOTAL.match(filled[0]) is not None


def _is_mean(row: Sequence[str]) -> bool:
    return any(_MEAN.match(cell.strip()) for cell in row[:1])


def is_like_total(row: Sequence[str]) -> bool:
    """Whether a row's first text begins like a total ("Total assets"), whatever its figures."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and _BEGINS.match(filled[0]) is not None


def _equals_rest(row: int, columns: Sequence[Column], totals: set[int]) -> bool:
    """Whether a figure of a row is at least the sum of all others of its column, or the largest."""
    for column in columns:
        value = column.values[row]
        if column.kind != "number" or not isinstance(value, Decimal):
            continue
        others = [
            v for n, v in enumerate(column.values)
            if n != row and n not in totals and isinstance(v, Decimal)
        ]  # fmt: skip
        if len(others) > 1 and abs(sum(others) - value) <= Decimal("0.02") * abs(value):
            return True
    return False


def _equals_sum(row: int, columns: Sequence[Column], totals: set[int]) -> bool:
    """Whether all figures of a row are the sums of those above it."""
    equal = 0
    for column in columns:
        value = column.values[row]
        if column.kind != "number" or not isinstance(value, Decimal):
            continue
        above = [
            v
            for n, v in enumerate(column.values[:row])
            if n not in totals and isinstance(v, Decimal)
        ]
        if len(above) < 2 or not any(above) or abs(sum(above) - value) > _TOLERANCE * abs(value):
            return False
        if all(v == above[0] for v in above) or value < 10:
            return False  # too plain to tell from chance
        equal += 1
    return equal > 1 or (equal == 1 and row >= _MIN_ROWS + 1)
