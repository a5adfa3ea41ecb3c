"""What a plan chooses, what it leaves out, and what it says about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_infer.context.plan import Budget, plan
from rag_infer.context.template import TokenizerTemplate
from rag_infer.errors import ContextWindowError, ModelError
from rag_infer.types import Chunk, Hit, ToolResult
from tests.factories import FAMILIES, tokenizer


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
    context_plan = plan(template, Budget(4000), "How much?", [hit("Tokens cost money.")])
    assert (
        "<passage 1: a.pdf, page iv, Costs, Tokens>\nTokens cost money.\n</passage 1>"
        in context_plan.prompt
    )
    assert context_plan.messages[-1]["content"].endswith("Question: How much?")


def test_repeats_and_weak_passages_stay_out(template: TokenizerTemplate) -> None:
    text = "The cache stores keys and values of earlier tokens for each layer."
    context_plan = plan(
        template,
        Budget(4000),
        "What?",
        [hit(text), hit("Indeed: " + text, 0.9, "b.md"), hit("Something else.", 0.1, "c.md")],
    )
    assert len(context_plan.passages) == 1
    assert [(o.item, o.reason) for o in context_plan.omitted] == [
        ("b.md", "repeats passage 1"),
        ("c.md", "weak beside the best"),
    ]


def test_a_long_passage_is_cut_after_a_sentence(template: TokenizerTemplate) -> None:
    sentence = "The weights are read once for every token that is written by the decoder. "
    text = sentence * 80
    context_plan = plan(template, Budget(1000, 100), "Why?", [hit(text)])
    (passage,) = context_plan.passages
    assert passage.is_cut
    assert passage.text.rsplit("\n", 1)[0].endswith("decoder. [...]")
    excerpt = text[passage.start : passage.end]
    assert excerpt in context_plan.prompt
    assert excerpt.endswith("decoder.")
    assert context_plan.tokens > 800  # the room is used


def test_a_cut_keeps_the_sentences_that_the_question_is_about(template: TokenizerTemplate) -> None:
    noise = "The weights are read once for every token that is written by the decoder. "
    text = noise * 40 + "Ada Lovelace wrote the first program in 1843. " + noise * 40
    context_plan = plan(
        template, Budget(700, 100), "When did Lovelace write a program?", [hit(text)]
    )
    (passage,) = context_plan.passages
    assert "Ada Lovelace wrote the first program in 1843." in passage.text
    body = passage.text.split("\n", 1)[1]
    assert body.startswith("[...] ")
    assert "[...]\n</passage" in body


def test_a_page_that_is_in_gives_way_to_another(template: TokenizerTemplate) -> None:
    """Value under the budget: three passages of one page do not push out a second page."""
    facts = [f"The {w} figure of the year was {n} million, as {w} reports say in short. " * 4
             for n, w in enumerate("first second third fourth".split())]  # fmt: skip
    hits = [hit(fact, 1 - n / 100) for n, fact in enumerate(facts[:3])]
    other = Hit(Chunk("a.pdf", 9, 0, len(facts[3]), facts[3]), 0.9, format="pdf")
    roomy = plan(template, Budget(4000, 40), "What?", [*hits, other])
    assert len(roomy.passages) == 4
    less = roomy.tokens - sum(p.tokens for p in roomy.passages[1:3])
    context_plan = plan(template, Budget(less + 50, 40), "What?", [*hits, other])
    assert [p.hit.chunk.page_number for p in context_plan.passages] == [3, 9]
    assert any(o.reason == "no room" for o in context_plan.omitted)


def test_older_turns_go_first_and_whole(template: TokenizerTemplate) -> None:
    history = []
    for n in range(12):
        history.append({"role": "user", "content": f"question {n} " + "why " * 20})
        history.append({"role": "assistant", "content": f"answer {n} " + "so " * 20})
    context_plan = plan(template, Budget(1400, 100), "And now?", [hit("Short passage.")], history)
    turns = context_plan.messages[1:-1]
    numbers = [m["content"].split()[1] for m in turns]
    assert numbers
    assert numbers == [str(n) for n in range(12 - len(numbers) // 2, 12) for _ in "qa"]
    out = [o.item for o in context_plan.omitted if o.layer == "history"]
    assert sorted(out) == sorted(f"earlier turn {n + 1}" for n in range(12 - len(numbers) // 2))


def test_an_old_turn_is_condensed_to_its_first_sentence(template: TokenizerTemplate) -> None:
    history = []
    for n in range(4):
        history.append({"role": "user", "content": f"Question {n}?"})
        history.append({"role": "assistant", "content": f"Answer {n}. " + "It goes on. " * 60})
    context_plan = plan(template, Budget(900, 100), "And now?", history=history)
    turns = [m["content"] for m in context_plan.messages[1:-1]]
    assert turns[-1] == history[-1]["content"]  # the newest whole
    assert turns[:2] == ["Question 0?", "Answer 0. [...]"]
    condensed = [o for o in context_plan.omitted if o.reason == "condensed to its first sentence"]
    assert condensed
    assert all(o.tokens > 100 for o in condensed)


TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a word up.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
        },
    },
}
RESULT = ToolResult("look_up", {"word": "cache"}, "A cache is a store.")


@pytest.mark.parametrize("family", FAMILIES)
def test_tools_go_where_the_template_has_a_place_for_them(family: str) -> None:
    template = TokenizerTemplate(tokenizer(family), family)
    context_plan = plan(template, Budget(4000), "What is it?", tools=[TOOL], results=[RESULT])
    native = family in {"chatml", "llama3", "mistral"}
    assert bool(context_plan.tools) == native
    assert any(m["role"] == "tool" for m in context_plan.messages) == native
    for words in ("look_up", "Looks a word up.", "A cache is a store.", '{"word": "cache"}'):
        assert words in context_plan.prompt
    assert dict(context_plan.layers)["tool definitions"] > 20
    assert dict(context_plan.layers)["tool results"] > 10
    assert not context_plan.omitted
    # The definitions come before, the results after the question.
    prompt = context_plan.prompt
    assert prompt.index("Looks a word") < prompt.index("What is it?") < prompt.index("A cache is")


def test_tools_and_results_give_way_whole_or_marked(template: TokenizerTemplate) -> None:
    long = replace(RESULT, text="The word is known. " * 300)
    context_plan = plan(template, Budget(900, 100), "What is it?", [hit("A passage that is read.")],
                tools=[TOOL] * 30, results=[RESULT, long])  # fmt: skip
    assert 0 < len(context_plan.tools) < 30
    assert context_plan.tools == (TOOL,) * len(context_plan.tools)
    out = {(o.item, o.reason) for o in context_plan.omitted}
    assert ("tool look_up", "no room") in out
    assert ("result 2 of look_up", "cut between sentences") in out
    assert context_plan.messages[-1]["content"].endswith("known. [...]")
    assert context_plan.passages


def test_a_conversation_grows_at_its_end(template: TokenizerTemplate) -> None:
    """What was sent stays the beginning of what is sent next, for a model that keeps its state."""
    history = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "That."}]
    first = plan(template, Budget(4000), "Why?", [hit("One.")], history, tools=[TOOL])
    more = [*history, {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    second = plan(template, Budget(4000), "How?", [hit("Two.")], more, tools=[TOOL])
    upto = first.prompt.index("That.<|im_end|>") + len("That.<|im_end|>")
    assert second.prompt.startswith(first.prompt[:upto])
    called = plan(template, Budget(4000), "How?", [hit("Two.")], more, tools=[TOOL],
                  results=[RESULT])  # fmt: skip
    assert called.prompt.startswith(second.prompt.removesuffix("<|im_start|>assistant\n"))


def test_a_question_that_does_not_fit_is_an_error_with_numbers(template: TokenizerTemplate) -> None:
    with pytest.raises(ContextWindowError, match=r"take \d+ tokens, but the window of 300 has 200"):
        plan(template, Budget(300, 100), "why " * 400)


def test_a_model_without_a_template_is_refused() -> None:
    from transformers import PreTrainedTokenizerFast

    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer("chatml").backend_tokenizer)
    with pytest.raises(ModelError, match="no chat template"):
        TokenizerTemplate(bare, "bare-model")


def test_a_wording_of_the_user_s_own_holds_the_law(template: TokenizerTemplate) -> None:
    hits = [
        hit(f"Passage {n} says {{question}} and {{passages}}. " * 8, name=f"d{n}") for n in range(6)
    ]
    wording = "Lies das:\n{passages}\nEnde.\n\nFrage: {question}\nAntworte kurz. " + "Ja. " * 40
    context = plan(template, Budget(700, 64), "Was gilt?", hits, wording=wording)
    user = str(context.messages[-1]["content"])
    assert user.startswith("Lies das:\n<passage 1")
    assert user.count("Frage: Was gilt?") == 1
    assert "says {question} and {passages}" in user
    assert context.tokens + context.reserve <= 700
