"""Plans that compare named rows: by how much, which has more rows, which are beyond one or equal.

"How many more votes did Reid get than McLeod", "were more games played at the Arena or the Dome",
"which nation has more medals than Austria", "which building has as many floors as the Tower".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from rag_infer.cite.text_normalization import Word
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.figure_columns import named_figures, total_column
from rag_infer.table_qa.noun_phrases import is_verb
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question, is_plural
from rag_infer.table_qa.reading import HOW, Reading, read_question
from rag_infer.table_qa.synonyms import COUNTED, GENERIC, LIGHT, OUTCOMES, is_ordinal

_MORE_THAN = re.compile(
    r"\bhow\s+(?:many|much)\s+(?:(?P<more>more|higher|larger|greater)|(?P<less>fewer|less|lower))\s+"
    r"(?P<measure>.+?)\s+(?:did|does|do|has|have|had|was|were|is|are)\s+(?P<one>.+?)\s+"
    r"(?:than|over|(?:as\s+)?compared\s+(?:to|with))\s+(?P<other>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_COSTS_MORE = re.compile(
    r"\bhow\s+much\s+(?:(?P<more>more)|(?P<less>less))\s+(?:expensive\s+)?(?:does|do|did|is|are|was)\s+"
    r"(?P<measure>.+?)\s+(?:cost\s+)?(?:in|at|for|on)\s+(?P<one>.+?)\s+than\s+(?P<other>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"\bdifference\s+(?:in|of)\s+(?:the\s+)?(?P<measure>.+?)\s+(?:between|from|of|for)\s+"
    r"(?P<one>.+?)\s+(?:and|to)\s+(?P<other>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_EITHER = re.compile(
    r"(?P<stem>.*?\b(?P<word>more|most|fewer|fewest|greater|larger|higher)\b.*?)"
    r"(?:[,:;]|\s(?:at|in|for|by|on|with|from|to))\s+(?P<one>[^,:;]+?),?\s+or\s+"
    r"(?P<other>[^,:;]+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_BEYOND = re.compile(
    r"(?P<stem>.*?)\b(?:(?P<more>more|higher|larger|greater|bigger)|(?P<less>fewer|less|lower|smaller))"
    r"\s+(?P<measure>.+?)\s+than\s+(?P<other>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"(?P<stem>.*?)\bthe\s+same\s+(?P<measure>.+?)\s+as\s+(?P<other>.+?)\s*\?*\s*$", re.IGNORECASE
)
_LEAD = re.compile(
    r"^(?:(?:in|at|for|by|on|with|from|to|the|a|an|either|that|of)\s+)+", re.IGNORECASE
)
_NEGATION = re.compile(r"\b(?:not|no|never|average|mean|percent\w*)\b|n['’]t\b|%", re.IGNORECASE)
_CERTAINTY, _BY_COUNT = 0.93, 0.87
_MAX_QUESTION_CHARS = 300
_MAX_ROWS = 2000


def comparison_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """Readings of a question that compares rows by their names."""
    text = question.text
    if len(text) > _MAX_QUESTION_CHARS or len(table.rows) > _MAX_ROWS or table.is_statement:
        return
    if _NEGATION.search(text) or question.comparisons:
        return
    if match := _first(text, (_MORE_THAN, _COSTS_MORE, _DIFFERENCE)):
        yield from _difference(question, table, match)
    elif match := _SAME.search(text):
        yield from _equal(question, table, match)
    elif match := _EITHER.search(text):
        yield from _more_often(question, table, match)
    elif (match := _BEYOND.search(text)) and question.wh in ("which", "what", "who"):
        yield from _beyond(question, table, match)


def is_reversed(question: Question, table: QueryTable) -> bool:
    """Whether a question says "more" of the side that has less, so that no answer is right."""
    match = _first(question.text, (_MORE_THAN, _COSTS_MORE))
    if match is None or len(table.rows) > _MAX_ROWS:
        return False
    rows = _two_rows(table, match["one"], match["other"])
    measure = _measure(table, question, match["measure"]) if rows is not None else None
    if rows is None or measure is None:
        return False
    one, other = (table.columns[measure[0]].values[n] for n in rows[1:])
    if not isinstance(one, Decimal) or not isinstance(other, Decimal):
        return False
    return one < other if match["more"] is not None else one > other


def _first(text: str, patterns: Sequence[re.Pattern[str]]) -> re.Match[str] | None:
    return next((m for pattern in patterns if (m := pattern.search(text)) is not None), None)


def _phrase(table: QueryTable, question: Question, text: str) -> Reading:
    return read_question(question, table, tuple(content_words(text)), None)


def _measure(table: QueryTable, question: Question, text: str) -> tuple[int, float] | None:
    """The column of figures that a phrase names whole."""
    phrase = re.sub(r"\b(?:number|amount|count)\s+of\b", " ", text, flags=re.IGNORECASE)
    words = tuple(w for w in content_words(phrase) if w.key not in GENERIC)
    reading = Reading(
        replace(question, text=phrase), table, read_question(question, table, words, None).links,
        frozenset(),
    )  # fmt: skip
    figures = [
        c.index for c in table.columns
        if c.kind == "number" and not is_ordinal(c.name, table.header_keys[c.index])
    ]  # fmt: skip
    run = list(range(len(words)))
    while run and is_verb(words[run[-1]].key, phrase[words[run[-1]].start : words[run[-1]].end]):
        if reading.links.headers[run[-1]]:
            break
        run.pop()  # "points scored between"
    named = named_figures(reading, run, figures)
    if named is not None:
        return named[0], named[2]
    if len(run) == 1 and not reading.links.headers[run[0]] and words[run[0]].key in COUNTED:
        total = total_column(table, figures)
        return (total, HOW["synonym"]) if total is not None else None
    return None


def _row(table: QueryTable, text: str, column: int | None = None) -> tuple[int, int] | None:
    """The column and the one row that a name is of; the whole cell before a part of one."""
    name_keys = _said(text)
    if not name_keys:
        return None
    columns = [c.index for c in table.columns if c.kind in ("text", "date", "year")]
    if column is not None:
        columns = [column]
    data = set(table.data)
    holders = {c: sorted(table.cell_index.rows_with(name_keys, c) & data) for c in columns}
    exact = {
        c: [n for n in rows if essential_keys(table.rows[n].texts[c]) == name_keys]
        for c, rows in holders.items()
    }  # fmt: skip
    for rows_by_column in (exact, holders):
        matches = [(c, rows) for c, rows in rows_by_column.items() if rows]
        if len(matches) == 1 and len(matches[0][1]) == 1:
            return matches[0][0], matches[0][1][0]
        if matches:
            return None
    return None


def _said(text: str) -> frozenset[str]:
    return frozenset(w.key for w in _name(text))


def _name(text: str) -> list[Word]:
    """The words of a name, without a verb at its end ("Reid receive")."""
    plain = _LEAD.sub("", text.strip())
    words = content_words(plain)
    while len(words) > 1 and is_verb(words[-1].key, plain[words[-1].start : words[-1].end]):
        words.pop()
    return words


def _two_rows(table: QueryTable, one: str, other: str) -> tuple[int, int, int] | None:
    first = _row(table, one)
    if first is None:
        return None
    second = _row(table, other, first[0])
    if second is None or second[1] == first[1]:
        return None
    return first[0], first[1], second[1]


def _difference(question: Question, table: QueryTable, match: re.Match[str]) -> Iterator[Plan]:
    measure = _measure(table, question, match["measure"])
    rows = _two_rows(table, match["one"], match["other"])
    if measure is None or rows is None:
        return
    column, one, other = rows
    figures, certainty = measure
    values = [table.columns[figures].values[n] for n in (one, other)]
    if not all(isinstance(v, Decimal) for v in values):
        return
    texts = tuple(table.rows[n].texts[column] for n in (one, other))
    yield Plan(
        table, "difference", (one, other), tuple(Condition(column, (t,)) for t in texts), None,
        figures, cells=(((other, figures),), ((one, figures),)), certainty=_CERTAINTY * certainty,
    )  # fmt: skip


def _more_often(question: Question, table: QueryTable, match: re.Match[str]) -> Iterator[Plan]:
    """Of two values of a column, the one in more rows, where no figure is named."""
    sides = [_said(match["one"]), _said(match["other"])]
    if not all(sides) or sides[0] == sides[1]:
        return
    rest = _phrase(table, question, match["stem"])
    for n, word in enumerate(rest.links.words):
        surface = match["stem"][word.start : word.end]
        if word.key in LIGHT or is_verb(word.key, surface) or word.key in GENERIC:
            continue
        if rest.links.cells[n] or word.key in COUNTED or word.key in OUTCOMES:
            return
        if rest.links.headers[n] and any(
            table.columns[c].kind == "number" for c in rest.links.headers[n]
        ):
            return  # a figure is compared
        if not (rest.links.headers[n] or is_plural(surface) or word.key in _COMPARATIVES):
            return
    columns = []
    for column in table.columns:
        if column.kind not in ("text", "year"):
            continue
        rows = [
            [n for n in table.data
             if essential_keys(table.rows[n].texts[column.index]) == side] for side in sides
        ]  # fmt: skip
        if all(rows) and max(map(len, rows)) > 1:
            columns.append((column.index, rows))
    if len(columns) != 1:
        return
    column_index, (one, other) = columns[0]
    if len(one) == len(other):
        return
    texts = tuple(table.rows[rows[0]].texts[column_index] for rows in (one, other))
    yield Plan(
        table, "frequency", tuple(sorted((*one, *other))), (Condition(column_index, texts),),
        column_index, descending=not match["word"].lower().startswith("few"),
        certainty=_BY_COUNT, reasons=("rows are counted",),
    )  # fmt: skip


_COMPARATIVES = frozenset(
    w.key for w in content_words("more most fewer fewest greater larger higher")
)


def _asked_label(question: Question, table: QueryTable, stem: str, column: int) -> float:
    """How surely a question asks for the names of rows in a column; 0 where it does not."""
    reading = _phrase(table, question, stem)
    certainty = 1.0
    for n, word in enumerate(reading.links.words):
        surface = stem[word.start : word.end]
        headers = reading.links.headers[n]
        if column in headers:
            certainty *= HOW[headers[column]]
            continue
        if headers or reading.links.cells[n] or word.capital or word.number:
            return 0.0
        if word.key in GENERIC or word.key in LIGHT or is_verb(word.key, surface):
            continue
        if reading.links.context[n]:
            continue
        return 0.0
    return certainty


def _beyond(question: Question, table: QueryTable, match: re.Match[str]) -> Iterator[Plan]:
    """The rows whose figure is beyond that of a named row."""
    measure = _measure(table, question, match["measure"])
    anchor = _row(table, match["other"])
    if measure is None or anchor is None:
        return
    (figures, certainty), (column, row) = measure, anchor
    certainty *= _asked_label(question, table, match["stem"], column)
    bound = table.columns[figures].values[row]
    if not isinstance(bound, Decimal) or not certainty:
        return
    more = match["more"] is not None
    rows = tuple(
        n for n in table.data
        if isinstance(v := table.columns[figures].values[n], Decimal)
        and (v > bound if more else v < bound)
    )  # fmt: skip
    if not rows:
        return
    yield Plan(
        table, "cells", rows, (Condition(figures, (), ">" if more else "<", bound),), column,
        certainty=_CERTAINTY * certainty,
        reasons=(f"{table.rows[row].texts[column]}: {table.rows[row].texts[figures]}",),
    )  # fmt: skip


def _equal(question: Question, table: QueryTable, match: re.Match[str]) -> Iterator[Plan]:
    """The other rows that have the same in a column as a named row."""
    phrase = re.sub(r"\b(?:number|amount)\s+of\b", " ", match["measure"], flags=re.IGNORECASE)
    words = tuple(content_words(phrase))
    links = read_question(question, table, words, None).links
    columns = [
        c.index for c in table.columns
        if words and all(links.headers[n].get(c.index) in ("same", "derived")
                         or (n and is_plural(phrase[w.start : w.end]) and not links.headers[n])
                         for n, w in enumerate(words))
    ]  # fmt: skip
    anchor = _row(table, match["other"])
    if len(columns) != 1 or anchor is None or columns[0] == anchor[0]:
        return
    column, row = anchor
    certainty = _asked_label(question, table, match["stem"], column)
    text = table.rows[row].texts[columns[0]].strip()
    rows = tuple(
        n for n in table.data if n != row and table.rows[n].texts[columns[0]].strip() == text
    )  # fmt: skip
    if not certainty or not rows or not text or (len(rows) > 1 and not question.plural):
        return
    yield Plan(
        table, "cells", rows, (Condition(columns[0], (text,)),), column,
        certainty=_CERTAINTY * certainty,
    )  # fmt: skip
