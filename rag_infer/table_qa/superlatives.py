"""Plans for the row with the most or least of something, told by words beside the superlative.

"Which country won the most silver medals", "who scored the most goals", "the largest island". The
figure is that of the column named after the superlative, of the column that an adjective means, or
the number of rows where what is counted is no figure: "which director worked on the most episodes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.extremes import best_of_repeated, may_sum_up
from rag_infer.table_qa.figure_columns import (
    has_unread_figures,
    named_figures,
    total_column,
)
from rag_infer.table_qa.noun_phrases import chooses_no_row, head_noun, is_outcome, noun_run
from rag_infer.table_qa.phrase_rows import rows_of_phrases
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import is_plural
from rag_infer.table_qa.reading import HOW, Reading, columns_by_kind
from rag_infer.table_qa.synonyms import COUNTED, GENERIC, is_additive, is_ordinal

_SUPERLATIVE = re.compile(
    r"\b(?:the\s+)?(?P<word>most|least|fewest|highest|lowest|largest|smallest|greatest|biggest|"
    r"maximum|minimum|top|tallest|longest|shortest|heaviest|lightest|oldest|youngest|deepest|"
    r"dearest|cheapest|costliest)\b"
    r"(?P<noun>\s+(?:total\s+)?(?:number|amount|count|quantity|total)(?:\s+of)?\b)?",
    re.IGNORECASE,
)
_LEAST = frozenset(
    "least fewest lowest smallest minimum shortest lightest youngest cheapest".split()
)
_ADJECTIVES = {
    "tallest": "height", "longest": "length duration distance",
    "shortest": "length height duration",
    "heaviest": "weight mass", "lightest": "weight mass", "oldest": "age", "youngest": "age",
    "deepest": "depth", "dearest": "price cost fee charge", "cheapest": "price cost fee charge",
    "costliest": "price cost fee charge", "largest": "area size", "smallest": "area size",
    "biggest": "area size",
}  # fmt: skip
_WHICH = re.compile(r"\b(?:which|what)\b(?:\s+of\s+(?:the|these|those)\b)?", re.IGNORECASE)
_NAMING = re.compile(
    r"^\W*(?:which|what|who)\s+(?:is|are|was|were)\b|^\W*(?:name|give|show|tell)\b", re.IGNORECASE
)
_OFTEN = re.compile(r"\s*(?:times|often|frequently)\b", re.IGNORECASE)
_LISTED = re.compile(
    r"\b(?:on|in)\s+(?:the|this)\s+(?:list|chart|table)\b|\blisted\b|\bshows?\s+up\b", re.IGNORECASE
)
_CERTAINTY, _BY_TOTAL, _BY_LABEL, _BY_ADJECTIVE, _FREQUENCY = 0.95, 0.95, 0.93, 0.95, 0.93
_MAX_ROWS = 100_000
_MEDALS = frozenset(map(key, "medals points metals".split()))


def superlative_plans(reading: Reading) -> Iterator[Plan]:
    """The row that has the most or least of what stands after the superlative."""
    question, table = reading.question, reading.table
    text = question.text
    matches = list(_SUPERLATIVE.finditer(text))
    if len(matches) != 1 or question.top or question.negated or question.group_start >= 0:
        return
    if table.is_statement or not set(question.operations) <= {"max", "min", "count", "sum"}:
        return
    if len(table.rows) > _MAX_ROWS or question.wh in ("when", "where", "how many", "how much"):
        return
    match = matches[0]
    word = match["word"].lower()
    target = _target(reading, match)
    if target is None:
        return
    column, target_words, certainty = target
    run = noun_run(reading, match.end())
    measure = _measure(reading, word, run, column)
    if measure is None:
        if word in ("most", "least", "fewest") or match["noun"]:
            yield from _frequency(reading, match, run, target)
        return
    figures, measure_words, factor = measure
    if is_ordinal(table.columns[figures].name, table.header_keys[figures]):
        return
    plan = _plan(
        reading, (column, figures), target_words | measure_words | _taken(reading, match),
        certainty * factor, descending=word not in _LEAST,
    )  # fmt: skip
    if plan is None or may_sum_up(table, figures, plan.rows, plan.descending):
        return
    labels = [table.rows[n].texts[column] for n in plan.rows]
    yield from best_of_repeated(plan) if len(set(labels)) < len(labels) else (plan,)


def _taken(reading: Reading, match: re.Match[str]) -> frozenset[int]:
    """The words of the superlative itself, and of "on this list"."""
    spans = [match.span(), *(m.span() for m in _LISTED.finditer(reading.question.text))]
    return frozenset(
        n for n, w in enumerate(reading.links.words) if any(a <= w.start < b for a, b in spans)
    )  # fmt: skip


def _plan(
    reading: Reading, columns: tuple[int, int], used: frozenset[int], certainty: float,
    *, descending: bool,
) -> Plan | None:  # fmt: skip
    table, links = reading.table, reading.links
    column, figures = columns
    free = [n for n in range(len(links.words)) if n not in used]
    selection = rows_of_phrases(table, links, free, table.data)
    if selection is None:
        return None
    for n in set(free) - selection.explained:
        if not chooses_no_row(reading, n, selection, columns) and not is_outcome(reading, n):
            return None
    values = table.columns[figures].values
    rows = tuple(n for n in selection.rows if isinstance(values[n], Decimal))
    if not rows or has_unread_figures(table, figures, selection.rows):
        return None
    reasons = [
        f"“{_surface(reading, n)}” is read as “{table.columns[c].name}”"
        for c in columns for n in used
        if links.headers[n].get(c) == "synonym" and "same" not in links.headers[n].values()
    ]  # fmt: skip
    return Plan(
        table, "best", rows, selection.conditions, column, figures, descending=descending,
        certainty=_CERTAINTY * certainty * selection.certainty,
        reasons=tuple(dict.fromkeys(reasons)),
    )  # fmt: skip


def _surface(reading: Reading, number: int) -> str:
    word = reading.links.words[number]
    return reading.question.text[word.start : word.end]


def _target(
    reading: Reading, superlative: re.Match[str]
) -> tuple[int, frozenset[int], float] | None:
    """The column that the answer is from, the words that name it, and how certain that is."""
    table, links, text = reading.table, reading.links, reading.question.text
    which = _WHICH.search(text)
    head = None
    if which is not None and which.end() <= superlative.start():
        head = head_noun(reading, which.end())
    if head is None and _NAMING.search(text):
        head = head_noun(reading, superlative.end())  # "which is the largest island"
        if head is None or not _text_columns(reading, head):
            return None
    if head is not None:
        named = _text_columns(reading, head)
        if len(named) == 1:
            how = links.headers[head][named[0]]
            return named[0], frozenset((head,)), HOW[how]
        if links.headers[head] or links.cells[head]:
            return None
        if links.context[head] and table.columns[table.label_column].kind == "text":
            return table.label_column, frozenset((head,)), _BY_LABEL
        return None
    if reading.question.wh == "who":
        people = [c for c, _ in columns_by_kind(reading, frozenset())]
        if people:
            return people[0], frozenset(), 1.0
        texts = [c.index for c in table.columns if c.kind == "text"]
        if len(texts) == 1:
            return texts[0], frozenset(), _BY_LABEL
    return None


def _text_columns(reading: Reading, number: int) -> list[int]:
    """The columns that are no figures and that a word names, the best named."""
    headers = reading.links.headers[number]
    table = reading.table
    named = {c: HOW[how] for c, how in headers.items() if table.columns[c].kind != "number"}
    if not named:
        return []
    best = [c for c, how in named.items() if how == max(named.values())]
    if len(best) > 1:
        shortest = min(len(table.header_keys[c]) for c in best)
        best = [c for c in best if len(table.header_keys[c]) == shortest]
    return best


def _measure(
    reading: Reading, superlative: str, run: list[int], target: int
) -> tuple[int, frozenset[int], float] | None:
    """The column of figures that the words after a superlative name, or an adjective means."""
    table, links = reading.table, reading.links
    figures = [c.index for c in table.columns if c.kind == "number" and c.index != target]
    if any(links.headers[n].keys() & set(figures) for n in run):
        return named_figures(reading, run, figures)
    if superlative in _ADJECTIVES:
        meant = set(map(key, _ADJECTIVES[superlative].split()))
        by_adjective = [c for c in figures if not meant.isdisjoint(table.header_keys[c])]
        names = {table.header_keys[c][0] for c in by_adjective}
        if by_adjective and len(names) == 1 and all(target in links.headers[n] for n in run):
            return by_adjective[0], frozenset(run), _BY_ADJECTIVE
        return None
    if len(run) == 1 and is_plural(_surface(reading, run[0])) and not links.cells[run[0]]:
        total = total_column(table, figures)
        word = links.words[run[0]].key
        if word not in _MEDALS and not links.context[run[0]] and word not in table.surrounding_keys:
            return None  # "goals" may be something else than what the total is of
        if total is not None and not links.headers[run[0]]:
            return total, frozenset(run), _BY_TOTAL
    return None


def _has_amounts(table: QueryTable) -> bool:
    """Whether some figures of a table may be added up."""
    return any(
        column.kind == "number"
        and not is_ordinal(column.name, table.header_keys[column.index])
        and is_additive(table.header_keys[column.index]) is not False
        for column in table.columns
    )


def _frequency(
    reading: Reading, match: re.Match[str], run: list[int],
    target: tuple[int, frozenset[int], float],
) -> Iterator[Plan]:  # fmt: skip
    """The value that most rows have, where what is counted is no figure of the table."""
    table, links, text = reading.table, reading.links, reading.question.text
    column, target_words, certainty = target
    counted: frozenset[int] = frozenset()
    if run and not _OFTEN.match(text, match.end()):
        head = links.words[run[-1]]
        if len(run) > 1 or links.headers[run[-1]] or links.cells[run[-1]]:
            return
        if head.key in COUNTED or not is_plural(_surface(reading, run[-1])):
            return
        counted = frozenset(run)
    elif not run and not _OFTEN.match(text, match.end()) and _has_amounts(table):
        return  # "who ordered the most" may mean the amount
    used = target_words | counted | _taken(reading, match)
    free = [n for n in range(len(links.words)) if n not in used]
    selection = rows_of_phrases(table, links, free, table.data)
    if selection is None:
        return
    for n in set(free) - selection.explained:
        if (
            not chooses_no_row(reading, n, selection, (column,))
            and links.words[n].key not in GENERIC
        ):
            return
    labels = [table.rows[n].texts[column] for n in selection.rows]
    if len(set(labels)) == len(labels):
        return
    yield Plan(
        table, "frequency", selection.rows, selection.conditions, column,
        descending=match["word"].lower() not in _LEAST,
        certainty=_FREQUENCY * certainty * selection.certainty, reasons=("rows are counted",),
    )  # fmt: skip
