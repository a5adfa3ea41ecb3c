"""Plans over rows that a question names: their sum, the larger of two, all rows of a table.

"The call-out and the plumber's hours together", "is more budgeted for toys or for cleaning", "all
vehicles together a month". Every word must be said by a row, a header, the words around the table,
or be one that names nothing; a row that sums up others is never one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from rag_infer.cite.text_normalization import Word, key, related
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.table_qa.question import Question, is_plural
from rag_infer.table_qa.row_names import RowNames, named_side_by_side
from rag_infer.table_qa.synonyms import (
    GENERIC,
    LIGHT,
    are_synonyms,
    is_additive,
    is_mean,
    is_ordinal,
)
from rag_infer.tables.totals import is_like_total

_TOGETHER = re.compile(
    r"\b(?:together|altogether|combined|in (?:total|all|sum)|"
    r"(?:the )?(?:total|sum)(?: (?:of|for|cost|price|amount))?|add(?:s|ed)? up(?: to)?|"
    r"c[ao]me to|amount(?:s|ed)? to|both|jointly)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more|most|larger|largest|higher|highest|greater|greatest|bigger|biggest|dearer|"
    r"(?:more|most) expensive|costlier)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:less|least|fewer|fewest|lower|lowest|smaller|smallest|cheaper|cheapest|"
    r"(?:less|least) expensive)\b",
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:all|every one of)(?: of)?\s+(?:the|our|these|those)?\s*", re.IGNORECASE)
_PRICES = re.compile(r"\b(?:dearer|expensive|costlier|cheaper|cheapest)\b", re.IGNORECASE)
_MONEY = frozenset(
    map(
        key,
        "cost costs price pay paid charge spend spent money bill billed worth expensive".split(),
    )
)
_SUM_WORDS = frozenset(
    map(key, "together altogether combine total sum add come amount both".split())
)
_TAX = re.compile(
    r"\b(?P<how>without|before|excluding|exclusive of|excl\.?|net of|less|plus|with|including|"
    r"incl\.?|inclusive of|after)\s+(?:the\s+)?(?P<tax>[\w.]+(?:\s+tax)?)",
    re.IGNORECASE,
)
_NET = frozenset(("without", "before", "excluding", "exclusive of", "excl", "excl.", "net of"))
_UNSAFE = re.compile(
    r"n['’]t\b|\b(?:not|no|except|average|mean|median|percent(?:age)?|share|difference|"
    r"how much more|how many more|how much less|per cent|why|increase|change|grow\w*|if)\b|%",
    re.IGNORECASE,
)
_SURE, _ALL_ROWS, _BY_TEXT = 0.93, 0.85, 0.92
_MIN_ROWS = 2


def group_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The sum of rows that are named, the larger of two, or the sum of all rows."""
    text = question.text
    if not table.data or _UNSAFE.search(text) or question.comparisons or question.top:
        return
    together = _TOGETHER.search(text) is not None
    more, less = _MORE.search(text), _LESS.search(text)
    if bool(more) != bool(less) and not together:
        yield from _larger(question, table, descending=bool(more))
    elif together and not more and not less:
        yield from _sum_of_named(question, table)
        if _ALL.search(text):
            yield from _sum_of_all(question, table)


def _larger(question: Question, table: QueryTable, *, descending: bool) -> Iterator[Plan]:
    text = question.text
    content = content_words(text)
    names = named_side_by_side(text, content, table, alternatives=True)
    if names is None or len(names.rows) != 2:
        return
    pattern = _MORE if descending else _LESS
    compared = {
        n for n, w in enumerate(content)
        if pattern.search(text[w.start : w.end]) or _PRICES.search(text[w.start : w.end])
    }  # fmt: skip
    rest = [w for n, w in enumerate(content) if n not in names.words and n not in compared]
    measure = _measure(question, table, rest, names, is_price=bool(_PRICES.search(text)))
    if measure is None or not _is_said(table, rest, measure, names.column, None):
        return
    name = table.columns[measure].name
    if is_ordinal(name, table.header_keys[measure]) and not is_plural(name):
        return  # the higher rank is the smaller number; "places" are a number of them
    values = [table.columns[measure].values[n] for n in names.rows]
    if not all(isinstance(v, Decimal) for v in values) or values[0] == values[1]:
        return
    texts = tuple(table.rows[n].texts[names.column] for n in names.rows)
    yield Plan(
        table, "best", names.rows, (Condition(names.column, texts),), names.column, measure,
        descending=descending, certainty=_SURE,
    )  # fmt: skip


def _sum_of_named(question: Question, table: QueryTable) -> Iterator[Plan]:
    text = question.text
    tax = _tax_words(question, table)
    if tax is None:
        return
    content = content_words(text)
    names = named_side_by_side(text, content, table)
    if names is None or any(is_like_total(table.rows[n].texts) for n in names.rows):
        return
    rest = [
        w for n, w in enumerate(content)
        if n not in names.words and w.start not in tax and w.key not in _SUM_WORDS
    ]  # fmt: skip
    measure = _measure(question, table, rest, names)
    if measure is None or not _adds_up(table, measure):
        return
    if not _is_said(table, rest, measure, names.column, None):
        return
    cells = tuple(((n, measure),) for n in names.rows)
    if not all(isinstance(table.columns[measure].values[n], Decimal) for n in names.rows):
        return
    texts = tuple(table.rows[n].texts[names.column] for n in names.rows)
    yield Plan(
        table, "together", names.rows, (Condition(names.column, texts),), None, measure,
        cells=cells, certainty=_SURE,
    )  # fmt: skip


def _sum_of_all(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The sum of a column over all rows: what rows are may be said only by the text around."""
    tax = _tax_words(question, table)
    if tax is None or table.is_statement or len(table.data) < _MIN_ROWS:
        return
    if any(is_like_total(table.rows[n].texts) for n in table.data):
        return
    match = _ALL.search(question.text)
    assert match is not None
    content = content_words(question.text)
    rest = [w for w in content if w.start not in tax and w.key not in _SUM_WORDS]
    if any(w.key in table.cell_index for w in rest if w.key not in table.context_keys):
        return  # a part of the rows is meant
    measure = _measure(question, table, rest, None)
    if measure is None or not _adds_up(table, measure):
        return
    entity = _entity(question.text, match.end(), rest)
    if entity is None or not _is_said(table, rest, measure, None, entity):
        return
    if not all(isinstance(table.columns[measure].values[n], Decimal) for n in table.data):
        return
    yield Plan(table, "sum", table.data, (), None, measure, certainty=_ALL_ROWS)


def _entity(text: str, start: int, rest: Sequence[Word]) -> Word | None:
    """The noun after "all": the last of the words that stand side by side there."""
    entity = None
    at = start
    for word in rest:
        if word.start < start:
            continue
        if text[at : word.start].strip():
            break
        entity, at = word, word.end
    return entity


def _tax_words(question: Question, table: QueryTable) -> frozenset[int] | None:
    """Where a tax is said that figures are without; None where they should be with it."""
    places: set[int] = set()
    summaries = {k for row in table.rows if row.role == "total" for t in row.texts for k in keys(t)}
    for match in _TAX.finditer(question.text):
        tax = key(match["tax"].lower())
        known = tax in summaries or tax in {key(t) for t in ("vat", "hst", "gst", "tax", "moms")}
        if not known:
            continue
        if match["how"].lower() not in _NET:
            return None
        places |= {w.start for w in content_words(question.text)
                   if match.start() <= w.start < match.end()}  # fmt: skip
    return frozenset(places)


def _measure(
    question: Question, table: QueryTable, rest: Sequence[Word], names: RowNames | None,
    *, is_price: bool = False,
) -> int | None:  # fmt: skip
    """The column of figures that is meant: the one named best, or that of amounts of money."""
    figures = [c.index for c in table.columns if c.kind == "number"]
    figures = [c for c in figures if names is None or c != names.column]
    scores = {}
    for column in figures:
        header = table.header_keys[column]
        said = {k for k in header if any(_same(w, k) for w in rest)}
        if said:
            scores[column] = len(said)
    money = is_price or any(w.key in _MONEY for w in rest)
    best = [c for c, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        chosen = best[0]
        if money and table.amount_column not in (None, chosen):
            return table.amount_column if not is_price else chosen
        return chosen
    if best:
        return None
    if not scores and not money and table.amount_column is not None and names is not None:
        return table.amount_column  # "what did the call-out and the hours come to"
    if not money:
        # A column may be named by a synonym: "premium" is what it costs.
        named = [
            c for c in figures
            if any(are_synonyms(w.key, k) for w in rest for k in table.header_keys[c])
        ]  # fmt: skip
        return named[0] if len(named) == 1 else None
    if table.amount_column is not None and not is_price:
        return table.amount_column
    priced = [
        c for c in figures
        if table.columns[c].is_money
        or any(are_synonyms("cost", k) for k in table.header_keys[c])
    ]  # fmt: skip
    return priced[0] if len(priced) == 1 else None


def _same(word: Word, header: str) -> bool:
    return word.key == header or (not word.number and related(word.key, header))


def _adds_up(table: QueryTable, measure: int) -> bool:
    """Whether figures of a column may be added: no percents, ranks, or prices of each piece."""
    header = table.header_keys[measure]
    if is_mean(header, table.columns[measure].unit):
        return False
    return (
        measure == table.amount_column
        or is_additive(header) is not False
        or (table.columns[measure].is_money and not table.is_order)
    )


def _is_said(
    table: QueryTable, rest: Sequence[Word], measure: int, label: int | None, entity: Word | None
) -> bool:
    """Whether every word is said by the table or the words around it, or names nothing."""
    header = table.header_keys[measure]
    around = table.context_keys
    labels = table.header_keys[label] if label is not None else ()
    others = {k for c in range(len(table.columns)) if c != measure for k in table.header_keys[c]}
    by_text = False
    for word in rest:
        if any(_same(word, k) for k in (*header, *labels)) or word.key in around:
            continue
        if word.key in GENERIC or word.key in LIGHT or word.key in _MONEY:
            continue
        if any(are_synonyms(word.key, k) for k in header):
            continue
        if word == entity and (word.key in others or word.key in table.surrounding_keys):
            by_text = word.key not in others
            continue
        return False
    # What only the text around says is told of the document that is named.
    return not by_text or any(w.key in around for w in rest if w != entity)
