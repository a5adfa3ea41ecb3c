"""Picking tokens, guessing them, making text of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.generate.prompt_lookup import PromptLookup
from rag_infer.generate.sampling import Sampler, TextStream
from tests.factories import tokenizer


def choice(temperature: float = 0.0, top_p: float = 1.0, penalty: float = 1.0) -> Sampler:
    return Sampler(temperature, top_p, 0, penalty, [1])


@pytest.mark.parametrize("family", ["chatml", "llama3", "gemma"])
@settings(deadline=None)  # the first example trains the tokenizer
@given(text=st.text(max_size=40))
def test_pieces_join_to_the_text(family: str, text: str) -> None:
    words = tokenizer(family)
    ids = words(text, add_special_tokens=False)["input_ids"] + [words.eos_token_id]
    pieces = TextStream(words, ())
    joined = "".join([*map(pieces.add, ids), pieces.remainder()])
    assert joined == words.decode(ids, skip_special_tokens=True)


def test_half_a_character_waits_for_its_rest() -> None:
    words = tokenizer("chatml")
    ids = words("\N{CRAB}", add_special_tokens=False)["input_ids"]
    assert len(ids) > 1
    pieces = TextStream(words, ())
    assert [pieces.add(token) for token in ids] == [*[""] * (len(ids) - 1), "\N{CRAB}"]


def test_what_is_likeliest_is_picked_and_what_is_barred_never() -> None:
    logits = np.array([0.0, 3.0, 2.0, 1.0], dtype=np.float32)
    assert choice().pick(logits) == 1
    assert choice().pick(logits, np.array([True, False, True, True])) == 2
    assert choice().pick(logits, np.array([True])) == 0  # what the mask does not reach is barred
    assert choice(penalty=2.0).pick(logits) == 2  # 1 stands in the prompt: 3 / 2 < 2
    assert logits.tolist() == [0.0, 3.0, 2.0, 1.0]


def test_samples_have_the_shares_of_their_tokens() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], dtype=np.float32))
    picked = choice(temperature=1.0)
    counts = Counter(picked.pick(logits) for _ in range(4000))
    assert [round(counts[n] / 4000, 1) for n in range(3)] == [0.5, 0.3, 0.2]
    few = choice(temperature=1.0, top_p=0.6)
    assert {few.pick(logits) for _ in range(200)} == {0, 1}  # the one that passes .6 stays
    sharp = choice(temperature=0.05)
    assert {sharp.pick(logits) for _ in range(100)} == {0}


def test_guesses_are_what_followed_last_time() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 6, 9, 1, 2, 3])
    assert lookup.draft(8) == [4, 5]
    lookup.record(2, 2)
    assert lookup.draft(8) == [4, 5, 6, 9]
    assert lookup.draft(1) == [4]
    lookup.add(7)
    assert lookup.draft(8) == []
    assert PromptLookup([1, 2, 3]).draft(4) == []


def test_wrong_guesses_rest() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 1, 2, 3])
    for _ in range(2):
        assert lookup.draft(8)
        lookup.record(2, 0)
    quiet = [lookup.draft(8) for _ in range(40)]
    assert [] in quiet
    assert quiet[-1] == [4, 5]


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(1, 12))
def test_guesses_stand_in_what_was_written(ids: list[int], most: int) -> None:
    guess = PromptLookup(ids).draft(most)
    assert len(guess) <= most
    if guess:
        tokens = ids[-3:] + guess
        at = [n for n in range(len(ids)) if ids[n : n + len(tokens)] == tokens]
        assert at
