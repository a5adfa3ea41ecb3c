"""The rows that a question is about: those whose cells explain most of its words."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal

from rag_infer.table_qa.day_ranges import days_of
from rag_infer.table_qa.linking import GROUP, Links
from rag_infer.table_qa.plan import Condition
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Comparison


@dataclass
class RowSelection:
    """Rows with the words that they explain.

    Attributes:
        rows: Of the table's body, in order.
        conditions: What their cells have in common.
        explained: The content words that cells explain, by place.
        completeness: 0 to 1, how much of the matched cells the question says.
        ambiguous: Cells that match as well but are not the same.
    """

    rows: tuple[int, ...]
    conditions: tuple[Condition, ...] = ()
    explained: frozenset[int] = frozenset()
    completeness: float = 1.0
    ambiguous: bool = False
    conflicts: frozenset[int] = field(default_factory=frozenset)


_LIST = re.compile(r"[,;/]|\band\b|\d\)")
_MANY_ROWS = 1000  # that have a word, so that it chooses little
_EXTRA = 0.001  # of the fit, for a word in parentheses that the question does not say


def select_rows(
    table: QueryTable,
    links: Links,
    free: Iterable[int],
    pool: Iterable[int],
    excluded: frozenset[int] = frozenset(),
) -> RowSelection:
    """The rows of a pool that explain the most of some words.

    Args:
        table: The table.
        links: Where the words occur in it.
        free: The words that no header explains.
        pool: The rows that may be chosen.
        excluded: Columns whose cells count for nothing, as the answer is from them.
    """
    allowed = frozenset(pool)
    holders: dict[int, set[int]] = {}
    for word in free:
        columns = (column_rows for c, column_rows in links.cells[word].items() if c not in excluded)
        if explained_rows := set[int]().union(*columns) & allowed:
            holders[word] = explained_rows
    if not holders:
        return RowSelection(tuple(sorted(allowed)))
    scores = _explained_by_row(holders)
    most = max(len(explained) for explained in scores.values())
    best = [row for row, explained in scores.items() if len(explained) == most]
    sets = {frozenset(scores[row]) for row in best}
    everything = frozenset(holders)
    by_fit: dict[float, list[int]] = {}
    fits: dict[tuple[object, ...], float] = {}
    for row in best:
        said = frozenset(scores[row])
        same = (said, table.rows[row].group, *(
            table.rows[row].texts[c]
            for c in sorted({c for n in said for c in links.cells[n] if c != GROUP})
        ))  # fmt: skip
        if same not in fits:
            fits[same] = round(_fit(table, links, row, scores[row], excluded), 4)
        by_fit.setdefault(fits[same], []).append(row)
    fit = max(by_fit)
    rows = tuple(sorted(by_fit[fit]))
    explained = frozenset(scores[rows[0]])
    alike = all(frozenset(scores[row]) == explained for row in rows)
    conditions, partial = _conditions(table, links, rows, explained, excluded)
    others = {frozenset(scores[row]) for row in rows}
    return RowSelection(
        rows,
        conditions,
        explained,
        fit,
        ambiguous=not alike or partial or (len(sets) > 1 and len(others) > 1),
        conflicts=everything - explained,
    )


def _explained_by_row(holders: Mapping[int, Set[int]]) -> dict[int, set[int]]:
    """The words that rows explain, at least of those rows that explain most.

    Args:
        holders: By word, the rows that explain it. A word that many rows have ("AB" of "AB-4711")
            is looked for only in rows that explain another one too, if these explain more.
    """
    common = [word for word, rows in holders.items() if len(rows) > _MANY_ROWS]
    rare = [word for word in holders if word not in common]
    for leading in (rare, [*rare, *common]):
        scores: dict[int, set[int]] = {}
        for word in leading:
            for row in holders[word]:
                scores.setdefault(row, set()).add(word)
        if leading is rare:
            for word in common:
                for row in scores.keys() & holders[word]:
                    scores[row].add(word)
        if scores and max(map(len, scores.values())) > len(common):
            break
    return scores


def _fit(
    table: QueryTable, links: Links, row: int, explained: set[int], excluded: frozenset[int]
) -> float:
    """How much of the cells that match a row's words say, over all of its matching cells."""
    total = matched = extra = 0
    columns = {c for n in explained for c in links.cells[n] if c not in excluded}
    said = {links.words[n].key for n in explained}
    held = {c: _keys(table, row, c) for c in columns}
    for column, keys in held.items():
        if column != GROUP and days_of(table.rows[row].texts[column]) & said:
            total, matched = total + 1, matched + 1  # "Wednesday" is said of "Mon-Fri"
            continue
        matches = said & keys
        if any(c != column and held[c] <= said and matches <= held[c] < keys for c in columns):
            continue  # "Carrot cake" of the category "Cake": the category says it all
        if matches and column != GROUP and table.columns[column].kind == "date":
            total += len(matches)  # "November" is said of all days of it
            matched += len(matches)
        elif matches:
            total += len(keys | matches)
            matched += len(matches)
            extra += len(_all_keys(table, row, column) - keys)
    # Of two labels that are the same but for a word in parentheses, the plain one is meant.
    return matched / total - min(extra, 50) * _EXTRA if total else 0.0


def _all_keys(table: QueryTable, row: int, column: int) -> frozenset[str]:
    return frozenset() if column == GROUP else table.cell_keys(row, column)


def _keys(table: QueryTable, row: int, column: int) -> frozenset[str]:
    if column == GROUP:
        return frozenset(k for title in table.rows[row].group for k in essential_keys(title))
    return essential_keys(table.rows[row].texts[column])


def _conditions(
    table: QueryTable,
    links: Links,
    rows: tuple[int, ...],
    explained: frozenset[int],
    excluded: frozenset[int],
) -> tuple[tuple[Condition, ...], bool]:
    """The cells that rows were chosen by, and whether different cells match no better."""
    conditions: list[Condition] = []
    partial = False
    columns = sorted({c for n in explained for c in links.cells[n] if c not in excluded})
    # Words that a column holds, and those that it holds in every row: few different pairs.
    held_words = {c: frozenset(n for n in explained if c in links.cells[n]) for c in columns}
    common_words = {
        c: frozenset(n for n in held_words[c] if all(row in links.cells[n][c] for row in rows))
        for c in columns
    }
    word_pairs = set(zip(held_words.values(), common_words.values(), strict=True))
    for column in columns:
        here = held_words[column]
        if not all(any(row in links.cells[n][column] for n in here) for row in rows):
            continue
        if any(here < words and here <= common for words, common in word_pairs):
            continue  # another column says the same and more
        texts = dict.fromkeys(_text(table, row, column) for row in rows)
        distinct = {frozenset(_keys_of(text)) for text in texts}
        if len(distinct) > 1 and column != GROUP and table.columns[column].kind != "date":
            matched = {links.words[n].key for n in here}
            if any(not keys <= matched for keys in distinct):
                partial = True
        conditions.append(Condition(column, tuple(texts)))
    return tuple(conditions), partial


def _keys_of(text: str) -> frozenset[str]:
    return essential_keys(text)


def _text(table: QueryTable, row: int, column: int) -> str:
    if column == GROUP:
        return table.rows[row].group[-1] if table.rows[row].group else ""
    return table.rows[row].texts[column]


def meets(table: QueryTable, row: int, column: int, comparison: Comparison) -> bool:
    """Whether a figure, year or day is within bounds."""
    value = table.columns[column].values[row]
    if comparison.day is not None and isinstance(value, datetime.date):
        days, bound = Decimal(value.toordinal()), Decimal(comparison.day.toordinal())
        return meets_bound(days, replace(comparison, value=bound))
    if hasattr(value, "year"):
        value = Decimal(value.year)  # type: ignore[union-attr]
    return isinstance(value, Decimal) and meets_bound(value, comparison)


def meets_bound(value: Decimal, comparison: Comparison) -> bool:
    """Whether a number is within bounds."""
    if comparison.comparator == "between":
        return comparison.upper is not None and comparison.value <= value <= comparison.upper
    return {
        ">": value > comparison.value,
        ">=": value >= comparison.value,
        "<": value < comparison.value,
        "<=": value <= comparison.value,
    }[comparison.comparator]


def holds_elsewhere(table: QueryTable, selection: RowSelection, pool: Iterable[int]) -> bool:
    """Whether cells that were found hold what other rows have too, in a list or another column."""
    rest = set(pool) - set(selection.rows)
    for condition in selection.conditions:
        if condition.column < 0:
            continue
        for text in condition.texts:
            matched = essential_keys(text)
            for column in table.columns:
                if column.kind not in ("text", "date"):
                    continue
                for row in table.cell_index.rows_with(matched, column.index) & rest:
                    own = table.rows[row].texts[column.index]
                    if column.index != condition.column or _LIST.search(own):
                        return True
    return False
