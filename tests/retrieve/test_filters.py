"""A filter of a wrong type is refused when it is made: it may be what keeps documents private."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rag_infer.errors import InputError
from rag_infer.retrieve import Filter
from rag_infer.tools.executor import ToolLimits


@pytest.mark.parametrize(
    "fields",
    [
        {"paths": "*.md"}, {"formats": "pdf"}, {"groups": "eng"}, {"groups": b"eng"},
        {"paths": [1]}, {"paths": [""]}, {"paths": None}, {"formats": {"pdf": True}},
        {"groups": 5}, {"groups": [None]}, {"metadata": ["year"]}, {"metadata": {1: "a"}},
        {"metadata": {"a": ["b"]}}, {"since": 2024}, {"until": "March"}, {"paths": iter(["a"])},
    ],
)  # fmt: skip
def test_wrong_types_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Filter(**fields)


def test_collections_of_any_kind_are_accepted_and_frozen() -> None:
    groups = {"eng"}
    metadata: dict[str, str | int | float | bool] = {"year": 1871}
    filter = Filter(paths=["*.md"], formats={"pdf"}, groups=groups, metadata=metadata)
    groups.add("board")
    metadata["year"] = 2024
    assert filter == Filter(("*.md",), ("pdf",), {"year": 1871}, frozenset({"eng"}))
    assert replace(filter, groups=["board"]).groups == frozenset({"board"})
    assert Filter(groups=[]).groups == frozenset()


@pytest.mark.parametrize(
    "limits",
    [{"seconds": float("nan")}, {"seconds": 0}, {"seconds": "5"}, {"steps": -1}, {"chars": 1.5}],
)
def test_tool_limits_are_checked(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ToolLimits(**limits)
