"""When a second unit supports the first, and when it rivals it."""

from __future__ import annotations

import pytest

from rag_infer.cite.agreement import differ


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("16 June 2025", "16 June", False),
        ("16 June", "7 July", True),
        ("30 days", "thirty days", False),
        ("Anna Moser", "Moser", False),
        ("Anna Moser", "Peter Lang", True),
        ("5.20 euros", "blue", False),
    ],
)
def test_short_answers_differ_by_value(one: str, other: str, expected: bool) -> None:
    assert differ(one, other) is expected
