"""Reasoning is taken out of a text, however the stream is cut; loops are noticed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.generate.reasoning import ReasoningStream
from rag_infer.generate.repetition import repeated_end


def fed(pieces: list[str], *, inside: bool = False) -> str:
    stream = ReasoningStream(is_inside=inside)
    text = ""
    for piece in pieces:
        restarts = stream.restarts
        output = stream.feed(piece)
        text = output if stream.restarts > restarts else text + output
    return (text + stream.finish()).strip()


@pytest.mark.parametrize(
    "text",
    [
        "<think>It may be 9,999.</think>\nThe rent is 4,150.",
        "<THINKING>hm</THINKING>The rent is 4,150.",
        "[THINK]a < b[/THINK]The rent is 4,150.",
        "◁think▷hm◁/think▷The rent is 4,150.",
        "<|channel|>analysis<|message|>hm<|channel|>final<|message|>The rent is 4,150.",
        "It may be 9,999.</think>The rent is 4,150.",
        "<think>a</think><answer>The rent is 4,150.</answer>",
    ],
)
@given(data=st.data())
def test_only_the_answer_is_left_whatever_the_pieces(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in itertools.pairwise([0, *places, len(text)])]
    assert fed(pieces) == "The rent is 4,150."


def test_reasoning_that_the_prompt_opened() -> None:
    assert fed(["hm</thi", "nk>Yes."], inside=True) == "Yes."
    assert fed(["never ends"], inside=True) == ""


def test_text_with_angles_is_left_alone() -> None:
    assert fed(["if a < b and <b>c</b>"]) == "if a < b and <b>c</b>"


def test_a_loop_is_noticed_and_a_table_is_none() -> None:
    assert repeated_end("Well. " + "The fee is 900 euros. " * 5)
    assert repeated_end("no " * 60)
    assert not repeated_end("| --- | --- | --- |\n" + "-" * 100)
    assert not repeated_end("The fee is 900 euros. The deposit is 300 euros. " * 2)
