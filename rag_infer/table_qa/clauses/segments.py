"""Runs of words of a question that are cells, headers or figures of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.cite.text_normalization import related
from rag_infer.table_qa.clauses.lexicon import variants
from rag_infer.table_qa.clauses.tokens import QuestionToken
from rag_infer.table_qa.query_table import GROUP, QueryTable, essential_keys
from rag_infer.table_qa.rate_words import is_only_rate
from rag_infer.table_qa.synonyms import are_synonyms
from rag_infer.tables.figures import parse_figure

_GAP = re.compile(
    r"(?:['’]s)?[\s\-–/,.&:()\"“”]*(?:(?:of|the|and|for|in|at|to|on|a|an|with|de|la)\b[\s\-]*){0,3}",
    re.IGNORECASE,
)
_HOW = {"same": 1.0, "derived": 0.99, "synonym": 0.96}


@dataclass(frozen=True, slots=True)
class Cells:
    """A run of tokens that cells of one column say.

    Attributes:
        places: Of the tokens.
        column: -1 for titles of groups.
        rows: Those whose cell has all of the words.
        is_whole: The words are all that the cell says.
        factor: 0 to 1, how surely these rows are meant.
    """

    places: tuple[int, ...]
    column: int
    rows: frozenset[int]
    is_whole: bool
    factor: float


@dataclass(frozen=True, slots=True)
class Header:
    """A run of tokens that headers have. ``columns`` with how well: 1 for the very word."""

    places: tuple[int, ...]
    columns: tuple[tuple[int, float], ...]

    def best(self) -> float:
        return max(how for _, how in self.columns)


@dataclass(frozen=True, slots=True)
class Number:
    """A number that no header or label has: the figure of a cell, if a header stands beside it."""

    places: tuple[int, ...]
    value: Decimal


@dataclass(frozen=True, slots=True)
class Plain:
    """A token that chooses nothing."""

    places: tuple[int, ...]
    factor: float


Segment = Cells | Header | Number | Plain


def header_links(table: QueryTable, token: QuestionToken) -> dict[int, float]:
    """The columns whose header has a word, with how well."""
    matches: dict[int, float] = {}
    forms = variants(token.key)
    headers = [
        (n, header) for n, header in enumerate(table.header_keys)
        if not is_only_rate(token.surface, table.columns[n].name)
    ]  # fmt: skip
    for column, header in headers:
        if not forms.isdisjoint(header):
            matches[column] = 1.0 if token.key in header else _HOW["derived"]
        elif not token.number and any(related(token.key, other) for other in header):
            matches[column] = _HOW["derived"]
    if table.is_titled(token.surface) and set(matches.values()) == {_HOW["derived"]}:
        return {}  # "inspection" is the sheet of that name, not its inspectors
    if not matches and not token.number and not token.capital:
        for column, header in headers:
            if any(are_synonyms(form, other) for form in forms for other in header):
                matches[column] = _HOW["synonym"]
    return matches


def _cell_rows(table: QueryTable, token: QuestionToken) -> dict[int, set[int]]:
    index = table.cell_index
    rows: dict[int, set[int]] = {}
    for form in variants(token.key):
        for column, holders in index.get(form).items():
            rows[column] = rows.get(column, set()) | holders
    return rows


def cell_runs(
    table: QueryTable, text: str, tokens: Sequence[QuestionToken], places: Sequence[int], at: int
) -> list[Cells]:
    """The longest runs from a place on that cells say, one for each column that has one."""
    runs: list[Cells] = []
    for column, holders in _cell_rows(table, tokens[places[at]]).items():
        rows = table.answering_rows & holders
        length = 1
        while rows and at + length < len(places):
            previous, following = tokens[places[at + length - 1]], tokens[places[at + length]]
            if not _GAP.fullmatch(text[previous.end : following.start]):
                break
            shared = rows & _cell_rows(table, following).get(column, set())
            if not shared:
                break
            rows = shared
            length += 1
        if rows:
            run = tuple(places[at : at + length])
            runs.append(_measured(table, tokens, run, column, rows))
    longest = max((len(run.places) for run in runs), default=0)
    return [run for run in runs if len(run.places) == longest]


def _measured(
    table: QueryTable, tokens: Sequence[QuestionToken], run: tuple[int, ...], column: int,
    rows: frozenset[int],
) -> Cells:  # fmt: skip
    """A run with its rows: those whose cell is what is said, before those that say more."""
    question_keys = frozenset(form for n in run for form in variants(tokens[n].key))
    if column == GROUP:
        return Cells(run, column, rows, is_whole=True, factor=0.98)
    kind = table.columns[column].kind
    is_whole = frozenset(
        n for n in rows
        if essential_keys(table.rows[n].texts[column]) <= question_keys
        or (kind == "date" and any(tokens[p].number for p in run))
    )  # fmt: skip
    if is_whole:
        return Cells(run, column, is_whole, is_whole=True, factor=1.0)
    own = min(len(essential_keys(table.rows[n].texts[column])) for n in rows)
    share = len(run) / max(1, own)
    named = any(tokens[n].capital or tokens[n].number for n in run)
    if column != table.label_column and len(rows) == 1:
        share = 0.0  # one word of a longer text may be about anything
    factor = 0.97 if share >= 0.5 else 0.8
    return Cells(run, column, rows, is_whole=False, factor=factor if named else factor * 0.97)


def header_run(
    table: QueryTable, text: str, tokens: Sequence[QuestionToken], places: Sequence[int], at: int
) -> Header | None:
    """The longest run from a place on whose words one header has."""
    columns = header_links(table, tokens[places[at]])
    if not columns:
        return None
    length = 1
    while at + length < len(places):
        previous, following = tokens[places[at + length - 1]], tokens[places[at + length]]
        if not _GAP.fullmatch(text[previous.end : following.start]):
            break
        links = header_links(table, following)
        shared = {c: min(how, links[c]) for c, how in columns.items() if c in links}
        if not shared:
            break
        columns = shared
        length += 1
    return Header(tuple(places[at : at + length]), tuple(sorted(columns.items())))


def figure_of(token: QuestionToken) -> Decimal | None:
    """The number that a token is."""
    if not token.number:
        return None
    figure = parse_figure(token.key)
    return figure.value if figure is not None else None


def rows_with_figure(table: QueryTable, column: int, value: Decimal) -> frozenset[int]:
    """The rows of data whose figure in a column is a number."""
    values = table.columns[column].values
    return frozenset(n for n in table.data if values[n] == value)


def choices(segments: Sequence[Sequence[Segment]], limit: int) -> Iterator[tuple[Segment, ...]]:
    """All ways to take one of each segment's alternatives, at most ``limit``."""
    count = 1
    for alternatives in segments:
        count *= len(alternatives)
    if count > limit:
        return
    selected_columns: list[tuple[Segment, ...]] = [()]
    for alternatives in segments:
        selected_columns = [
            (*prefix, segment) for prefix in selected_columns for segment in alternatives
        ]
    yield from selected_columns
