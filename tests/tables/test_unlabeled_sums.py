"""Subtotals that nobody labeled are told by their figures and their empty label."""

from hypothesis import given
from hypothesis import strategies as st

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose
from rag_infer.tables.columns import column_of
from rag_infer.tables.unlabeled_sums import unlabeled_sum_rows

READINGS = [
    ["Quarter", "Month", "Heat", "Water"],
    ["Q1", "January", "9800", "31"],
    ["Q1", "February", "9150", "29"],
    ["", "", "18950", "60"],
    ["Q2", "April", "4980", "30"],
    ["Q2", "May", "2610", "34"],
    ["Q2", "", "7590", "64"],
    ["Q3", "July", "640", "41"],
]


def sums(rows: list[list[str]]) -> set[int]:
    width = len(rows[0])
    columns = [column_of(n, "", [row[n] for row in rows]) for n in range(width)]
    return unlabeled_sum_rows(rows, columns, frozenset())


def test_each_adds_up_the_rows_since_the_last() -> None:
    assert sums(READINGS[1:]) == {2, 5}


def test_one_without_a_label_that_adds_up_nothing_is_data() -> None:
    rows = [list(row) for row in READINGS[1:]]
    rows[2][3] = "61"
    assert 2 not in sums(rows)


def test_one_with_a_label_is_data() -> None:
    rows = [list(row) for row in READINGS[1:]]
    rows[2][:2] = ["Q1", "March"]
    assert 2 not in sums(rows)


def test_they_are_neither_the_largest_nor_a_group() -> None:
    table = query_table(READINGS, 1)
    for question, values in (
        ("Which month had the highest water use?", ("July",)),
        ("What is the total heat?", ("27,180",)),
    ):
        choice = choose(best_plan(question, [table]))
        assert choice is not None
        assert choice[1].values == values


def test_one_that_is_left_out_is_named_by_its_figure() -> None:
    choice = choose(best_plan("What is the total heat?", [query_table(READINGS, 1)]))
    assert choice is not None
    assert any("one without a label (18950)" in note for note in choice[1].notes)


@given(st.lists(st.lists(st.integers(1, 900), min_size=2, max_size=6), min_size=1, max_size=6))
def test_every_one_of_many_is_seen(groups: list[list[int]]) -> None:
    rows: list[list[str]] = []
    places = set()
    for parts in groups:
        rows += [[f"row {len(rows) + n}", str(v)] for n, v in enumerate(parts)]
        places.add(len(rows))
        rows.append(["", str(sum(parts))])
    assert sums(rows) == places
