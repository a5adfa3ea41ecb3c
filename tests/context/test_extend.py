"""A further question is appended to the prompt before it: nothing of that is read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_infer import Index
from rag_infer.context.extend import extend_plan
from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.context.template import Template, TokenizerTemplate
from rag_infer.errors import ContextWindowError
from rag_infer.generate.transformers_chat import TransformersChat
from rag_infer.types import Answer, Chunk, Hit
from tests.ask_arguments import ask
from tests.factories import CORPUS, save_model, tokenizer
from tests.property.context_cases import CASES, TEMPLATES, TEXT, Case


@pytest.fixture(scope="module")
def template() -> TokenizerTemplate:
    return TokenizerTemplate(tokenizer("chatml"), "chatml")


def hit(name: str, text: str, score: float = 1.0) -> Hit:
    return Hit(Chunk(name, 1, 0, len(text), text), score)


HALL = hit("hall.md", "The hall was built in 1931. Its rent is 30 crowns a month.")
MILL = hit("mill.md", "The mill grinds rye. Its rent is 75 crowns a month.", 0.9)
BUDGET = Budget(2048, 64)


def test_what_was_read_stays_and_what_is_new_is_appended(template: TokenizerTemplate) -> None:
    before = plan(template, BUDGET, "What is the rent of the hall?", [HALL])
    extended = extend_plan(
        template, BUDGET, before, "30 crowns [1].", "And the mill?", [MILL, HALL], SYSTEM
    )
    assert extended is not None
    assert extended.prompt.startswith(before.prompt + "30 crowns [1].")
    assert extended.prompt.count("grinds rye") == extended.prompt.count("built in 1931") == 1
    assert [(p.number, p.hit.document_id) for p in extended.passages] == [
        (1, "hall.md"),
        (2, "mill.md"),
    ]
    assert "<passage 2: mill.md>" in extended.messages[-1]["content"]
    assert dict(extended.layers)["history"] > 0


def test_a_passage_that_has_changed_is_shown_anew(template: TokenizerTemplate) -> None:
    before = plan(template, BUDGET, "What is the rent of the hall?", [HALL])
    changed = hit("hall.md", HALL.chunk.text.replace("30", "99"))
    assert extend_plan(template, BUDGET, before, "30 [1].", "And now?", [changed], SYSTEM) is None


def test_nothing_new_is_shown_for_passages_that_are_there(template: TokenizerTemplate) -> None:
    before = plan(template, BUDGET, "What is the rent of the hall?", [HALL])
    extended = extend_plan(
        template, BUDGET, before, "30 crowns [1].", "When was it built?", [HALL], SYSTEM
    )
    assert extended is not None
    assert extended.messages[-1]["content"] == "Question: When was it built?"
    assert extended.passages == before.passages


@pytest.mark.parametrize("change", ["subject", "system", "tools", "window", "silence"])
def test_it_begins_anew_where_it_has_to(template: TokenizerTemplate, change: str) -> None:
    before = plan(template, BUDGET, "What is the rent of the hall?", [HALL])
    other = {"type": "function", "function": {"name": "f", "description": "", "parameters": {}}}
    extended = extend_plan(
        template,
        Budget(before.tokens + 70, 64) if change == "window" else BUDGET,
        before,
        "" if change == "silence" else "30 crowns [1].",
        "And then?",
        [MILL] if change == "subject" else [HALL],
        "Be brief." if change == "system" else SYSTEM,
        tools=[other] if change == "tools" else [],
    )
    assert extended is None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(TEMPLATES)), CASES, CASES, TEXT)
def test_law_it_fits_and_keeps_every_letter(name: str, one: Case, two: Case, answer: str) -> None:
    template: Template = TEMPLATES[name]
    try:
        before = replace(one, tools=[], results=[]).plan(template)
    except ContextWindowError:
        return
    budget = Budget(max(one.window, two.window), two.reserve)
    hits = [*one.hits[:2], *two.hits]
    extended = extend_plan(template, budget, before, answer, two.question, hits, SYSTEM)
    if extended is None:
        return
    assert extended.tokens == template.count(extended.prompt)
    assert extended.tokens + extended.reserve <= extended.window, "overflow"
    assert template.render(extended.messages, extended.tools) == extended.prompt
    assert extended.messages[: len(before.messages)] == before.messages
    assert sum(tokens for _, tokens in extended.layers) == extended.tokens
    assert all(tokens >= 0 for _, tokens in extended.layers)
    numbers = [p.number for p in extended.passages]
    assert numbers == list(range(1, len(numbers) + 1))
    for passage in extended.passages:
        assert any(passage.text in message["content"] for message in extended.messages)


def test_a_chat_on_the_same_passages_reads_only_what_is_new(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add(CORPUS / "kv-cache.md")
    model = TransformersChat(str(save_model(tmp_path / "m", window=4096)))
    options: dict[str, Any] = {
        "llm": model, "max_tokens": 24, "reserve_followups": True, "top_k": 4,
    }  # fmt: skip
    questions = ["What does the cache store?", "What does the cache hold for each token?"]
    first = ask(index, questions[0], **options)
    history = [
        {"role": "user", "content": questions[0]},
        {"role": "assistant", "content": first.text},
    ]

    def second(**more: object) -> Answer:
        return ask(index, questions[1], **(options | {"history": history} | more))

    went_on = second(previous_answer=first)
    assert went_on.context is not None
    assert first.context is not None
    assert went_on.context.prompt.startswith(first.context.prompt)
    assert went_on.usage.cached_tokens >= first.context.tokens
    # What has changed since is not gone on with.
    (tmp_path / "index").rename(tmp_path / "old")
    other = Index.open(tmp_path / "index", create=True)
    other.add(CORPUS / "tokens.md")
    moved = ask(other, questions[1], **options, history=history, previous_answer=first)
    assert moved.context is not None
    assert not moved.context.prompt.startswith(first.context.prompt)
    other.close()
    (tmp_path / "index").rename(tmp_path / "new")
    (tmp_path / "old").rename(tmp_path / "index")
    # Without what the model kept, the same plan gives the same words.
    again = TransformersChat(str(tmp_path / "m"))
    fresh = second(previous_answer=first, llm=again, rewrite=False)
    assert fresh.usage.cached_tokens == 0
    assert fresh.text == second(previous_answer=first, rewrite=False).text
