"""Cosines of any embedder on one scale."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.embed import load_embedder
from rag_infer.embed.batching import CachedEmbedder
from rag_infer.embed.callable_embedder import CallableEmbedder
from rag_infer.embed.model_cards import model_card
from rag_infer.embed.similarity import cosine_floor, scaled


def test_cosines_from_the_floor_to_one_are_zero_to_one() -> None:
    assert np.allclose(scaled(np.array([0.7, 0.85, 1.0], np.float32), 0.7), [0, 0.5, 1], atol=1e-6)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 0.9))
def test_the_order_stays(one: float, other: float, floor: float) -> None:
    assert (one <= other) == (scaled(one, floor) <= scaled(other, floor)) or one - other < 1e-12


def test_the_default_embedder_and_those_that_say_nothing_begin_at_zero() -> None:
    own = CallableEmbedder(lambda texts: [[1.0, 0.0] for _ in texts], name="own")
    assert cosine_floor(CachedEmbedder(load_embedder())) == cosine_floor(own) == 0.0
    card = model_card("intfloat/multilingual-e5-small")
    assert card is not None
    assert card.cosine_floor > 0.5
