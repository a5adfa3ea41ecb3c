"""What was paid, spent or received: the amounts of all rows that a question chooses, added up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag_infer.table_qa.aggregates import amount_column
from rag_infer.table_qa.figure_columns import has_unread_figures
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.reading import AMBIGUOUS, WHOLE, Reading, certainty_of
from rag_infer.table_qa.row_selection import holds_elsewhere, select_rows
from rag_infer.tables.totals import is_like_total

_SPENT = re.compile(
    r"\bhow much (?:money )?(?:was|were|did|do|have|has|had)\b.*?"
    r"\b(?P<verb>paid|pay|spent|spend|received|receive|collected|collect|earned|earn|donated)\b",
    re.IGNORECASE,
)
_CERTAINTY = 0.95
_MIN_ROWS = 2  # of one row it is the row's figure


def spent_sum_plans(reading: Reading) -> Iterator[Plan]:
    """The sum of the one column of amounts, of rows that meet conditions.

    Amounts above and below zero are not added up: what was paid back may count or not.
    """
    question, table, links = reading.question, reading.table, reading.links
    match = _SPENT.search(question.text)
    if match is None or question.operations or question.comparisons or question.negated:
        return
    measure = amount_column(reading)
    if measure is None or question.group_start >= 0:
        return
    verb = frozenset(n for n, w in enumerate(links.words) if w.start == match.start("verb"))
    header_words = links.header_words(measure) | verb
    free = [n for n in range(len(links.words)) if n not in header_words]
    selection = select_rows(table, links, free, table.data, frozenset((measure,)))
    if not selection.conditions or len(selection.rows) < _MIN_ROWS:
        return
    if any(is_like_total(table.rows[n].texts) for n in selection.rows):
        return
    if has_unread_figures(table, measure, selection.rows):
        return
    values = [table.columns[measure].values[n] for n in selection.rows]
    figures = [v for v in values if isinstance(v, Decimal)]
    if not figures or min(figures) < 0 < max(figures):
        return
    certainty, reasons = certainty_of(reading, header_words, selection, (measure,))
    if selection.completeness < WHOLE or holds_elsewhere(table, selection, table.data):
        certainty *= AMBIGUOUS
    yield Plan(
        table, "sum", selection.rows, selection.conditions, None, measure,
        certainty=_CERTAINTY * certainty, reasons=(*reasons, "rows are added up"),
    )  # fmt: skip
