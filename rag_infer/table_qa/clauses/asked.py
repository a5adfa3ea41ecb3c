"""The column that a question asks for, and the one that it measures by."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.clauses.clause import Clause
from rag_infer.table_qa.clauses.context import says_context
from rag_infer.table_qa.clauses.lexicon import THINGS, dimensions
from rag_infer.table_qa.clauses.segments import Cells, Header
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.synonyms import CLASSES, PERSON, PLACE, PRICE, are_synonyms, is_ordinal

_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[:.h]([0-5]\d)(?:\s*(?P<half>[ap])\.?m\.?)?", re.IGNORECASE)
_DURATION = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d\d(?:\.\d+)?)")
_MOST = 0.75
_NAMING = frozenset(map(key, "name title item product article event label".split()))
_VERBS_OF_END = frozenset(map(key, "left leave end ended until closed departed died".split()))


@dataclass(frozen=True, slots=True)
class Target:
    """A column that may be asked for.

    Attributes:
        column: Its index.
        segments: Those that name it.
        factor: 0 to 1, how surely it is meant.
    """

    column: int
    segments: frozenset[int]
    factor: float


def targets(clause: Clause) -> Iterator[Target]:
    """The columns that may be asked for."""
    wh = clause.frame.wh
    named = list(_named(clause))
    if wh in ("who", "whom", "whose"):
        yield from (t for t in named if clause.table.columns[t.column].kind == "text")
        people = person_column(clause.table)
        if people is not None:
            yield Target(people, frozenset(), 0.98)
    elif wh in ("when", "what time", "at what time"):
        yield from (t for t in named if is_time(clause.table, t.column))
        times = time_columns(clause.table)
        if len(times) == 1:
            yield Target(times[0], frozenset(), 0.96)
    elif wh == "where":
        yield from (t for t in named if _is_place(clause.table, t.column))
        places = [c.index for c in clause.table.columns if _is_place(clause.table, c.index)]
        if len(places) == 1:
            yield Target(places[0], frozenset(), 0.97)
    elif wh == "how much":
        figures = [t for t in named if clause.table.columns[t.column].kind == "number"]
        yield from figures
        prices = price_columns(clause.table)
        if not figures and len(prices) == 1 and _asks_price(clause):
            yield Target(prices[0], frozenset(), 0.96)
    elif wh.startswith("how ") and wh not in ("how many", "how often"):
        yield from _of_adjective(clause, wh.removeprefix("how "))
    elif wh in ("which", "what", "list") and noun_of_rows(clause, clause.frame.wh_end):
        yield Target(naming_column(clause.table), frozenset(), 0.97)
    elif wh in ("which", "what", "list"):
        direct = [t for t in named if t.segments == frozenset((_direct(clause),))]
        yield from direct or named
        if (wh != "what" and not named) or is_after_cells(clause):
            yield Target(naming_column(clause.table), frozenset(), 0.97)


def _asks_price(clause: Clause) -> bool:
    """Whether "how much" is of money: it is, or costs, or no verb says else."""
    following_text = clause.frame.text[clause.frame.wh_end :].lower()
    return (
        re.match(r"\s*(?:is|are|does|do|was|were|would|will|for|a|an|the)\b", following_text)
        is not None
    )


def is_after_cells(clause: Clause) -> bool:
    """Whether the words right after "which" are cells: "which pulses are there"."""
    first = clause.first_after(clause.frame.wh_end)
    if first is None or not isinstance(clause.segments[first], Cells):
        return False
    gap = clause.frame.text[clause.frame.wh_end : clause.start(first)]
    return not gap.strip() and not any(c.capital for c in clause.tokens
                                       if c.start == clause.start(first))  # fmt: skip


def _named(clause: Clause) -> Iterator[Target]:
    """The columns of headers; what stands right after the question word first."""
    for n in clause.headers():
        header = clause.segments[n]
        assert isinstance(header, Header)
        direct = n == _direct(clause)
        for column, how in header.columns:
            share = _share(clause, n, column)
            yield Target(
                column, frozenset((n,)), how / header.best() * (1.0 if direct else 0.97) * share
            )  # fmt: skip


def _direct(clause: Clause) -> int | None:
    """The header right after the question word, or after "what is the"."""
    first = clause.first_after(clause.frame.wh_end)
    if first is None or not isinstance(clause.segments[first], Header):
        return None
    gap = clause.frame.text[clause.frame.wh_end : clause.start(first)].lower()
    if any(t.content for t in clause.tokens
           if clause.frame.wh_end <= t.start < clause.start(first)):  # fmt: skip
        return None
    return None if re.search(r"\b(?:did|does|do|has|have)\b", gap) else first


def noun_of_rows(clause: Clause, offset: int) -> bool:
    """Whether the word right after a place stands for the rows, and no header has it."""
    token = next((t for t in clause.tokens if t.start >= offset and t.content), None)
    if token is None or clause.frame.text[offset : token.start].strip():
        return False
    placed = {clause.tokens[n].start for s in clause.segments for n in s.places}
    return token.start not in placed and not token.number and (
        token.key in THINGS or says_context(clause.table, token.key)
    )  # fmt: skip


def _share(clause: Clause, segment: int, column: int) -> float:
    """By how much words of a header that are not said leave it open."""
    header = clause.table.header_keys[column]
    question_keys = len(clause.segments[segment].places)
    return 1.0 if question_keys >= len(header) else 0.99 ** (len(header) - question_keys)


def _of_adjective(clause: Clause, adjective: str) -> Iterator[Target]:
    meant = frozenset(h for d in dimensions().get(adjective, ()) for h in d.headers)
    columns = [
        c.index for c in clause.table.columns
        if not meant.isdisjoint(clause.table.header_keys[c.index])
        and CLASSES.isdisjoint(clause.table.header_keys[c.index])
    ]  # fmt: skip
    if len(columns) == 1:
        yield Target(columns[0], frozenset(), 0.9)


def person_column(table: QueryTable) -> int | None:
    """The column of names of people."""
    people = [
        c.index for c in table.columns
        if c.kind == "text" and not PERSON.isdisjoint(table.header_keys[c.index])
        and c.index not in table.code_columns
    ]  # fmt: skip
    if table.label_column in people:
        return table.label_column
    return people[0] if people else None


def price_columns(table: QueryTable) -> list[int]:
    """The columns of prices."""
    figures = [c.index for c in table.columns if c.kind == "number"]
    named = [c for c in figures if not PRICE.isdisjoint(table.header_keys[c])]
    money = [c for c in figures if table.columns[c].is_money]
    return named if len(named) == 1 else money or named


def names_rows(clause: Clause) -> bool:
    """Whether the label of a row is what a noun that no header has stands for."""
    table = clause.table
    header = frozenset(table.header_keys[naming_column(table)])
    if header & _NAMING or not header or is_after_cells(clause):
        return True
    superlative = clause.frame.superlative
    if noun_of_rows(clause, clause.frame.wh_end) or (
        superlative is not None and noun_of_rows(clause, superlative.end)
    ):
        return True
    return any(
        token.content and (token.key in header or any(are_synonyms(token.key, k) for k in header))
        for token in clause.tokens
    )


def naming_column(table: QueryTable) -> int:
    """The column whose cells people call rows by: a title rather than a number or code."""
    label = table.label_column
    if label not in table.code_columns:
        return label
    for column in table.columns:
        texts = [table.rows[n].texts[column.index] for n in table.data]
        if (
            column.kind == "text" and column.index != label and len(set(texts)) == len(texts)
            and column.index not in table.code_columns
        ):  # fmt: skip
            return column.index
    return label


def _is_place(table: QueryTable, column: int) -> bool:
    return not PLACE.isdisjoint(table.header_keys[column])


def is_time(table: QueryTable, column: int) -> bool:
    """Whether cells of a column are days, years or times of the day."""
    return table.columns[column].kind in ("date", "year") or column in _clock_columns(table)


def _clock_columns(table: QueryTable) -> list[int]:
    return [
        c.index for c in table.columns
        if c.kind == "text" and _share_of(table, c.index, _CLOCK) >= _MOST
    ]  # fmt: skip


def _share_of(table: QueryTable, column: int, pattern: re.Pattern[str]) -> float:
    texts = [t for n in table.data[:50] if (t := table.rows[n].texts[column].strip())]
    return sum(pattern.fullmatch(t) is not None for t in texts) / len(texts) if texts else 0.0


def time_columns(table: QueryTable) -> list[int]:
    """The columns of days and years, else those of times of the day."""
    dated = [c.index for c in table.columns if c.kind in ("date", "year")]
    return dated or _clock_columns(table)


def ordered_value(table: QueryTable, row: int, column: int) -> Decimal | None:
    """What a cell is ordered by: its figure, day, time of the day or duration."""
    value = table.columns[column].values[row]
    if isinstance(value, Decimal):
        return value
    if isinstance(value, datetime.date):
        return Decimal(value.toordinal())
    text = table.rows[row].texts[column].strip()
    if match := _CLOCK.fullmatch(text):
        hours = int(re.split(r"[:.h]", text)[0]) % (12 if match["half"] else 25)
        return Decimal(60 * (hours + 12 * ((match["half"] or "").lower() == "p")) + int(match[1]))
    if match := _DURATION.fullmatch(text):
        return Decimal(int(match[1] or 0) * 3600 + int(match[2]) * 60) + Decimal(match[3])
    return None


def is_measure(table: QueryTable, column: int) -> bool:
    """Whether a column holds figures that are more or less, and no numbers of rows."""
    return table.columns[column].kind == "number" and not is_ordinal(
        table.columns[column].name, table.header_keys[column]
    )


def says_end(table: QueryTable, column: int) -> bool:
    """Whether a column of days tells when something ended."""
    return not _VERBS_OF_END.isdisjoint(table.header_keys[column])
