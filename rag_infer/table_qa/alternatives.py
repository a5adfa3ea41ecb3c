"""Plans that choose between two rows by a figure: "who had more wins, Pickett or Tullius?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from rag_infer.cite.text_normalization import Word, key
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.reading import is_tied, measure_columns, read_question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT, PEOPLE, is_ordinal

_EITHER = re.compile(
    r"(?P<stem>.*?)(?:[,:;]\s*|\bbetween\s+|\bof\s+)(?:either\s+)?(?P<one>[^,:;]+?),?\s+"
    r"(?:or|and)\s+(?P<other>[^,:;]+?)\s*\?*\s*$",
    re.IGNORECASE | re.DOTALL,
)
_MORE = re.compile(
    r"\b(?:more|most|larger|largest|higher|highest|greater|greatest|bigger|biggest)\b",
    re.IGNORECASE,
)
_FEWER = re.compile(r"\b(?:less|least|fewer|fewest|lower|lowest|smaller|smallest)\b", re.IGNORECASE)
# Comparatives that say which column is compared, and which way.
_ADJECTIVES = {
    "taller": ("height", True), "tallest": ("height", True), "older": ("age", True),
    "oldest": ("age", True), "younger": ("age", False), "youngest": ("age", False),
    "longer": ("length", True), "longest": ("length", True), "heavier": ("weight", True),
    "lighter": ("weight", False), "cheaper": ("price", False), "cheapest": ("price", False),
    "dearer": ("price", True),
}  # fmt: skip
_VERBS = frozenset(
    map(
        key, "have has had score earn win won receive get got gain hold post achieve record".split()
    )
)
_COMPARISON = frozenset(map(key, "amount number total size figure".split()))
_CERTAINTY = 0.92
_MAX_QUESTION_CHARS = 300
_MAX_ROWS = 2000  # of a table whose rows are compared by their labels


def alternative_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """Of two rows that a question names, the one with the larger or smaller figure."""
    text = question.text
    match = _EITHER.fullmatch(text) if len(text) <= _MAX_QUESTION_CHARS else None
    if len(table.rows) > _MAX_ROWS:
        return
    if match is None or question.negated or question.comparisons:
        return
    if not re.match(r"\s*(?:who|which|what|whose|between|of)\b", text, re.IGNORECASE):
        return
    stem = match["stem"]
    direction = _direction(stem)
    rows = _rows(table, match["one"], match["other"])
    if direction is None or rows is None:
        return
    descending, adjective = direction
    column, one, other = rows
    content = tuple(
        w for w in content_words(stem)
        if w.key not in _COMPARISON and not _is_comparative(stem, w)
    )  # fmt: skip
    measure = _measure(question, table, content, adjective, column)
    if measure is None:
        return
    values = [table.columns[measure].values[n] for n in (one, other)]
    if not all(isinstance(v, Decimal) for v in values) or values[0] == values[1]:
        return
    texts = tuple(table.rows[n].texts[column] for n in (one, other))
    yield Plan(
        table, "best", (one, other), (Condition(column, texts),), column, measure,
        descending=descending, certainty=_CERTAINTY,
    )  # fmt: skip


def _direction(stem: str) -> tuple[bool, str] | None:
    """Whether the larger is asked, and the column that the comparative itself means."""
    adjectives = [word for word in re.findall(r"[a-z]+", stem.lower()) if word in _ADJECTIVES]
    more, fewer = _MORE.search(stem), _FEWER.search(stem)
    if len(adjectives) == 1 and not more and not fewer:
        name, descending = _ADJECTIVES[adjectives[0]]
        return descending, name
    if adjectives or bool(more) == bool(fewer):
        return None
    return bool(more), ""


def _is_comparative(stem: str, word: Word) -> bool:
    surface = stem[word.start : word.end].lower()
    return surface in _ADJECTIVES or bool(_MORE.fullmatch(surface) or _FEWER.fullmatch(surface))


def _measure(
    question: Question, table: QueryTable, content: Sequence[Word], adjective: str, label: int
) -> int | None:
    """The column of figures that is compared, if every word says it or says nothing."""
    if adjective:
        named = [
            c.index for c in table.columns
            if c.kind == "number" and key(adjective) in table.header_keys[c.index]
        ]  # fmt: skip
        measure = named[0] if len(named) == 1 else None
    else:
        reading = read_question(question, table, tuple(content), None)
        measures = measure_columns(reading)
        measure = measures[0] if measures and not is_tied(reading, measures) else None
    if measure is None or is_ordinal(table.columns[measure].name, table.header_keys[measure]):
        return None  # a lower rank is a better one
    known = {*table.header_keys[measure], *table.header_keys[label], *table.context_keys}
    silent = GENERIC | LIGHT | PEOPLE | _VERBS
    return measure if all(w.key in known or w.key in silent for w in content) else None


def _rows(table: QueryTable, one: str, other: str) -> tuple[int, int, int] | None:
    """The column that both names stand in, and the one row of each."""
    for column in table.columns:
        if column.kind != "text":
            continue
        rows = [_row(table, column.index, name) for name in (one, other)]
        if rows[0] is not None and rows[1] is not None and rows[0] != rows[1]:
            return column.index, rows[0], rows[1]
    return None


def _row(table: QueryTable, column: int, name: str) -> int | None:
    said = frozenset(w.key for w in content_words(name))
    if not said:
        return None
    cells = [(n, essential_keys(table.rows[n].texts[column])) for n in table.data]
    exact = [n for n, own in cells if own == said]
    rows = exact or [n for n, own in cells if said <= own]
    return rows[0] if len(rows) == 1 else None
