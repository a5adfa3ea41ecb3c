"""Plans over line items: cells of periods, their change, growth, mean, sum, ratio, best period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.table_qa.line_item_pairs import item_pairs, ratio_plans, two_item_plan
from rag_infer.table_qa.line_items import ItemMatch, LineItems
from rag_infer.table_qa.period_words import COMPARED, SCALE, content_of, is_scale_of, with_range
from rag_infer.table_qa.plan import Condition, Plan, PlanKind
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.row_selection import meets_bound

_CHANGE = (
    r"(?:chang(?:e|es|ed|ing)|increas(?:e|es|ed|ing)|decreas(?:e|es|ed|ing)|differences?|growth|"
    r"grow|grew|grown|rise|rose|risen|fall|fell|declin(?:e|ed)|drop(?:ped)?|reduction|variance)"
)
_PERCENT = r"(?:percent(?:age)?s?|per cent|%|relative|growth rate|rate)"
_ASPECT = r"(?:\s*/\s*\(?\s*(?:decrease|increase)\s*\)?)?"
_CHANGES = re.compile(rf"(?<!\w){_CHANGE}{_ASPECT}(?!\w)", re.IGNORECASE)
_PERCENTS = re.compile(rf"(?<!\w){_PERCENT}(?!\w)", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:average|mean)\b", re.IGNORECASE)
_SUM = re.compile(r"\b(?:total|sum|combined|altogether|together|in all)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+(?P<sides>.+)", re.IGNORECASE)
_SUM_OF = re.compile(r"\b(?:sum|total)\s+of\s+(?P<sides>.+)", re.IGNORECASE)
_WHICH_PERIOD = re.compile(
    r"\b(?:which|what)\s+(?:of\s+the\s+)?(?:fiscal\s+|financial\s+|calendar\s+)?(?:years?|periods?)\b",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\b(?:the\s+)?(?:highest|largest|greatest|biggest|most|higher|larger|greater|bigger|more|"
    r"maximum)\b",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:the\s+)?(?:lowest|smallest|least|fewest|lower|smaller|less|fewer|minimum)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:from|over|compared\s+(?:to|with)|than|versus|vs\.?|since)\s+(?:the\s+)?"
    r"(?:previous|prior|last|preceding|year before)(?:\s+(?:fiscal\s+)?year)?\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"n['’]t\b|\b(?:not|no|none|without|excluding|except|other than|neither|never|why|should|if)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:next|previous|prior|before|after|same|above|below|consecutive|following|preceding|only|"
    r"behind|ahead|first|last)\b(?!\s+(?:quarter|half|(?:\w+\s+)?(?:tax|interest|depreciation)))",
    re.IGNORECASE,
)

_MAX_ROWS = 2000  # a report has fewer; a list of records has no line items


def line_item_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """Readings of a question about one line item, or two, of a table of figures."""
    text = question.text
    if len(table.rows) > _MAX_ROWS:
        return
    items = LineItems(table)
    if items.label < 0 or not items.columns or not is_scale_of(text, table):
        return
    for plan in _readings(question, items):
        labels = " ".join(table.rows[n].texts[items.label] for n in plan.rows).lower()
        if all(m[0].lower() in labels for m in _NEGATION.finditer(text)):
            yield plan


def _readings(question: Question, items: LineItems) -> Iterator[Plan]:
    text = question.text
    if question.wh in ("who", "whom", "where", "when") or _names_rows(question, items):
        return
    if _ORDER.search(_BEFORE.sub(" ", text)):
        return
    if _WHICH_PERIOD.search(text):
        yield from _best_period(question, items)
        return
    as_written = items.match(*content_of(text, items, (SCALE, COMPARED)), text)
    ratio = list(ratio_plans(text, items))
    if ratio:
        yield from ratio
        return
    changes, mean = _CHANGES.search(text), _MEAN.search(text)
    if changes and mean:
        return
    if as_written is not None and _says_operation(text, as_written, items):
        yield from _cells(text, items, as_written)
        return
    if changes:
        yield from _change(text, items, percent=_PERCENTS.search(text) is not None)
    elif mean:
        yield from _mean(text, items)
    elif _SUM.search(text) and (sums := list(_sums(text, items))):
        yield from sums
    elif as_written is not None and not question.top and not _is_extreme(question):
        yield from _cells(text, items, as_written)


def _names_rows(question: Question, items: LineItems) -> bool:
    """Whether a row is asked for ("which product"), not a figure of one."""
    header = items.table.header_keys[items.label]
    figures = {k for c in items.columns for k in items.table.header_keys[c]}
    return any(w.key in header and w.key not in figures for w in question.asked)


def _is_extreme(question: Question) -> bool:
    return bool({"max", "min", "median", "difference"} & set(question.operations))


def _says_operation(text: str, match: ItemMatch, items: LineItems) -> bool:
    """Whether the words of an operation are words of the row ("Increase in cash")."""
    label = items.table.rows[match.row].texts[items.label]
    headers = " ".join(items.table.columns[c].name for c in match.columns)
    return all(
        pattern.search(text) is None or pattern.search(f"{label} {headers}") is not None
        for pattern in (_CHANGES, _MEAN)
    ) and (_CHANGES.search(text) is not None or _MEAN.search(text) is not None)


def _cells(text: str, items: LineItems, match: ItemMatch) -> Iterator[Plan]:
    percents = [c for c in match.columns if "%" in items.table.columns[c].name]
    if percents and _PERCENTS.search(text) is None:
        return  # "the change in services" is no percent
    columns = tuple(dict.fromkeys(match.columns))
    yield _plan(items, "periods", match, columns)


def _plan(
    items: LineItems, kind: PlanKind, match: ItemMatch, columns: Sequence[int],
    *, descending: bool = True, reasons: tuple[str, ...] = (),
) -> Plan:  # fmt: skip
    label = items.table.rows[match.row].texts[items.label]
    return Plan(
        items.table, kind, (match.row,), (Condition(items.label, (label,)),),
        cells=tuple(((match.row, c),) for c in columns), descending=descending,
        certainty=match.certainty, reasons=reasons,
    )  # fmt: skip


def _in_time(items: LineItems, columns: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(columns, key=lambda c: items.years[c]))


def _change(text: str, items: LineItems, *, percent: bool) -> Iterator[Plan]:
    """The change or growth of an item between two periods, or between two items of one."""
    spans = [_CHANGES, SCALE, COMPARED, _BEFORE, *([_PERCENTS] if percent else [])]
    content, years = content_of(text, items, spans)
    if _BEFORE.search(text) and len(years) == 1:
        before = str(int(years[0]) - 1)
        years = (before, *years) if before in items.years.values() else ()
        if not years:
            return
    kind: PlanKind = "growth" if percent else "difference"
    if len(years) == 2 or (not years and len(items.years) == 2):
        match = items.match(content, years, text, every_period=not years)
        if match is None or any(c not in items.years for c in match.columns):
            return
        own = _own_change(items, match, percent=percent)
        if own is not None:
            yield _plan(items, "periods", match, (own,))
            return
        yield _plan(items, kind, match, _in_time(items, match.columns))
    elif len(years) <= 1 and not percent:
        sides = _BETWEEN.search(text)
        for pair in item_pairs(sides["sides"] if sides else "", items, spans):
            yield two_item_plan(items, "difference", pair)


def _own_change(items: LineItems, match: ItemMatch, *, percent: bool) -> int | None:
    """The table's own column of the change that is asked: its figure is what it says."""
    if len(items.years) != 2:
        return None
    own = [
        c for c in items.columns
        if items.is_change(c) and ("%" in items.table.columns[c].name) == percent
        and items.figure(match.row, c) is not None
    ]  # fmt: skip
    return own[0] if len(own) == 1 else None


def _mean(text: str, items: LineItems) -> Iterator[Plan]:
    content, years = content_of(text, items, (_MEAN, SCALE, COMPARED))
    years = with_range(text, years, items)
    if len(years) == 1:
        return  # the mean of one period is of months, of years before: it does not say
    match = items.match(content, years, text, every_period=True)
    if (
        match is not None
        and len(match.columns) > 1
        and all(c in items.years for c in match.columns)
    ):
        yield _plan(items, "mean", match, _in_time(items, match.columns))


def _sums(text: str, items: LineItems) -> Iterator[Plan]:
    content, years = content_of(text, items, (_SUM, SCALE, COMPARED))
    years = with_range(text, years, items)
    if len(years) > 1:
        entire = items.match(*content_of(text, items, (SCALE, COMPARED)), text)
        match = items.match(content, years, text)
        if match is not None and (entire is None or entire.row == match.row):
            yield _plan(items, "together", match, _in_time(items, match.columns))
        return
    sides = _SUM_OF.search(text)
    for pair in item_pairs(sides["sides"] if sides else "", items, (SCALE,)):
        yield two_item_plan(items, "together", pair)


def _best_period(question: Question, items: LineItems) -> Iterator[Plan]:
    """The period in which an item was largest or smallest, or those in which it met a bound."""
    text = question.text
    spans: list[re.Pattern[str]] = [_WHICH_PERIOD, SCALE, COMPARED]
    most, least = _MOST.search(text), _LEAST.search(text)
    bounds = question.comparisons
    if question.negated or _MEAN.search(text) or _CHANGES.search(text):
        return
    if not bounds and bool(most) == bool(least):
        return
    taken = [(c.start, c.end) for c in bounds]
    content, years = content_of(text, items, [*spans, _MOST, _LEAST] if not bounds else spans)
    content = tuple(w for w in content if not any(a <= w.start < b for a, b in taken))
    years = tuple(y for y in years if any(w.key == y for w in content))
    match = items.match(content, with_range(text, years, items), text, every_period=True)
    if match is None or len(match.columns) < 2:
        return
    if any(c not in items.years or items.figure(match.row, c) is None for c in match.columns):
        return
    if not bounds:
        yield _plan(
            items, "best_period", match, _in_time(items, match.columns), descending=bool(most)
        )
        return
    within = list(match.columns)
    figures = {c: f.value for c in within if (f := items.figure(match.row, c)) is not None}
    for bound in bounds:
        value = bound.value
        if not min(figures.values()) <= value <= max(figures.values()):
            return  # its unit may be another
        within = [c for c in within if meets_bound(figures[c], bound)]
    if within:
        yield _plan(items, "periods_within", match, _in_time(items, within))
