"""Rows that explain most of a question's words."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from rag_infer.table_qa import row_selection


@given(
    st.dictionaries(
        st.integers(0, 5), st.sets(st.integers(0, 12), min_size=1), min_size=1, max_size=6
    )
)
def test_the_best_rows_are_those_of_a_search_of_all_rows(holders: dict[int, set[int]]) -> None:
    everywhere = {
        row: {word for word, rows in holders.items() if row in rows}
        for row in set().union(*holders.values())
    }
    most = max(map(len, everywhere.values()))
    with patch.object(row_selection, "_MANY_ROWS", 3):
        scores = row_selection._explained_by_row(holders)
    assert max(map(len, scores.values())) == most
    assert {row: words for row, words in scores.items() if len(words) == most} == {
        row: words for row, words in everywhere.items() if len(words) == most
    }
