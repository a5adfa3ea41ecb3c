"""With and without the prefix cache, greedy tokens are equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.context.plan import Budget, plan
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.generate.kv_cache import common_prefix_length
from rag_infer.generate.transformers_chat import TransformersChat
from rag_infer.types import Chunk, ContextPlan, Hit
from tests.factories import CORPUS, save_model

ARCHITECTURES = [("chatml", "qwen2"), ("llama3", "llama"), ("gemma", "gemma")]
PASSAGE = (CORPUS / "kv-cache.md").read_text("utf-8")[:1500]
QUESTIONS = ["What is stored?", "What is stored for each token?", "How large does it get?"]


def asked(model: Generator, question: str, tokens: int) -> ContextPlan:
    hit = Hit(Chunk("kv-cache.md", 1, 0, len(PASSAGE), PASSAGE), 1.0)
    return plan(model.template, Budget(model.window, tokens), question, [hit])


def said(
    model: Generator, question: str, counted: list[TokenUsage] | None = None, tokens: int = 40
) -> str:
    heard = (lambda _: None) if counted is None else counted.append
    options = GenerateOptions(max_tokens=tokens, on_usage=heard)
    return "".join(model.stream(asked(model, question, tokens), options))


@pytest.mark.parametrize("family,architecture", ARCHITECTURES)
def test_greedy_answers_are_the_same_with_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, architecture: str
) -> None:
    folder = str(save_model(tmp_path / "m", family, architecture))
    monkeypatch.setenv("RAG_PREFIX_CACHE_MB", "0")
    without = TransformersChat(folder)
    fresh: list[TokenUsage] = []
    plain = [said(without, q, fresh) for q in QUESTIONS]
    assert [c.cached for c in fresh] == [0, 0, 0]
    monkeypatch.delenv("RAG_PREFIX_CACHE_MB")
    model = TransformersChat(folder)
    counted: list[TokenUsage] = []
    assert [said(model, q, counted) for q in QUESTIONS] == plain
    assert counted[0].cached == 0
    assert all(c.cached > 0.8 * c.prompt for c in counted[1:])
    assert [c.prompt for c in counted] == [c.prompt for c in fresh]


def test_a_stream_that_was_left_takes_nothing_along(tmp_path: Path) -> None:
    model = TransformersChat(str(save_model(tmp_path / "m")))
    expected = said(model, QUESTIONS[1])
    prompt = plan(model.template, Budget(model.window, 40), QUESTIONS[0])
    stream = model.stream(prompt, GenerateOptions(max_tokens=40))
    next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    assert said(model, QUESTIONS[1]) == expected


def test_a_large_cache_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TransformersChat(str(save_model(tmp_path / "m")))
    model._prefix._max_bytes = 100
    counted: list[TokenUsage] = []
    said(model, QUESTIONS[0], counted)
    said(model, QUESTIONS[1], counted)
    assert [c.cached for c in counted] == [0, 0]


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_the_common_beginning(one: list[int], other: list[int]) -> None:
    shared = common_prefix_length(one, other)
    assert one[:shared] == other[:shared]
    assert one[shared : shared + 1] != other[shared : shared + 1] or shared in (
        len(one),
        len(other),
    )
