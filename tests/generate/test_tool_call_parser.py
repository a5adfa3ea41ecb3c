"""Calls of tools in streamed text, as several families of models write them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.generate.tool_call_parser import CallStream
from rag_infer.types import ToolCall

NAMES = ("calculator", "table")
SUM = ToolCall("calculator", {"expression": "12 * 30"})
JSON = '{"name": "calculator", "arguments": {"expression": "12 * 30"}}'
TABLE = '{"name": "table", "arguments": "{\\"query\\": \\"SELECT 1\\"}"}'
QUERY = ToolCall("table", {"query": "SELECT 1"})
TEXTS = [
    (f"<tool_call>\n{JSON}\n</tool_call>", "", [SUM]),
    (f"I shall compute it.\n<tool_call>{JSON}</tool_call> Well.", "I shall compute it.\n", [SUM]),
    (f"[TOOL_CALLS] [{JSON}]", "", [SUM]),
    (JSON.replace("arguments", "parameters"), "", [SUM]),
    (f"```json\n{JSON}\n```", "", [SUM]),
    (f"[{JSON}, {TABLE}]", "", [SUM, QUERY]),
    (f'{{"type": "function", "function": {JSON}}}', "", [SUM]),
    ('<tool_call>{"name": "nope", "arguments": {}}</tool_call>', "", [ToolCall("nope", {})]),
    ("The rent is 360 [1].", "The rent is 360 [1].", []),
    ("[1] says that 2 < 3.", "[1] says that 2 < 3.", []),
    ('{"answer": 360}', '{"answer": 360}', []),
    ('{"name": "Ann", "arguments": {}}', '{"name": "Ann", "arguments": {}}', []),
    ("<tool_call>{broken", "<tool_call>{broken", []),
    ("a <tool", "a <tool", []),
    ("```python\nx = {}\n```", "```python\nx = {}\n```", []),
    ("", "", []),
]  # fmt: skip


def read(pieces: Sequence[str]) -> tuple[str, list[ToolCall]]:
    stream = CallStream(NAMES)
    text = "".join([*map(stream.feed, pieces), stream.finish()])
    return text, stream.calls


@pytest.mark.parametrize(("text", "visible", "calls"), TEXTS)
def test_what_is_a_call_and_what_is_text(text: str, visible: str, calls: list[ToolCall]) -> None:
    assert read([text]) == (visible, calls)


@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 120), max_size=12))
def test_any_cut_into_pieces_reads_the_same(
    case: tuple[str, str, list[ToolCall]], cuts: list[int]
) -> None:
    text, visible, calls = case
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert read([text[a:b] for a, b in pairwise(places)]) == (visible, calls)


def test_text_is_shown_as_soon_as_it_can_be_no_call() -> None:
    stream = CallStream(NAMES)
    assert stream.feed("The") == "The"
    assert stream.feed(" rent <to") == " rent "
    assert stream.feed("ld>") == "<told>"
    assert CallStream(NAMES).feed("[") == ""
