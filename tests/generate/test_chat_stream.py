"""Bodies of chat completions: cut anywhere they say the same."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.generate.chat_stream import DONE, completion_chunks, error_text, text_of

TEXT = "Größe\u2028✓ \x85 [1]"
CHUNK = {"choices": [{"delta": {"content": TEXT}, "finish_reason": None}]}
LINE = json.dumps(CHUNK, ensure_ascii=False).encode()
STREAM = (
    b": alive\r\n\r\nevent: x\r\ndata: " + LINE + b"\r\n\r\ndata:" + LINE + b"\n\ndata: [DONE]\n"
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_chunks(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    parts = [STREAM[a:b] for a, b in pairwise(edges)]
    assert list(completion_chunks(parts)) == [CHUNK, CHUNK, DONE]


def test_a_json_body_is_one_chunk_and_complete() -> None:
    assert list(completion_chunks([json.dumps(CHUNK, indent=2).encode()])) == [CHUNK, DONE]


def test_a_stream_that_broke_off_is_not_done() -> None:
    assert list(completion_chunks([b"data: " + LINE + b"\n\n"])) == [CHUNK]


@pytest.mark.parametrize("body", [b"<html>\n<p>hello</p>", b"data: [1]\n", b"data: {\n"])
def test_other_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        list(completion_chunks([body]))


def test_content_comes_in_several_shapes() -> None:
    assert text_of("a") == "a"
    assert text_of([{"type": "text", "text": "a"}, {"type": "image"}, "x"]) == "a"
    assert text_of(None) == ""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "CUDA out of memory"}}, "CUDA out of memory"),
        ({"error": "no"}, "no"),
        ({"detail": "Model m is not loaded"}, "Model m is not loaded"),
        ({"detail": [{"loc": ["body", "seed"]}]}, '[{"loc": ["body", "seed"]}]'),
        ({"choices": []}, None),
    ],
)
def test_errors_come_in_several_shapes(body: dict[str, object], text: str | None) -> None:
    assert error_text(body) == text
