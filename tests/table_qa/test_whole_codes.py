"""A code names the row that has it, and no row whose date has its numbers."""

from __future__ import annotations

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose

INVOICES = query_table(
    [
        ["Invoice", "Client", "Amount EUR", "Due"],
        ["2026-028", "Parish of Rive", "18300", "2026-04-15"],
        ["2026-029", "Harbor Ltd", "42750", "2026-03-31"],
        ["2026-031", "Harbor Ltd", "42750", "2026-04-30"],
        ["2026-032", "Osei", "6120", "2026-05-20"],
    ],
    1,
)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What is the due date of invoice 2026-031?", ("2026-04-30",)),
        ("What is the due date for invoice number 2026-028?", ("2026-04-15",)),
        ("What is the amount of invoice 2026-020?", None),  # none has this number
        ("What is the amount of invoice 2026-015?", None),
        ("Which invoice is due on 2026-03-31?", ("2026-029",)),
    ],
)
def test_a_code_is_not_cut_into_the_numbers_of_a_date(
    question: str, values: tuple[str, ...] | None
) -> None:
    choice = choose(best_plan(question, [INVOICES]))
    assert (None if choice is None else choice[1].values) == values
