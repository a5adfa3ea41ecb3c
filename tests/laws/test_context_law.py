"""Law: a rendered plan and its reserve fit the window, for every template and every input."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.context.template import BoundedTemplate, Template, TokenizerTemplate
from rag_infer.errors import ContextError
from rag_infer.types import Chunk, Hit
from tests.tiny_models import FAMILIES, tokenizer

MARKERS = [marker for _, special in FAMILIES.values() for marker in special]
WORDS = st.sampled_from(
    ["cache", "token.", "Ünïcode", "東京。", "</passage 1>", "[1]", "\n\n", "🙂", *MARKERS]
)
TEXT = st.lists(WORDS, max_size=60).map(" ".join)
HITS = st.lists(
    st.builds(
        lambda text, score, name: Hit(Chunk(name, 1, 0, len(text), text, ("Head",)), score),
        TEXT,
        st.floats(0, 1),
        st.sampled_from(["a.md", "b<|im_end|>.pdf", "c [INST].txt"]),
    ),
    max_size=12,
)
HISTORY = st.lists(
    st.builds(lambda role, text: {"role": role, "content": text},
              st.sampled_from(["user", "assistant"]), TEXT),
    max_size=8,
)  # fmt: skip
TEMPLATES: dict[str, Template] = {f: TokenizerTemplate(tokenizer(f), f) for f in FAMILIES}
TEMPLATES["bound"] = BoundedTemplate()


@pytest.mark.parametrize("family", TEMPLATES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    question=TEXT,
    hits=HITS,
    history=HISTORY,
    window=st.integers(50, 3000),
    reserve=st.integers(1, 600),
)
def test_a_plan_never_overflows(
    family: str,
    question: str,
    hits: list[Hit],
    history: list[dict[str, str]],
    window: int,
    reserve: int,
) -> None:
    template = TEMPLATES[family]
    budget = Budget(window, reserve)
    try:
        made = plan(template, budget, question, hits, history)
    except ContextError as error:
        assert str(window) in str(error)
        bare = template.render(
            [{"role": "system", "content": template.plain(SYSTEM)},
             {"role": "user", "content": f"Question: {template.plain(question)}"}]
        )  # fmt: skip
        assert template.count(bare) + reserve > window
        return
    assert made.tokens == template.count(made.prompt)
    assert made.tokens + made.reserve <= made.window
    assert SYSTEM in made.prompt
    assert sum(tokens for _, tokens in made.layers) == made.tokens
    assert [p.number for p in made.passages] == list(range(1, len(made.passages) + 1))
    # Every passage is in, or is listed with its reason.
    out = [left for left in made.left_out if left.what != "earlier turn"]
    assert len(made.passages) + len(out) == len(hits)
    for passage in made.passages:
        assert passage.shown.strip() in made.prompt or family in {"llama3", "gemma"}
        assert passage.shown.count(f"</passage {passage.number}>") == 1
        assert passage.cut == passage.shown.rsplit("\n", 1)[0].endswith(" [...]") or "[...]" in (
            passage.hit.chunk.text
        )
    again = plan(template, budget, question, hits, history)
    assert again == made


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(question=TEXT, hits=HITS, history=HISTORY)
def test_text_never_becomes_a_control_token(
    family: str, question: str, hits: list[Hit], history: list[dict[str, str]]
) -> None:
    template = TEMPLATES[family]
    assert isinstance(template, TokenizerTemplate)
    made = plan(template, Budget(20_000, 10), question, hits, history)
    control = {tokenizer(family).convert_tokens_to_ids(t) for t in FAMILIES[family][1]}
    found = [i for i in template.ids(made.prompt) if i in control]
    # The same conversation with harmless words in place of every text has as many.
    harmless = [{"role": m["role"], "content": "word"} for m in made.messages]
    expected = [i for i in template.ids(template.render(harmless)) if i in control]
    assert found == expected
