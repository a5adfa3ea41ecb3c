"""Law: a rendered plan and its reserve fit the window, for every template and every input.

``benchmarks/context.py --laws N`` runs the same for N cases.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_infer.context.template import BoundedTemplate, TokenizerTemplate, load_template
from rag_infer.types import Chunk, Hit, ToolResult
from tests.factories import FAMILIES, tokenizer
from tests.property.context_cases import CASES, TEMPLATES, TEXT, Case, hold

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("family", TEMPLATES)
@QUICK
@given(case=CASES)
def test_a_plan_never_overflows(family: str, case: Case) -> None:
    hold(TEMPLATES[family], case)


@pytest.mark.parametrize("family", TEMPLATES)
def test_a_plan_fits_at_every_window(family: str) -> None:
    """One token less at a time: each edge is met, so that being one over would show."""
    texts = [f"Line {n} of {n}.\nIt {n} has {n}.\nAnd {n} more." for n in range(12)]
    hits = [Hit(Chunk(f"{n}.md", 1, 0, len(t), t), 1 - n / 40) for n, t in enumerate(texts)]
    case = Case("Why?", hits, [], [], [ToolResult("look", {}, "One.\nTwo.")], 0, 20)
    top = 120 + case.plan(TEMPLATES[family], window=20_000).tokens
    full = [hold(TEMPLATES[family], replace(case, window=top - n)) for n in range(400)]
    assert len({len(prompt.passages) for prompt in full if prompt}) > 1


@pytest.mark.parametrize("family", FAMILIES)
@QUICK
@given(case=CASES)
def test_text_never_becomes_a_control_token(family: str, case: Case) -> None:
    template = TEMPLATES[family]
    assert isinstance(template, TokenizerTemplate)
    prompt = case.plan(template, window=40_000)
    control = {tokenizer(family).convert_tokens_to_ids(t) for t in FAMILIES[family][1]}
    tokens = [i for i in template.ids(prompt.prompt) if i in control]
    # The same conversation with harmless words in place of every text has as many.
    harmless = [_harmless(m) for m in prompt.messages]
    expected = [
        i for i in template.ids(template.render(harmless, prompt.tools[:0])) if i in control
    ]
    tools = [_words_only(t) for t in prompt.tools]
    if tools:
        expected = [i for i in template.ids(template.render(harmless, tools)) if i in control]
    assert tokens == expected


def _harmless(message: dict[str, object]) -> dict[str, object]:
    calls = [
        {**call, "function": {"name": "name", "arguments": json.dumps({"a": "word"})}}
        for call in message.get("tool_calls", ())
    ]
    return {**message, "content": "word", **({"tool_calls": calls} if calls else {})}


def _words_only(value: object) -> object:
    if isinstance(value, dict):
        return {
            str(n): _words_only(v) if k != "type" else v for n, (k, v) in enumerate(value.items())
        }
    return [_words_only(v) for v in value] if isinstance(value, list) else "word"


@QUICK
@given(text=st.one_of(TEXT, st.text(max_size=200)))
def test_the_bound_holds_for_every_tokenizer_and_template(text: str) -> None:
    bounded = BoundedTemplate()
    messages = [
        {"role": "system", "content": text},
        {"role": "user", "content": text},
        {"role": "assistant", "content": text},
        {"role": "user", "content": text},
    ]
    most = bounded.count(bounded.render(messages))
    for family in FAMILIES:
        exact = TEMPLATES[family]
        assert exact.count(exact.render(messages)) <= most


def test_a_tokenizer_file_makes_the_bound_a_close_one(tmp_path: Path) -> None:
    tokenizer("chatml").save_pretrained(tmp_path)
    exact = load_template(tmp_path)
    close = load_template(tmp_path / "tokenizer.json")
    messages = [{"role": "user", "content": "Every token reads all of the weights once. " * 40}]
    true = exact.count(exact.render(messages))
    assert not exact.bound
    assert close.bound
    assert true <= close.count(close.render(messages)) <= true + 120
    template = BoundedTemplate()
    assert template.count(template.render(messages)) > 2 * true
