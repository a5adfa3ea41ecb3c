"""Any question of any small table is answered or refused, soon, and says only what cells hold."""

from __future__ import annotations

import time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose
from rag_infer.tables.header import header_rows_of

_MAX_SECONDS = 2.0
_WORDS = st.sampled_from(
    "what was the total revenue of in 2019 2020 2021 from to between and average change percentage "
    "ratio which year highest lowest how many more than first last after before next North South "
    "( ) % $ 1,000 12.5 ? , - per net income as a share number top 3 by each not was is".split()
)
_QUESTIONS = st.one_of(st.text(max_size=120), st.lists(_WORDS, max_size=40).map(" ".join))
_CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "—", "2019", "2020", "Revenue", "Total revenue", "Net income", "North", "South",
         "Total", "$1,000", "(12.5)", "3%", "0", "yes", "no", "1 January 2020", "(1)", "n/a"]
    ),
)  # fmt: skip
_ROWS = st.lists(st.lists(_CELLS, min_size=1, max_size=6), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@example("first", [[""]], 0)  # no column is left
@given(_QUESTIONS, _ROWS, st.integers(0, 3))
def test_any_question_of_any_table_ends_soon(
    question: str, rows: list[list[str]], header_rows: int
) -> None:
    table = query_table(rows, min(header_rows, len(rows)))
    started = time.perf_counter()
    choice = choose(best_plan(question, [table]))
    assert time.perf_counter() - started < _MAX_SECONDS
    if choice is None:
        return
    plan, outcome = choice
    assert 0 <= plan.certainty <= 1
    for row, column in outcome.cells:
        assert 0 <= row < len(table.rows) and 0 <= column < len(table.columns)
    if plan.kind in ("cells", "periods"):
        texts = {text.strip() for row in table.rows for text in row.texts}
        assert {value.strip() for value in outcome.values} <= texts


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="and 2019(%)-,of to between ratio ", max_size=400), _ROWS)
def test_long_questions_of_separators_end_soon(question: str, rows: list[list[str]]) -> None:
    table = query_table(rows, header_rows_of(rows))
    started = time.perf_counter()
    choose(best_plan(question, [table]))
    assert time.perf_counter() - started < _MAX_SECONDS
