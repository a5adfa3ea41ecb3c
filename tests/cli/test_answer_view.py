"""What the terminal shows of passages."""

from __future__ import annotations

import pytest

from rag_infer.cli.answer_view import preview_start

TEXT = "Leave by the nearest exit. Meet at the shelter. The backup battery lasts 90 minutes."


@pytest.mark.parametrize(
    ("query", "begin"),
    [("backup battery", "The backup"), ("where to meet", "Meet"), ("zebra", "Leave")],
)
def test_a_preview_begins_with_what_was_searched_for(query: str, begin: str) -> None:
    assert TEXT[preview_start(query, TEXT) :].startswith(begin)
