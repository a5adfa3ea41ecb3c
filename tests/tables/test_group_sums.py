"""Rows that sum up their group are found by their figures alone."""

from hypothesis import given
from hypothesis import strategies as st

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose
from rag_infer.tables.columns import column_of
from rag_infer.tables.group_sums import group_sum_rows

BUDGET = [
    ["Item", "2023", "2024"],
    ["Income", "512", "560"],
    ["Subscriptions", "300", "340"],
    ["Grants", "212", "220"],
    ["Expenses", "403", "455"],
    ["Wages", "250", "290"],
    ["Rent", "150", "160"],
    ["Stamps", "3", "5"],
]


def sums(rows: list[list[str]]) -> set[int]:
    width = len(rows[0])
    return group_sum_rows([column_of(n, "", [row[n] for row in rows]) for n in range(width)])


def test_sums_above_their_parts() -> None:
    assert sums(BUDGET[1:]) == {0, 3}


def test_sums_below_their_parts() -> None:
    assert sums(BUDGET[1:][::-1]) == {3, 6}


def test_one_sum_may_be_chance() -> None:
    assert sums(BUDGET[1:4]) == set()


def test_a_column_that_does_not_add_up_outweighs_chance() -> None:
    rows = [["A", "10", "7"], ["B", "4", "9"], ["C", "6", "8"], ["D", "5", "6"], ["E", "2", "5"],
            ["F", "3", "2"]]  # fmt: skip
    assert sums(rows) == set()


def test_parts_are_not_added_to_their_sums() -> None:
    table = query_table([["Item", "Amount"], *([r[0], r[1]] for r in BUDGET[1:])], 1)
    assert [row.role for row in table.rows].count("total") == 2
    choice = choose(best_plan("What is the highest amount?", [table]))
    assert choice is not None
    assert choice[1].values == ("300",)


@given(st.lists(st.lists(st.integers(5, 900), min_size=2, max_size=6), min_size=2, max_size=6))
def test_every_head_equals_what_follows_it(groups: list[list[int]]) -> None:
    values = [v for parts in groups for v in (sum(parts), *parts)]
    rows = [[f"row {n}", str(v)] for n, v in enumerate(values)]
    heads = sums(rows)
    assert heads
    if 0 not in heads:  # the parts may as well be read as standing above their sums
        values, heads = values[::-1], {len(values) - 1 - n for n in heads}
    for head in heads:
        end = next((n for n in range(head + 1, len(values)) if n in heads), len(values))
        assert values[head] == sum(values[head + 1 : end])
