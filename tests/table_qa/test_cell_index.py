"""Words in cells, indexed or looked for, are in the same rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.table_qa import cell_index
from rag_infer.table_qa.query_table import QueryTable, keys, query_table

CELLS = ["Zürich depot", "two boxes", "SO-000042", "box, 1,250 kg", "open", "opened", "", "Depots"]


def table(cells: list[str]) -> QueryTable:
    return query_table([["Id", "Note"], *([f"id {n}", cell] for n, cell in enumerate(cells))], 1)


@given(cells=st.lists(st.sampled_from(CELLS), min_size=2, max_size=12))
def test_looking_for_a_word_gives_the_rows_of_an_index(cells: list[str]) -> None:
    words = [w for cell in CELLS for w in keys(cell) if not w.isdigit()]
    indexed = table(cells).cell_index
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_index, "_MANY_CELLS", 0)
        searched = table(cells).cell_index
    for word in words:
        assert searched.get(word) == indexed.get(word)


def test_a_number_of_an_id_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_index, "_MANY_CELLS", 0)
    index = table(["AB-000042", "AB-000142", "AB-000420"]).cell_index
    assert index.get("42") == {1: {0}}
    assert index.rows_with(frozenset(("142",)), 1) == {1}
    assert "7" not in index
