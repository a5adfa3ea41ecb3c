"""A table as line items by periods: which row and which columns the words of a question name.

Stricter than the links of ``reading``: a row counts only if its whole label is said, and every word
of the question must be said by its label, its group, a header that is used or the words around the
table, or be one that names nothing ("report", "spend", "respectively").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag_infer.cite.text_normalization import Word, key, related
from rag_infer.table_qa.content_words import names_in
from rag_infer.table_qa.query_table import QueryTable, essential_keys, keys
from rag_infer.table_qa.synonyms import GENERIC, LIGHT
from rag_infer.tables.figures import Figure, decimal_mark, is_blank, parse_figure
from rag_infer.tables.totals import is_like_total

_ASIDE = re.compile(r"\(([^()]{2,20})\)")
_PARENTHESES = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[a-z]+")
YEAR = re.compile(r"(?:19|20)\d\d")
_MIN_SHARE = 0.5  # of the filled cells of a column that are figures
_MAX_LABEL_KEYS = 30
_UNIT_CHARS = 2  # "$m", "kg"
_PER = re.compile(r"\b(?:per|each|a)\b|/|\b[a-z]{1,3}(?:asm|rpm)s?\b|\beps\b|yield")
_FILLER = frozenset(map(key, "total related less amount amounts".split()))
_CHANGE = frozenset(map(key, "change changes increase decrease growth variance difference".split()))
_PERCENT = frozenset(map(key, "percent percentage share rate proportion".split()))
# Stop words that make another label of one ("Other income", "Income before tax").
_DISTINCTIVE = frozenset("other before after not no without under over than excluding own".split())
_TOTALS = frozenset(map(key, "total overall".split()))
_PERIOD_WORDS = frozenset(
    map(
        key,
        "year years fiscal financial calendar period periods end ended ending month months "
        "annual annually date dates".split(),
    )
)
_SAYS_NOTHING = (
    GENERIC
    | LIGHT
    | _PERIOD_WORDS
    | frozenset(
        map(
            key,
            "report record recognize generate spend spent pay paid receive incur make made earn "
            "find get show "
            "return state compare achieve post book see calculate compute determine value values "
            "company firm approximately respective dollars dollar usd nominal absolute "
            "corresponding said table based".split(),
        )
    )
)


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """The cells that words name.

    Attributes:
        row: Of the table's body.
        columns: In the order of the question.
        explained: The places of the words that the row or a header says.
        certainty: 0 to 1.
    """

    row: int
    columns: tuple[int, ...]
    explained: frozenset[int]
    certainty: float


class LineItems:
    """A table whose first column names rows and whose other columns are mostly figures."""

    def __init__(self, table: QueryTable) -> None:
        self.table = table
        self.label = 0 if table.columns and table.columns[0].kind != "number" else -1
        self._mark = decimal_mark(cell for row in table.rows for cell in row.texts[1:])

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The columns of figures."""
        return tuple(
            c.index for c in self.table.columns
            if c.index != self.label and (c.kind == "number" or self._is_mixed(c.index))
        )  # fmt: skip

    def _is_mixed(self, column: int) -> bool:
        """Whether a column is of figures with several units: dollars, percents, miles."""
        if self.table.columns[column].kind != "text":
            return False
        texts = [self.table.rows[n].texts[column] for n in self.table.data]
        filled = [text for text in texts if not is_blank(text)]
        figures = sum(parse_figure(text, self._mark) is not None for text in filled)
        return bool(filled) and figures > _MIN_SHARE * len(filled)

    @cached_property
    def years(self) -> dict[int, str]:
        """The year of each column that has just one in its header, in order of columns."""
        years = {}
        for column in self.columns:
            matches = {k for k in self.table.header_keys[column] if YEAR.fullmatch(k)}
            if len(matches) == 1 and not self.is_change(column):
                years[column] = next(iter(matches))
        return years

    def is_change(self, column: int) -> bool:
        """Whether a column holds changes between others, or their percents."""
        header = self.table.header_keys[column]
        return not _CHANGE.isdisjoint(header) or "%" in self.table.columns[column].name

    def figure(self, row: int, column: int) -> Figure | None:
        """The figure of a cell; None where it has none."""
        text = self.table.rows[row].texts[column]
        return None if is_blank(text) else parse_figure(text, self._mark)

    @cached_property
    def _rows(self) -> tuple[tuple[int, frozenset[str], frozenset[str], frozenset[str]], ...]:
        """Of each row: all words of its label, those that must be said, those of its groups."""
        rows = []
        for number, row in enumerate(self.table.rows):
            label = row.texts[self.label].strip()
            if row.role == "group" or not label:
                continue
            group = frozenset(k for title in self.table.group_of(number) for k in keys(title))
            rows.append((number, frozenset(keys(label)), essential_keys(label), group))
        return tuple(rows)

    @cached_property
    def _sums(self) -> frozenset[int]:
        """The rows that sum up others, by their label or their figures."""
        return frozenset(
            n for n, row in enumerate(self.table.rows)
            if row.role == "total" or is_like_total((row.texts[self.label],))
        )  # fmt: skip

    @cached_property
    def _summed_up(self) -> frozenset[str]:
        """The words for what the rows are parts of: those of the one total that has a name."""
        names = {frozenset(keys(self.table.rows[n].texts[self.label])) - _TOTALS
                 for n in self._sums} - {frozenset()}  # fmt: skip
        return names.pop() if len(names) == 1 else frozenset()

    def _is_abbreviated(self, row: int, said: Collection[str]) -> bool:
        """Whether what a label has in parentheses is said: "ASMs" of "Available seat miles"."""
        label = self.table.rows[row].texts[self.label]
        return any(
            all(any(_alike(k, s) for s in said) for k in keys(aside))
            for aside in _ASIDE.findall(label)
            if aside[:1].isupper()
        )

    def _distinctive(self, row: int) -> frozenset[str]:
        label = _PARENTHESES.sub(" ", self.table.rows[row].texts[self.label]).lower()
        return _DISTINCTIVE.intersection(_WORD.findall(label))

    def _says_per(self, row: int) -> bool:
        """Whether a label, a header or the words around say "per" or an abbreviation of it."""
        label = self.table.rows[row].texts[self.label].lower()
        headers = " ".join(self.table.columns[c].name for c in self.columns).lower()
        return _PER.search(f"{label} {headers} {self.table.context.lower()}") is not None

    def choose_row(
        self, words: Sequence[Word], text: str = ""
    ) -> tuple[int, frozenset[int]] | None:
        """The row whose whole label is said and that says the most; None where several do.

        Args:
            words: Of the question, without operations and periods.
            text: The question, for the small words that make another label of one.
        """
        said = {w.key for w in words}
        said_surfaces = set(_WORD.findall(text.lower()))
        candidates: list[tuple[tuple[int, int, int], int, frozenset[int]]] = []
        for row, label, essential, group in self._rows:
            if len(label) > _MAX_LABEL_KEYS:
                continue
            own = frozenset(n for n, w in enumerate(words) if _says(label, w))
            if not own:
                continue
            missing = {k for k in essential if not any(_alike(k, s) for s in said)}
            if missing - _FILLER and not self._is_abbreviated(row, said):
                continue
            if self._distinctive(row) - said_surfaces:
                continue
            if "per" in said_surfaces and not self._says_per(row):
                continue  # "cost per gallon" is not "gallons"
            by_group = frozenset(n for n, w in enumerate(words) if _says(group, w))
            explained = own | by_group
            weight = sum(words[n].key not in _SAYS_NOTHING for n in explained)
            candidates.append(((weight, len(own), -len(missing)), row, explained))
        if not candidates:
            return None
        best = max(candidates)[0]
        rows = [(row, explained) for score, row, explained in candidates if score == best]
        texts = {self.table.rows[row].texts for row, _ in rows}
        if len(texts) > 1 or not best[0]:
            return None
        return rows[0]

    def _part_of(
        self, total: tuple[int, frozenset[int]], words: Sequence[Word], text: str
    ) -> tuple[int, frozenset[int]]:
        """The part of a total that the other words name whole, else the total itself."""
        rest = [n for n in range(len(words)) if n not in total[1]]
        part = self.choose_row([words[n] for n in rest], text) if rest else None
        if part is None or part[0] in self._sums or not self._summed_up:
            return total
        return part[0], frozenset(rest[n] for n in part[1])

    def choose_columns(
        self, words: Sequence[Word], years: Sequence[str], used: Collection[int]
    ) -> tuple[tuple[int, ...], float] | None:
        """The column of each period, or the one that words name; None where several fit.

        Args:
            words: Of the question.
            years: Those that headers have, in order.
            used: The places of words that the row says.
        """
        free = [w for n, w in enumerate(words) if n not in used]
        if not years:
            if len(self.columns) == 1 and self._says_nothing(self.columns[0]):
                return self.columns, 1.0
            best = self._named(self.columns, free)
            return None if best is None else ((best,), 0.97)
        chosen = []
        for year in years:
            of_year = [c for c in self.columns if year in self.table.header_keys[c]]
            plain = [c for c in of_year if c in self.years]
            wants_change = any(w.key in _CHANGE | _PERCENT for w in free)
            candidates = plain if plain and not wants_change else of_year
            if len(candidates) > 1:
                best = self._named(candidates, free)
                if best is None:
                    return None
                candidates = [best]
            if not candidates:
                return None
            chosen.append(candidates[0])
        return tuple(chosen), 1.0

    def _says_nothing(self, column: int) -> bool:
        """Whether a header names only a unit or a period, so that no question has to say it."""
        header = self.table.header_keys[column]
        return all(k in _SAYS_NOTHING or k.isdigit() or len(k) <= _UNIT_CHARS for k in header)

    def _named(self, columns: Sequence[int], words: Sequence[Word]) -> int | None:
        """The column that says the most of some words, and the least else."""
        scores = []
        for column in columns:
            header = set(self.table.header_keys[column])
            matches = sum(_says(header, w) for w in words)
            missing = sum(not any(_alike(k, w.key) for w in words) for k in header)
            scores.append(((matches, -missing), column))
        scores.sort(reverse=True)
        if not scores or not scores[0][0][0] or scores[0][0][0] < -scores[0][0][1]:
            return None  # less than half of the header is said
        return None if len(scores) > 1 and scores[1][0] == scores[0][0] else scores[0][1]

    def match(
        self, words: Sequence[Word], years: Sequence[str], text: str, *, every_period: bool = False
    ) -> ItemMatch | None:
        """The cells that words name, if they name some and nothing else.

        Args:
            words: Of the question, without operations.
            years: The periods in its order.
            text: The question.
            every_period: All columns with a year are meant where none is said.
        """
        row_words = [w for w in words if w.key not in years]
        chosen = self.choose_row(row_words, text)
        if chosen is not None and chosen[0] in self._sums:
            chosen = self._part_of(chosen, row_words, text)
        if chosen is None:
            return None
        row, explained = chosen
        if every_period and not years:
            columns, certainty = tuple(self.years), 1.0
            if len(columns) < 2 or len(set(self.years.values())) < len(columns):
                return None
        else:
            choice = self.choose_columns(row_words, years, explained)
            if choice is None:
                return None
            columns, certainty = choice
        headers = {k for c in columns for k in self.table.header_keys[c]}
        others = {k for c in self.columns if c not in columns for k in self.table.header_keys[c]}
        around = self.table.context_keys | set(self.table.header_keys[self.label])
        by_label = {row_words[n].start for n in explained}
        for name in names_in(text):
            by_context = [w.key in around and w.start not in by_label for w in name]
            if any(by_context) and any(w.key not in around for w in name):
                return None  # "Delta Air Lines" is not a row of another airline's report
        units = {figure.unit for c in columns if (figure := self.figure(row, c)) is not None}
        for n, word in enumerate(row_words):
            if n in explained or _says(headers, word):
                continue
            if word.key in others:
                return None  # it names another column, whatever else it may say
            if word.key in self._summed_up and row not in self._sums:
                certainty *= 0.98  # "operating expense for fuel" of "Total operating expense"
                continue
            if word.key in around or _is_light(word, self.table.rows[row].role, units):
                certainty *= 0.995
                continue
            return None
        return ItemMatch(row, columns, explained, 0.97 * certainty)


def _is_light(word: Word, role: str, units: set[str]) -> bool:
    if word.key in _PERCENT:
        return units == {"%"}
    return word.key in _SAYS_NOTHING and not (word.key in _TOTALS and role != "total")


def _says(header: Collection[str], word: Word) -> bool:
    return word.key in header or (not word.number and any(related(word.key, k) for k in header))


def _alike(a: str, b: str) -> bool:
    return a == b or (not a.isdigit() and related(a, b))
