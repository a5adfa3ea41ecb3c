"""Citation markers in a stream: the same whatever the pieces."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.cite.citation_markers import MarkerStream


def fed(pieces: list[str], passages: int = 3) -> tuple[str, list[int], list[int]]:
    stream = MarkerStream(passages, {"a.md": 3})
    text = "".join([*(stream.feed(p) for p in pieces), stream.finish()])
    return text, stream.cited, stream.unknown


def test_known_numbers_stay_and_unknown_ones_go() -> None:
    assert fed(["A [1]. B [2, 9]. C [7]."]) == ("A [1]. B [2]. C .", [1, 2], [9, 7])
    assert fed(["[3][1][1]"]) == ("[3][1][1]", [3, 1], [])


def test_half_a_marker_is_held_back() -> None:
    stream = MarkerStream(3)
    assert stream.feed("true [") == "true "
    assert stream.feed("2") == ""
    assert stream.feed("] and") == "[2] and"
    assert stream.feed(" a [link](x)") == " a [link](x)"


def test_code_is_left_alone() -> None:
    text = "See `a[1]` and\n```\nx[7] = y[2]\n```\nthen [2]."
    assert fed([text]) == (text, [2], [])


PARTS = st.sampled_from(
    ["[", "]", "1", "2", "9", ",", " ", "`", "```", "word", "[1]", "[8]", "\n", "(", ")", "<sup>",
     "</sup>", "passage ", "[[1]]", "【", "】", "†x", "-", "[a.md]", "(#ref-1)", "<", ">", "\\"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=40), st.data())
def test_any_cut_gives_the_same(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    edges = [0, *places, len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    assert fed(pieces) == fed([text])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("[1-3]", "[1][2][3]"), ("[passage 3]", "[3]"), ("[Source: 3]", "[3]"), ("[#3]", "[3]"),
        ("[^3]", "[3]"), ("【3】", "[3]"), ("【3†source】", "[3]"), (r"\[3\]", "[3]"),
        ("(passage 3)", "[3]"), ("(see Passages 1 and 3)", "[1][3]"), ("<sup>3</sup>", "[3]"),
        ("[[3]](#passage-3)", "[3]"), ("**[3]**", "**[3]**"), ("[docs/a.md]", "[3]"),
        ("[a.md, Costs]", "[3]"), ("[b.md]", "[b.md]"), ("(3)", "(3)"), ("[2024-2025]", ""),
        ("</passage 3>", ""), ("[link](x)", "[link](x)"),
    ],
)  # fmt: skip
def test_every_shape_that_models_write_is_one(shape: str, expected: str) -> None:
    assert fed([f"True {shape}."])[0] == f"True {expected}."
