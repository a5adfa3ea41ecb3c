"""Questions that are plainly a sum, or plainly about a table, read without a model.

Knows: the ways people ask for sums, counts, means and extremes in English.
Does not know: how either is computed, where tables come from.

Plainly means that every word of the question with a meaning is accounted for: it says what is to be
computed, names a column or the table, or stands in a cell. With one word left over, or two ways to
read it, the question is left to the documents' own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_infer.cite.text_normalization import content, words
from rag_infer.table_qa.sql_builder import TableQuestion, build_query, is_numeric, keys_of
from rag_infer.tools.calculator import is_sum
from rag_infer.tools.sql_client import SqlTable

_LEAD = re.compile(
    r"^\s*(?:please|so|and|ok(?:ay)?|then)?[\s,]*(?:(?:can|could) you\s+)?(?:please\s+)?(?:"
    r"what(?:'s|’s|\s+is|\s+are|\s+does|\s+do)?|how\s+much\s+(?:is|are|does|do)|calculate|compute|"
    r"evaluate|work\s+out|tell\s+me|give\s+me)?\s*(?:the\s+(?:result|value|sum|product)\s+of\s+)?",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:equal(?:s|\s+to)?|make|come\s+to)?\s*[=?.!]*\s*$", re.IGNORECASE)
_WAYS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
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
# Words with a meaning elsewhere that say nothing about a table.
_IDLE = frozenset(
    w.key
    for w in words(
        "row rows entry entries record records line lines table tables column columns value values "
        "sheet spreadsheet file csv xlsx data dataset list listed overall all every there show "
        "many much number count total sum altogether combined average mean median highest maximum "
        "largest biggest greatest most max top lowest minimum smallest least fewest min each give "
        "tell"
    )
)
# Words that turn a question around or say how things are compared: none of them is understood here.
_TURNS = re.compile(
    r"n['’]t\b|\b(?:not|no|none|neither|nor|never|without|except|excluding|other|others|before|after|"
    r"since|until|till|above|below|under|over|between|than|least|both|or|either|from .+ to)\b",
    re.IGNORECASE,
)
_LONGEST = 400  # characters of a question
_SAME = 20  # cells that are the same but for their case
_YEAR = re.compile(r"(?:19|20)\d\d$")


def parse_arithmetic(question: str) -> str | None:
    """The arithmetic that a question is about, if it is about nothing else."""
    if len(question) > _LONGEST:
        return None
    plain = " ".join(question.split())  # runs of blanks are what the patterns below are slow on
    bare = _TAIL.sub("", _LEAD.sub("", plain, count=1), count=1)
    return bare if bare and is_sum(bare) else None


def maybe_table_question(question: str) -> bool:
    """Whether a question may be one of a table at all: it asks for a count, a total, an extreme."""
    asked = len(question) <= _LONGEST and not _TURNS.search(question)
    return asked and any(pattern.search(question) for _, pattern in _WAYS)


def parse_table_question(question: str, tables: Sequence[SqlTable]) -> TableQuestion | None:
    """The question as a query over the one table that accounts for all of its words."""
    found = [read for table in tables if (read := _read(question, table)) is not None]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _ParsedWords:
    """The words of a question; ``left`` are the keys that nothing has accounted for yet."""

    keys: tuple[str, ...]
    left: frozenset[str]

    def without(self, keys: Sequence[str]) -> _ParsedWords:
        return _ParsedWords(self.keys, self.left - set(keys))

    def says(self, keys: Sequence[str]) -> bool:
        """Whether these stand in the question, in this order, side by side."""
        size = len(keys)
        spots = range(len(self.keys) - size + 1)
        return size > 0 and any(list(self.keys[i : i + size]) == list(keys) for i in spots)


def _read(question: str, table: SqlTable) -> TableQuestion | None:
    ways = [way for way, pattern in _WAYS if pattern.search(question)]
    if not ways:
        return None
    plain = content(words(question))
    asked = _ParsedWords(tuple(w.key for w in plain), frozenset(w.key for w in plain) - _IDLE)
    asked = asked.without(keys_of(table.name)).without(keys_of(table.document))
    columns = _named(asked, table)
    for column in columns:
        asked = asked.without(keys_of(table.columns[column]))
    if not columns and not set(keys_of(table.name)) & set(asked.keys):
        return None  # nothing says that it is about this table
    filters = _filters(asked, table, columns)
    if filters is None or len({f.keys for f in filters}) < len(filters):
        return None  # the same words stand in two cells or columns
    for found in filters:
        asked = asked.without(found.keys)
    if asked.left:
        return None
    chosen = {found.column: found.cells for found in filters}
    kept = [
        number
        for number, row in enumerate(table.rows)
        if all(column < len(row) and row[column] in cells for column, cells in chosen.items())
    ]
    named = [c for c in columns if c not in chosen]
    # Cells are compared as they are written: as dates or numbers they may be written otherwise.
    left = replace(table, texts=tuple(table.columns[c] for c in chosen))
    return build_query(question, left, ways, named, chosen, kept)


def _named(asked: _ParsedWords, table: SqlTable) -> list[int]:
    """The columns whose names stand in the question; of two, the longer name has the words."""
    found = []
    taken: set[str] = set()
    for column in sorted(range(len(table.columns)), key=lambda c: -len(keys_of(table.columns[c]))):
        keys = keys_of(table.columns[column])
        if asked.says(keys) and not taken & set(keys):
            taken |= set(keys)
            found.append(column)
    return sorted(found)


@dataclass(frozen=True, slots=True)
class _Filter:
    """Cells of a column that stand in the question, the same but for their case, and its words."""

    column: int
    cells: tuple[str, ...]
    keys: tuple[str, ...]


def _filters(asked: _ParsedWords, table: SqlTable, columns: Sequence[int]) -> list[_Filter] | None:
    """Cells whose words stand in the question, one for each column; None if it could be several."""
    found = []
    if not asked.left:
        return []
    starts = {key[:3] for key in asked.left}
    for column in range(len(table.columns)):
        fits: dict[tuple[str, ...], list[str]] = {}
        for cell in {row[column] for row in table.rows if column < len(row)}:
            lowered = cell.lower()
            if len(cell) > _LONGEST or not any(start in lowered for start in starts):
                continue
            keys = _cell_keys(cell)
            if keys and set(keys) <= asked.left and asked.says(keys):
                fits.setdefault(keys, []).append(cell)
        if not fits:
            continue
        keys = max(fits, key=len)
        cells = sorted(fits[keys])
        if len({cell.lower() for cell in cells}) > 1 or len(cells) > _SAME:
            return None
        numeric = is_numeric(table, column)
        if not numeric or (_YEAR.match(cells[0]) and column not in columns):
            found.append(_Filter(column, tuple(cells), keys))
    apart: list[_Filter] = []
    taken: set[str] = set()
    for one in sorted(found, key=lambda f: -len(f.keys)):
        shared = taken & set(one.keys)
        if shared and len(one.keys) > 1:
            return None
        if not shared or any(one.keys == other.keys for other in apart):
            apart.append(one)  # the same words twice are told by the caller
            taken |= set(one.keys)
    return apart


def _cell_keys(cell: str) -> tuple[str, ...]:
    return tuple(w.key for w in content(words(cell))) if len(cell) <= 80 else ()
