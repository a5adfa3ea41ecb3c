"""Functions become tools, and whatever they do when they are called stays within bounds."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from rag_infer.errors import InputError
from rag_infer.tools import Tool, ToolOutput, tool
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.types import ToolCall


def weather(
    city: str,
    days: Annotated[int, Field(ge=1, le=7, description="how many")] = 1,
    unit: Literal["C", "F"] = "C",
) -> str:
    """The weather of a city."""
    return f"{city}: {20 * days}{unit}"


def called(function: Any, arguments: dict[str, Any], **bounds: Any) -> Any:
    wrapped = function if isinstance(function, Tool) else tool(function)
    return run([wrapped], ToolCall(wrapped.name, arguments, "id1"), ToolLimits(**bounds))


def test_a_signature_becomes_a_schema() -> None:
    wrapped = tool(weather)
    assert wrapped.definition == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city.",
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "city": {"type": "string"},
                    "days": {
                        "type": "integer", "minimum": 1, "maximum": 7, "default": 1,
                        "description": "how many",
                    },
                    "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
                },
                "required": ["city"],
            },
        },
    }  # fmt: skip


def test_a_parameter_may_be_called_title() -> None:
    def find(title: str) -> str:
        """Finds a book."""
        return title

    assert tool(find).parameters["properties"] == {"title": {"type": "string"}}
    assert called(find, {"title": "Emma"}).text == "Emma"


def test_what_cannot_be_a_tool_says_why() -> None:
    def untold(x: int) -> int:
        return x

    def untyped(x) -> str:  # type: ignore[no-untyped-def]
        """Has no type."""
        return str(x)

    def many(*x: int) -> str:
        """Takes many."""
        return str(x)

    for function, why in (
        (untold, "docstring"),
        (untyped, "no type for 'x'"),
        (many, "any number"),
    ):
        with pytest.raises(InputError, match=why):
            tool(function)


def test_arguments_are_checked_and_read_as_they_are_meant() -> None:
    assert called(weather, {"city": "Larn", "days": "3"}).text == "Larn: 60C"
    for arguments, why in (
        ({}, "city: Field required"),
        ({"city": "Larn", "days": 9}, "days: Input should be less than or equal to 7"),
        ({"city": "Larn", "when": 1}, "when: Extra inputs"),
        ({"input": "not json"}, "city: Field required"),
    ):
        result = called(weather, arguments)
        assert result.is_error
        assert why in result.text


def test_a_tool_that_raises_or_exits_says_so_and_no_more() -> None:
    def raises() -> str:
        """Raises."""
        raise ValueError("no such\nriver " + "x" * 5000)

    def exits() -> str:
        """Exits."""
        sys.exit(3)

    result = called(raises, {})
    assert result.is_error
    assert result.text.startswith("failed: ValueError: no such river xxx")
    assert len(result.text) < 500
    assert called(exits, {}).text == "failed: SystemExit: 3"


def test_a_tool_that_hangs_is_left() -> None:
    def hangs() -> str:
        """Hangs."""
        time.sleep(30)
        return "late"

    result = called(hangs, {}, seconds=0.2)
    assert result.is_error
    assert result.text == "failed: it took longer than 0.2 s"
    assert result.seconds < 10


def test_a_megabyte_is_cut_and_says_so() -> None:
    def writes() -> str:
        """Writes."""
        return "x" * 1_000_000

    text = called(writes, {}, chars=2000).text
    assert text.startswith("x" * 2000)
    assert text.endswith("[... cut: 1,000,000 characters in all]")
    assert len(text) < 2100


def test_values_become_text() -> None:
    @dataclass
    class Point:
        x: int

    def many() -> list[Point]:
        """Points."""
        return [Point(1), Point(2)]

    async def later() -> dict[str, float]:
        """Later."""
        return {"ü": 0.5}

    def nothing() -> None:
        """Nothing."""

    def quoted() -> ToolOutput:
        """Quotes."""
        return ToolOutput("words", documents=("a.md",))

    assert called(many, {}).text == '[{"x":1},{"x":2}]'
    assert called(later, {}).text == '{"ü":0.5}'
    assert called(nothing, {}).text == "(nothing)"
    assert called(quoted, {}).documents == ("a.md",)


def test_a_tool_that_is_not_there() -> None:
    result = run([tool(weather)], ToolCall("wether", {}), ToolLimits())
    assert result.is_error
    assert result.text == "failed: there is no tool 'wether'; there are: weather"
