"""A question with every word placed in a table, and the rows that its conditions leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.table_qa.clauses.frame import Frame
from rag_infer.table_qa.clauses.lexicon import EVENT_VERBS, STRONG_VERBS, dimensions
from rag_infer.table_qa.clauses.segments import Cells, Header, Number, Segment, rows_with_figure
from rag_infer.table_qa.clauses.tokens import QuestionToken
from rag_infer.table_qa.plan import Condition
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.row_selection import meets
from rag_infer.table_qa.synonyms import SILENT_OF_FLAGS

_OWN = 0.95  # a header that a figure may be of: synonyms of prices are, likenesses are not
_NEAR_CHARS = 5
_FIGURE_NEXT = re.compile(r"\s+(?:only |just |exactly )?\d")


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that conditions leave.

    Attributes:
        rows: Of data, in order.
        conditions: Why those.
        factor: 0 to 1, how surely they are meant.
        used: The segments that chose them.
        columns: The columns of the conditions.
    """

    rows: tuple[int, ...]
    conditions: tuple[Condition, ...]
    factor: float
    used: frozenset[int]
    columns: frozenset[int]


@dataclass(frozen=True)
class Clause:
    """One way to place every word of a question in a table.

    Attributes:
        frame: Its small words.
        table: The table.
        tokens: All words.
        segments: In order of the question.
        factor: 0 to 1, by how much its plain words and headers leave open.
    """

    frame: Frame
    table: QueryTable
    tokens: tuple[QuestionToken, ...]
    segments: tuple[Segment, ...]
    factor: float

    @property
    def has_strong_verb(self) -> bool:
        """Whether a verb that may choose rows stands in no cell, and before no bound or figure."""
        placed = {n for segment in self.segments for n in segment.places}
        bounds = [c.start for c in self.frame.question.comparisons]
        for n, token in enumerate(self.tokens):
            if n in placed or token.key not in STRONG_VERBS:
                continue
            following_text = self.frame.text[token.end :]
            follows_bound = any(0 <= start - token.end <= _NEAR_CHARS for start in bounds)
            if not follows_bound and _FIGURE_NEXT.match(following_text) is None:
                return True
        return False

    @property
    def has_event(self) -> bool:
        """Whether a verb that happens at a time of its own stands in no header."""
        placed = {n for segment in self.segments for n in segment.places}
        return any(
            token.key in EVENT_VERBS for n, token in enumerate(self.tokens)
            if token.content and n not in placed
        )  # fmt: skip

    def start(self, segment: int) -> int:
        return self.tokens[self.segments[segment].places[0]].start

    def end(self, segment: int) -> int:
        return self.tokens[self.segments[segment].places[-1]].end

    def surface(self, segment: int) -> str:
        return self.frame.text[self.start(segment) : self.end(segment)]

    def headers(self) -> list[int]:
        """The segments that are headers."""
        return [n for n, s in enumerate(self.segments) if isinstance(s, Header)]

    def is_adjacent(self, first: int, second: int) -> bool:
        """Whether only small words stand between two segments, the first before the second."""
        if first > second:
            first, second = second, first
        between = self.segments[first + 1 : second]
        return not between

    def first_after(self, offset: int) -> int | None:
        """The first segment at or after a place in the text."""
        return next((n for n in range(len(self.segments)) if self.start(n) >= offset), None)

    def select(self, reserved: Iterable[int] = (), columns: Iterable[int] = ()) -> Selection | None:
        """The rows that all segments but some choose; None where one has no part.

        Args:
            reserved: Segments that say what is asked or measured.
            columns: Those that are asked or measured, to which a header may belong.
        """
        left = [n for n in range(len(self.segments)) if n not in set(reserved)]
        return _Selector(self, left, frozenset(columns)).select()


class _Selector:
    def __init__(self, clause: Clause, left: Sequence[int], columns: frozenset[int]) -> None:
        self.clause, self.left, self.columns = clause, left, columns
        self.table = clause.table
        self.rows = set(self.table.data)
        self.conditions: list[Condition] = []
        self.factor = 1.0
        self.used: set[int] = set()
        self.by_column: dict[int, set[int]] = {}

    def select(self) -> Selection | None:
        segments = self.clause.segments
        for n in self.left:
            segment = segments[n]
            if isinstance(segment, Cells) and not self._add_cells(n, segment):
                return None
        for n in self.left:
            segment = segments[n]
            if isinstance(segment, Number) and not self._add_number(n, segment):
                return None
        if not self._add_bounds():
            return None
        for n in self.left:
            segment = segments[n]
            if isinstance(segment, Header) and n not in self.used and not self._absorb(n, segment):
                return None
        for holders in self.by_column.values():
            self.rows &= holders
        return Selection(
            tuple(sorted(self.rows)), tuple(self.conditions), self.factor, frozenset(self.used),
            frozenset(c.column for c in self.conditions),
        )  # fmt: skip

    def _add_cells(self, n: int, segment: Cells) -> bool:
        rows = set(segment.rows) & set(self.table.data)
        if not rows:
            return False
        if segment.column in self.by_column:
            other = self.by_column[segment.column]
            if not other & rows:
                if not segment.is_whole or not self._is_joined(n):
                    return False
                rows = other | rows  # "in Ely and Soham"
            else:
                rows = other & rows
        self.by_column[segment.column] = rows
        texts = tuple(
            dict.fromkeys(
                self.table.rows[r].texts[segment.column] if segment.column >= 0
                else self.table.rows[r].group[-1]
                for r in sorted(rows)
            )
        )  # fmt: skip
        self.conditions.append(Condition(segment.column, texts))
        self.factor *= segment.factor
        self.used.add(n)
        return True

    def _is_joined(self, n: int) -> bool:
        if not n:
            return False
        gap = self.clause.frame.text[self.clause.end(n - 1) : self.clause.start(n)].lower()
        return any(word in gap.split() for word in ("and", "or")) or gap.strip() == ","

    def _add_number(self, n: int, segment: Number) -> bool:
        """A figure beside the header of its column."""
        best: tuple[float, int, int] | None = None
        is_tied = False
        for at in (n - 1, n + 1):
            if at not in self.left or not 0 <= at < len(self.clause.segments):
                continue
            header = self.clause.segments[at]
            if not isinstance(header, Header):
                continue
            for column, how in header.columns:
                if column in self.columns or not rows_with_figure(
                    self.table, column, segment.value
                ):
                    continue
                if how < _OWN:
                    continue
                if best is None or how > best[0]:
                    best, is_tied = (how, column, at), False
                elif how == best[0] and column != best[1]:
                    is_tied = True
        if best is None or is_tied:
            return False
        how, column, at = best
        self.by_column[column] = set(rows_with_figure(self.table, column, segment.value))
        self.conditions.append(Condition(column, (f"{segment.value:f}",)))
        self.factor *= how
        self.used |= {n, at}
        return True

    def _add_bounds(self) -> bool:
        for bound in self.clause.frame.question.comparisons:
            column, at = self._column_of(bound.start, bound.end, bound.value, bound.day is not None)
            if column is None:
                return False
            values = [
                v
                for r in self.table.data
                if (v := self.table.columns[column].values[r]) is not None
            ]
            if len(values) < len(self.table.data):
                return False  # what has no figure cannot be compared
            if self.table.columns[column].kind == "number":
                figures = [v for v in values if isinstance(v, Decimal)]
                limits = [bound.value, *([bound.upper] if bound.upper is not None else [])]
                if not all(min(figures) <= limit <= max(figures) for limit in limits):
                    return False  # its unit may be another
            self.rows = {r for r in self.rows if meets(self.table, r, column, bound)}
            if bound.day is not None:
                condition = Condition(column, (bound.day.isoformat(),), bound.comparator)
            else:
                condition = Condition(column, (), bound.comparator, bound.value, bound.upper)
            self.conditions.append(condition)
            if at is not None:
                self.used.add(at)
        return True

    def _column_of(
        self, start: int, end: int, value: Decimal, is_day: bool
    ) -> tuple[int | None, int | None]:
        """The column that a bound is about, and the segment that names it."""
        table = self.table
        is_year = value == int(value) and 1500 <= value <= 2100
        kinds = {"date"} if is_day else {"year", "date"} if is_year else {"number"}
        fitting = [c.index for c in table.columns if c.kind in kinds]
        nearest: tuple[int, int, int] | None = None
        for n in self.left:
            segment = self.clause.segments[n]
            if not isinstance(segment, Header):
                continue
            distance = min(abs(self.clause.start(n) - end), abs(start - self.clause.end(n)))
            named = [
                (how, -c) for c, how in segment.columns if c in fitting and c not in self.columns
            ]
            if named and (nearest is None or distance < nearest[0]):
                nearest = distance, -max(named)[1], n
        if nearest is not None:
            return nearest[1], nearest[2]
        dimension = self.clause.frame.superlative or self.clause.frame.comparative
        if dimension is not None:
            return None, None
        by_adjective = _by_adjective(self.clause, end, fitting)
        if by_adjective is not None:
            return by_adjective, None
        free = [c for c in fitting if c not in self.columns]
        if is_year or is_day:
            return (free[0] if len(free) == 1 else None), None
        if not _is_money(self.clause.frame.text[start:end]):
            return None, None  # nothing says of what
        free = [c for c in free if table.columns[c].is_money]
        return (free[0] if len(free) == 1 else None), None

    def _absorb(self, n: int, segment: Header) -> bool:
        """A header that says which column a condition is of, what rows are, or yes."""
        columns = dict(segment.columns)
        selected_columns = {c.column for c in self.conditions}
        if (selected_columns | self.columns) & columns.keys():
            self.used.add(n)
            return True
        naming = (self.table.label_column, *self.table.code_columns)
        if any(columns.get(column, 0.0) >= 0.96 for column in naming):
            self.used.add(n)
            return True
        question_keys = {self.clause.tokens[p].key for p in segment.places}
        flags = [
            c for c in columns
            if self.table.columns[c].kind == "flag"
            and set(self.table.header_keys[c]) - SILENT_OF_FLAGS <= question_keys
        ]  # fmt: skip
        if len(flags) == 1:
            expected = "no" if self.clause.frame.negated else "yes"
            values = self.table.columns[flags[0]].values
            self.rows = {
                r for r in self.rows if ("no" if values[r] is None else values[r]) == expected
            }
            self.conditions.append(Condition(flags[0], (expected,)))
            self.factor *= columns[flags[0]]
            self.used.add(n)
            return True
        return False


def _is_money(text: str) -> bool:
    return any(symbol in text for symbol in "$€£")


def _by_adjective(clause: Clause, end: int, fitting: Sequence[int]) -> int | None:
    """The column that an adjective after a bound measures: "over 300 metres tall"."""
    for token in clause.tokens:
        if token.start < end or token.surface not in dimensions():
            continue
        meant = frozenset(h for d in dimensions()[token.surface] for h in d.headers)
        named = [c for c in fitting if not meant.isdisjoint(clause.table.header_keys[c])]
        return named[0] if len(named) == 1 else None
    return None
