"""What a plan chooses, what it leaves out, and what it says about it."""

from __future__ import annotations

import pytest

from rag_infer.context.plan import Budget, plan
from rag_infer.context.template import TokenizerTemplate
from rag_infer.errors import ContextError, ModelError
from rag_infer.types import Chunk, Hit
from tests.tiny_models import FAMILIES, tokenizer


@pytest.fixture(scope="module")
def template() -> TokenizerTemplate:
    return TokenizerTemplate(tokenizer("chatml"), "chatml")


def hit(text: str, score: float = 1.0, name: str = "a.pdf") -> Hit:
    return Hit(
        Chunk(name, 3, 0, len(text), text, ("Costs", "Tokens")),
        score,
        page_label="iv",
        format="pdf",
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_rendering_is_the_reference(family: str) -> None:
    words = tokenizer(family)
    messages = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"},
                {"role": "user", "content": "three"}]  # fmt: skip
    rendered = TokenizerTemplate(words, family).render(messages)
    assert rendered == words.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True
    )
    with_system = [{"role": "system", "content": "RULES"}, *messages]
    assert "RULES" in TokenizerTemplate(words, family).render(with_system)


def test_passages_carry_number_and_place(template: TokenizerTemplate) -> None:
    made = plan(template, Budget(4000), "How much?", [hit("Tokens cost money.")])
    assert (
        "<passage 1: a.pdf, page iv, Costs, Tokens>\nTokens cost money.\n</passage 1>"
        in made.prompt
    )
    assert made.messages[-1]["content"].endswith("Question: How much?")


def test_repeats_and_weak_passages_stay_out(template: TokenizerTemplate) -> None:
    text = "The cache stores keys and values of earlier tokens for each layer."
    made = plan(
        template,
        Budget(4000),
        "What?",
        [hit(text), hit("Indeed: " + text, 0.9, "b.md"), hit("Something else.", 0.1, "c.md")],
    )
    assert len(made.passages) == 1
    assert [(o.what, o.why) for o in made.left_out] == [
        ("b.md", "repeats passage 1"),
        ("c.md", "weak beside the best"),
    ]


def test_a_long_passage_is_cut_after_a_sentence(template: TokenizerTemplate) -> None:
    sentence = "The weights are read once for every token that is written by the decoder. "
    made = plan(template, Budget(1000, 100), "Why?", [hit(sentence * 80)])
    (passage,) = made.passages
    assert passage.cut
    assert "decoder. [...]\n" in passage.shown or "decoder. [...]" in passage.shown.replace(
        "decoder.  [...]", "decoder. [...]"
    )
    assert made.tokens > 600  # the room is used


def test_older_turns_go_first_and_whole(template: TokenizerTemplate) -> None:
    history = []
    for n in range(12):
        history.append({"role": "user", "content": f"question {n} " + "why " * 20})
        history.append({"role": "assistant", "content": f"answer {n} " + "so " * 20})
    made = plan(template, Budget(1400, 100), "And now?", [hit("Short passage.")], history)
    kept = [m["content"].split()[1] for m in made.messages[1:-1]]
    assert kept
    assert kept == [str(n) for n in range(12 - len(kept) // 2, 12) for _ in "qa"]
    assert len([o for o in made.left_out if o.what == "earlier turn"]) == 12 - len(kept) // 2


def test_a_question_that_does_not_fit_is_an_error_with_numbers(template: TokenizerTemplate) -> None:
    with pytest.raises(ContextError, match=r"take \d+ tokens, but the window of 300 has 200"):
        plan(template, Budget(300, 100), "why " * 400)


def test_a_model_without_a_template_is_refused() -> None:
    from transformers import PreTrainedTokenizerFast

    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer("chatml").backend_tokenizer)
    with pytest.raises(ModelError, match="no chat template"):
        TokenizerTemplate(bare, "bare-model")
