"""Plans by the order of rows: the one beside a row, the first or last of those that fit."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from rag_infer.cite.text_normalization import Word, words
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question, is_plural
from rag_infer.table_qa.reading import (
    AMBIGUOUS,
    UNEXPLAINED,
    WHOLE,
    Reading,
    asked_columns,
    certainty_of,
    columns_by_kind,
    read_question,
    rows_within,
)
from rag_infer.table_qa.row_selection import RowSelection, select_rows
from rag_infer.table_qa.synonyms import GENERIC, LIGHT
from rag_infer.tables.columns import Column

_PRECISELY = r"(?:right|directly|immediately|just|next|listed|is|comes|came|appears|placed|ranked)"
_NEIGHBOR = re.compile(
    rf"\b(?:{_PRECISELY}\s+)*(?P<after>after|below|following|follows|followed|behind)\s+"
    rf"|\b(?:{_PRECISELY}\s+)*(?P<before>before|above|preceding|precedes|preceded|"
    r"prior\s+to|previous\s+(?:to|from)|ahead\s+of)\s+",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\b(?:(?P<first>first)|(?P<last>last|final))\b(?!\s+(?:in|by|on|at)\s+(?!(?:the|this)\s+(?:list|"
    r"chart|table)))",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\b(?:listed|on (?:the|this) (?:list|chart|table)|in (?:the|this) (?:list|chart|table)|"
    r"of (?:the|this) (?:list|chart|table)|on here|down)\b",
    re.IGNORECASE,
)
_OTHER_ORDER = re.compile(
    r"\b(?:place[ds]?|finish\w*|came in|come in|rank\w*|consecutive\w*|two|three|second|third|both|"
    r"same|than|between|until|since|only|not|most|least|how|when|not|never|did\s?n[o']t|last name|"
    r"first name|last time|first time|at last|ever|and (?:who|what|which)|besides|years?|times?)\b",
    re.IGNORECASE,
)
_ORDER_WORDS = frozenset(
    w.key
    for w in words(
        "next previous come appear list listed table chart immediately directly precede follow "
        "right following preceding place entry item"
    )
)
_NEIGHBOR_CERTAINTY, _END_CERTAINTY = 0.9, 0.95
_ENTITY_CERTAINTY = 0.88  # that rows are what a noun says that the table lacks
_MIN_ROWS = 2
_MIN_YEARS = 0.6  # of the cells of a column that tells times
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d(?!\d)")
_PAST = re.compile(r"\b(?:was|were|did|had)\b", re.IGNORECASE)


def order_plans(
    question: Question, table: QueryTable, likeness: Likeness | None = None
) -> Iterator[Plan]:
    """The row beside one that is named, or the first or last of the rows that fit."""
    text = question.text
    if question.operations or question.top or question.negated or _OTHER_ORDER.search(text):
        return
    neighbors, ends = list(_NEIGHBOR.finditer(text)), list(_ENDS.finditer(text))
    if len(neighbors) == 1 and not ends and not question.comparisons:
        yield from _neighbor(question, table, neighbors[0])
    elif len(ends) == 1 and not neighbors:
        yield from _end(question, table, ends[0], likeness)


def _neighbor(question: Question, table: QueryTable, match: re.Match[str]) -> Iterator[Plan]:
    """The row right before or after the one whose label stands after "before" or "after"."""
    text = question.text
    anchor_text, rest = text[match.end() :], text[: match.start()]
    if match.start() == 0 or not rest.strip():  # "before Jordan, who was mayor?"
        anchor_text, comma, rest = anchor_text.partition(",")
        if not comma:
            return
    plural = question.plural or any(is_plural(text[w.start : w.end]) for w in question.asked[:1])
    if plural and not re.search(r"\bnext\b", text, re.IGNORECASE):
        return
    anchor_words = content_words(_LISTED.sub(" ", anchor_text))
    anchor = _anchor(table, anchor_words)
    if anchor is None or not _is_in_order(table, text):
        return
    row, column = anchor
    step = 1 if match["after"] else -1
    place = table.data.index(row) + step
    if not 0 <= place < len(table.data):
        return
    target, certainty = _target(question, table, rest, column)
    if target is None or (target == column and column != table.label_column):
        return
    if table.rows[row].texts[target] == table.rows[table.data[place]].texts[target]:
        return  # the next of the same name is not the next that is meant
    word = "after" if step > 0 else "before"
    label = table.rows[row].texts[column]
    yield Plan(
        table, "cells", (table.data[place],), (Condition(column, (f"{word} {label}",)),), target,
        certainty=_NEIGHBOR_CERTAINTY * certainty,
    )  # fmt: skip


def _anchor(table: QueryTable, said: Sequence[Word]) -> tuple[int, int] | None:
    """The one row with a cell whose words are exactly those."""
    keys = frozenset(w.key for w in said if w.key not in GENERIC)
    if not keys or all(w.number for w in said):
        return None
    cells = [
        (row, column.index) for row in table.data for column in table.columns
        if column.kind == "text" and keys <= table.cell_keys(row, column.index)
    ]  # fmt: skip
    if len({row for row, _ in cells}) != 1:
        return None  # "Jordan" may be of several rows
    whole = [
        (row, column) for row, column in cells
        if essential_keys(table.rows[row].texts[column]) == keys
    ]  # fmt: skip
    return whole[0] if whole else None


def _target(
    question: Question, table: QueryTable, rest: str, column: int
) -> tuple[int | None, float]:
    """The column that is asked: one that is named, else that of the label itself."""
    content = tuple(w for w in content_words(rest) if w.key not in _ORDER_WORDS)
    reading = read_question(question, table, content, None)
    headers: dict[int, set[int]] = {}
    for number, matches in enumerate(reading.links.headers):
        for index, how in matches.items():
            if how in ("same", "derived"):
                headers.setdefault(index, set()).add(number)
    unsaid = [
        n for n, w in enumerate(content)
        if not any(n in group for group in headers.values())
        and w.key not in GENERIC and w.key not in LIGHT and not reading.links.context[n]
    ]  # fmt: skip
    if any(content[n].capital or content[n].number for n in unsaid):
        return None, 0.0
    if column in headers or not headers:
        # What is asked is of the kind of what is named, whatever it is called.
        return column, 1.0 if len(unsaid) <= 1 else UNEXPLAINED
    best = sorted(headers, key=lambda c: (-len(headers[c]), c))
    if len(best) > 1 and len(headers[best[0]]) == len(headers[best[1]]):
        return None, 0.0
    return best[0], 1.0 if not unsaid else UNEXPLAINED


def _end(
    question: Question, table: QueryTable, match: re.Match[str], likeness: Likeness | None
) -> Iterator[Plan]:
    """The first or last row of those that fit, told by the column that is asked."""
    text = question.text
    listed = _LISTED.search(text)
    content = tuple(
        w for w in content_words(text)
        if not match.start() <= w.start < match.end()
        and not (listed and listed.start() <= w.start < listed.end())
    )  # fmt: skip
    reading = read_question(question, table, content, likeness)
    target = _asked_after(reading, match.end(), listed=listed is not None)
    if target is None or not _is_in_order(table, text):
        return
    if _PAST.search(text) and not listed and not any(_times(table, c) for c in table.columns):
        return  # "was the first" is of time, and no column tells it
    bound = rows_within(reading, list(table.data), target)
    if bound is None:
        return
    pool, bounds, bound_words = bound
    entity = _entity(reading, match.end())
    used = reading.links.header_words(target) | bound_words | _after(reading, match.end()) | entity
    free = [n for n in range(len(content)) if n not in used]
    selection = select_rows(table, reading.links, free, pool, frozenset((target,)))
    if len(selection.rows) < _MIN_ROWS or selection.completeness < WHOLE:
        return
    if _is_shared(table, selection, pool):
        return
    certainty, reasons = certainty_of(reading, used, selection, (target,))
    row = selection.rows[0] if match["first"] else selection.rows[-1]
    if not table.rows[row].texts[target].strip():
        certainty *= AMBIGUOUS
    word = "first" if match["first"] else "last"
    yield Plan(
        table, "cells", (row,), (*selection.conditions, *bounds), target,
        certainty=_END_CERTAINTY * certainty * (_ENTITY_CERTAINTY if entity else 1.0),
        reasons=(*reasons, f"the {word} row that fits"),
    )  # fmt: skip


def _asked_after(reading: Reading, start: int, *, listed: bool) -> int | None:
    """The column that "which" asks for, else the one that the words right after "first" name."""
    links = reading.links
    after = [n for n, w in enumerate(links.words) if w.start >= start][:2]
    if not after and not listed:
        return None  # "was published first" is of time, and no column of it may be here
    named = [
        c for c in asked_columns(reading) or _named_before(reading, start)
        if not links.header_words(c) & frozenset(after)
    ]  # fmt: skip
    if not named and reading.question.wh in ("who", "whom", "when", "where"):
        named = [c for c, _ in columns_by_kind(reading, frozenset())]
    if named:
        return named[0]
    for number in after[:1]:
        whole = [
            c for c, how in links.headers[number].items()
            if how == "same"
            and set(reading.table.header_keys[c]) <= {links.words[n].key for n in after}
        ]  # fmt: skip
        if len(whole) == 1:
            return whole[0]
    asked = asked_columns(reading)
    return asked[0] if asked and not after else None


def _after(reading: Reading, start: int) -> frozenset[int]:
    """The word right after "first", if it names a column: it says what rows are."""
    after = [n for n, w in enumerate(reading.links.words) if w.start >= start][:1]
    return frozenset(n for n in after if "same" in reading.links.headers[n].values())


def _entity(reading: Reading, start: int) -> frozenset[int]:
    """The plain noun right after "first" that names what rows are, where the table has no such."""
    links, text = reading.links, reading.question.text
    for n, word in enumerate(links.words):
        if word.start < start:
            continue
        if text[start : word.start].strip() or word.number or word.capital:
            break
        if links.headers[n] or links.cells[n] or is_plural(text[word.start : word.end]):
            break
        return frozenset((n,))
    return frozenset()


def _named_before(reading: Reading, start: int) -> list[int]:
    """The columns whose whole header is said before a place: "the date of the last round"."""
    said = [w for w in reading.links.words if w.start < start]
    return [
        c for c, header in enumerate(reading.table.header_keys)
        if header and set(header) <= {w.key for w in said}
    ]  # fmt: skip


def _is_shared(table: QueryTable, selection: RowSelection, pool: Sequence[int]) -> bool:
    """Whether other rows have some of the words that a row was chosen by."""
    rest = set(pool) - set(selection.rows)
    return any(
        not essential_keys(text).isdisjoint(essential_keys(table.rows[row].texts[c.column]))
        for c in selection.conditions if c.column >= 0
        for text in c.texts
        for row in rest
    )  # fmt: skip


def _is_in_order(table: QueryTable, text: str) -> bool:
    """Whether the rows stand in the order of time, or that of the list is meant.

    Where dates fall down a table, or mix, "before" may be of the list or of time.
    """
    if _LISTED.search(text):
        return True
    return all(all(a <= b for a, b in pairwise(_times(table, column))) for column in table.columns)


def _times(table: QueryTable, column: Column) -> list[str]:
    """The dates of a column, or the years in its cells ("1970-71"), as sortable text."""
    if column.kind in ("date", "year"):
        values = (column.values[n] for n in table.data)
        return [
            value.isoformat() if isinstance(value, datetime.date) else f"{value:f}"
            for value in values
            if isinstance(value, datetime.date | Decimal)
        ]
    texts = [table.rows[n].texts[column.index] for n in table.data]
    years = [match[0] for text in texts if (match := _YEAR.search(text)) is not None]
    return years if len(years) > _MIN_YEARS * len(texts) else []
