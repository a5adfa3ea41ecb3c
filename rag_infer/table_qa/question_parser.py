"""Questions that are arithmetic, or about one table, recognized without a model.

A question is recognized only if every content word is explained: it names an operation, a column or
the table, or occurs in a cell. With one unexplained word, or two possible readings, the question is
left to the documents' own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_infer.cite.text_normalization import content, words
from rag_infer.table_qa.sql_builder import TableQuestion, build_query, is_numeric, keys_of
from rag_infer.tools.calculator import is_sum
from rag_infer.tools.sql_client import SqlTable

_LEADING_PHRASE = re.compile(
    r"^\s*(?:please|so|and|ok(?:ay)?|then)?[\s,]*(?:(?:can|could) you\s+)?(?:please\s+)?(?:"
    r"what(?:'s|’s|\s+is|\s+are|\s+does|\s+do)?|how\s+much\s+(?:is|are|does|do)|calculate|compute|"
    r"evaluate|work\s+out|tell\s+me|give\s+me)?\s*(?:the\s+(?:result|value|sum|product)\s+of\s+)?",
    re.IGNORECASE,
)
_TRAILING_PHRASE = re.compile(
    r"\s*(?:equal(?:s|\s+to)?|make|come\s+to)?\s*[=?.!]*\s*$", re.IGNORECASE
)
_FUNCTIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (way, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for way, pattern in (
        ("count", r"how many|number of|count of|count"),
        ("sum", r"(?:sum )?total|sum of|sum|altogether|combined"),
        ("avg", r"average|mean|on average"),
        ("median", r"median"),
        ("max", r"highest|maximum|largest|biggest|greatest|most|max|top"),
        ("min", r"lowest|minimum|smallest|fewest|min"),
    )
)
# Content words that say nothing about which part of a table is meant.
_UNINFORMATIVE_KEYS = frozenset(
    w.key
    for w in words(
        "row rows entry entries record records line lines table tables column columns value values "
        "sheet spreadsheet file csv xlsx data dataset list listed overall all every there show "
        "many much number count total sum altogether combined average mean median highest maximum "
        "largest biggest greatest most max top lowest minimum smallest least fewest min each give "
        "tell"
    )
)
# Negations and comparisons: questions with any of them are not recognized.
_UNSUPPORTED = re.compile(
    r"n['’]t\b|\b(?:not|no|none|neither|nor|never|without|except|excluding|other|others|before|after|"
    r"since|until|till|above|below|under|over|between|than|least|both|or|either|from .+ to)\b",
    re.IGNORECASE,
)
_MAX_CHARS = 400  # characters of a question
_MAX_EQUAL_CELLS = 20  # cells that are the same but for their case
_YEAR = re.compile(r"(?:19|20)\d\d$")


def parse_arithmetic(question: str) -> str | None:
    """The arithmetic expression that a question consists of; None for other questions."""
    if len(question) > _MAX_CHARS:
        return None
    collapsed = " ".join(question.split())  # runs of blanks are what the patterns below are slow on
    expression = _TRAILING_PHRASE.sub("", _LEADING_PHRASE.sub("", collapsed, count=1), count=1)
    return expression if expression and is_sum(expression) else None


def maybe_table_question(question: str) -> bool:
    """Whether a question asks for a count, a total or an extreme; cheap, before tables are read."""
    readable = len(question) <= _MAX_CHARS and not _UNSUPPORTED.search(question)
    return readable and any(pattern.search(question) for _, pattern in _FUNCTIONS)


def parse_table_question(question: str, tables: Sequence[SqlTable]) -> TableQuestion | None:
    """The question as a query over the one table that accounts for all of its words."""
    questions = [parsed for table in tables if (parsed := _read(question, table)) is not None]
    return questions[0] if len(questions) == 1 else None


@dataclass(frozen=True, slots=True)
class _ParsedWords:
    """The keys of a question's words, and which of them nothing has explained yet."""

    keys: tuple[str, ...]
    unexplained: frozenset[str]

    def without(self, keys: Sequence[str]) -> _ParsedWords:
        return _ParsedWords(self.keys, self.unexplained - set(keys))

    def contains(self, keys: Sequence[str]) -> bool:
        """Whether these occur in the question, in this order, side by side."""
        size = len(keys)
        starts = range(len(self.keys) - size + 1)
        return size > 0 and any(list(self.keys[i : i + size]) == list(keys) for i in starts)


def _read(question: str, table: SqlTable) -> TableQuestion | None:
    functions = [function for function, pattern in _FUNCTIONS if pattern.search(question)]
    if not functions:
        return None
    content_words = content(words(question))
    parsed = _ParsedWords(
        tuple(w.key for w in content_words),
        frozenset(w.key for w in content_words) - _UNINFORMATIVE_KEYS,
    )
    parsed = parsed.without(keys_of(table.name)).without(keys_of(table.document))
    columns = _named_columns(parsed, table)
    for column in columns:
        parsed = parsed.without(keys_of(table.columns[column]))
    if not columns and not set(keys_of(table.name)) & set(parsed.keys):
        return None  # nothing refers to this table
    filters = _cell_filters(parsed, table, columns)
    if filters is None or len({f.keys for f in filters}) < len(filters):
        return None  # the same words occur in two cells or columns
    for cell_filter in filters:
        parsed = parsed.without(cell_filter.keys)
    if parsed.unexplained:
        return None
    cells_by_column = {cell_filter.column: cell_filter.cells for cell_filter in filters}
    matching_rows = [
        number
        for number, row in enumerate(table.rows)
        if all(
            column < len(row) and row[column] in cells for column, cells in cells_by_column.items()
        )
    ]
    value_columns = [c for c in columns if c not in cells_by_column]
    # Cells are compared as they are written: as dates or numbers they may be written otherwise.
    filtered_table = replace(table, texts=tuple(table.columns[c] for c in cells_by_column))
    return build_query(
        question, filtered_table, functions, value_columns, cells_by_column, matching_rows
    )


def _named_columns(parsed: _ParsedWords, table: SqlTable) -> list[int]:
    """The columns whose names occur in the question; of two that share words, the longer name."""
    columns = []
    used: set[str] = set()
    for column in sorted(range(len(table.columns)), key=lambda c: -len(keys_of(table.columns[c]))):
        keys = keys_of(table.columns[column])
        if parsed.contains(keys) and not used & set(keys):
            used |= set(keys)
            columns.append(column)
    return sorted(columns)


@dataclass(frozen=True, slots=True)
class _CellFilter:
    """Cells of a column that occur in the question, equal but for their case, and its words."""

    column: int
    cells: tuple[str, ...]
    keys: tuple[str, ...]


def _cell_filters(
    parsed: _ParsedWords, table: SqlTable, columns: Sequence[int]
) -> list[_CellFilter] | None:
    """Cells whose words occur in the question, one for each column; None if it is ambiguous."""
    candidates = []
    if not parsed.unexplained:
        return []
    starts = {key[:3] for key in parsed.unexplained}
    for column in range(len(table.columns)):
        cells_by_keys: dict[tuple[str, ...], list[str]] = {}
        for cell in {row[column] for row in table.rows if column < len(row)}:
            lowered = cell.lower()
            if len(cell) > _MAX_CHARS or not any(start in lowered for start in starts):
                continue
            keys = _cell_keys(cell)
            if keys and set(keys) <= parsed.unexplained and parsed.contains(keys):
                cells_by_keys.setdefault(keys, []).append(cell)
        if not cells_by_keys:
            continue
        keys = max(cells_by_keys, key=len)
        cells = sorted(cells_by_keys[keys])
        if len({cell.lower() for cell in cells}) > 1 or len(cells) > _MAX_EQUAL_CELLS:
            return None
        numeric = is_numeric(table, column)
        if not numeric or (_YEAR.match(cells[0]) and column not in columns):
            candidates.append(_CellFilter(column, tuple(cells), keys))
    filters: list[_CellFilter] = []
    used: set[str] = set()
    for candidate in sorted(candidates, key=lambda f: -len(f.keys)):
        shared = used & set(candidate.keys)
        if shared and len(candidate.keys) > 1:
            return None
        if not shared or any(candidate.keys == other.keys for other in filters):
            filters.append(candidate)  # the caller rejects the same words twice
            used |= set(candidate.keys)
    return filters


def _cell_keys(cell: str) -> tuple[str, ...]:
    return tuple(w.key for w in content(words(cell))) if len(cell) <= 80 else ()
