"""The layers of a prompt while they are being filled, as messages, and what each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag_infer.context.history import LAYER as HISTORY
from rag_infer.context.history import Turn
from rag_infer.context.template import Message, Template, Tool
from rag_infer.context.tool_messages import (
    CITE_RESULTS,
    DEFINITIONS,
    RESULTS,
    as_messages,
    as_passages,
    as_text,
)
from rag_infer.settings import fill
from rag_infer.types import ContextPlan, OmittedItem, PromptPassage, PromptToolResult

QUESTION = "Passages:\n\n{passages}\n\nQuestion: {question}"


@dataclass
class PromptDraft:
    """The layers while they are being filled.

    ``before`` are the messages of a prompt that this one goes on from, its answer included; system
    text and turns are in them then. ``held`` of its passages and results are in the window already
    and keep the numbers that they have. ``closing`` is the order that stands after the question:
    small models follow what they read last. ``wording`` is how passages and question are put.
    """

    template: Template
    system: str
    question: str
    tools: list[Tool] = field(default_factory=list)
    results: list[PromptToolResult] = field(default_factory=list)
    passages: list[PromptPassage] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    previous_messages: tuple[Message, ...] = ()
    previous_passages: tuple[PromptPassage, ...] = ()
    previous_results: tuple[PromptToolResult, ...] = ()
    closing: str = ""
    wording: str = QUESTION

    @property
    def native_tools(self) -> list[Tool]:
        return self.tools if self.template.takes_tools else []

    @property
    def numbered_results(self) -> list[PromptToolResult]:
        """Results with the numbers that they are cited by: they go on from those of passages."""
        first = len(self.previous_passages) + len(self.previous_results) + len(self.passages) + 1
        return [replace(r, number=n) for n, r in enumerate(self.results, first)]

    @property
    def system_message(self) -> Message:
        """The system text with what has to be said about tools."""
        system = self.system
        if self.tools or self.results:
            system = f"{system} {CITE_RESULTS}"
        if self.tools and not self.template.takes_tools:
            system = f"{system}\n\n{as_text(self.tools)}"
        return {"role": "system", "content": system}

    def messages(self) -> list[Message]:
        user = f"Question: {self.question}"
        if self.passages:
            passage_texts = "\n\n".join(p.text for p in self.passages)
            user = fill(self.wording, passages=passage_texts, question=self.question)
        if self.closing:
            user = f"{user}\n\n{self.closing}"
        native = self.template.takes_results
        if self.results and not native:
            user = f"{user}\n\n{as_passages(self.numbered_results)}"
        opening = [self.system_message, *(m for turn in self.turns for m in turn.messages)]
        return [
            *(self.previous_messages or opening),
            {"role": "user", "content": user},
            *(as_messages(self.numbered_results) if native else ()),
        ]

    @property
    def wording_tokens(self) -> int:
        """Tokens of what stands around the passages."""
        return self.template.count(fill(self.wording, passages="", question="")) + 2

    def render(self) -> str:
        return self.template.render(self.messages(), self.native_tools)

    def size(self) -> int:
        return self.template.count(self.render())


def build_plan(
    draft: PromptDraft,
    prompt: str,
    tokens: int,
    window: int,
    reserve: int,
    omitted: Sequence[OmittedItem],
) -> ContextPlan:
    """The plan of a finished draft.

    Args:
        draft: The draft.
        prompt: What it renders to.
        tokens: Tokens of the prompt.
        window: Tokens of the window.
        reserve: Tokens reserved for the answer.
        omitted: What did not enter the window, and why.
    """
    return ContextPlan(
        messages=tuple(draft.messages()),
        prompt=prompt,
        tokens=tokens,
        window=window,
        reserve=reserve,
        layers=layer_tokens(draft, tokens),
        passages=(*draft.previous_passages, *draft.passages),
        omitted=tuple(omitted),
        tools=tuple(draft.native_tools),
        tool_results=(*draft.previous_results, *draft.numbered_results),
        is_upper_bound=draft.template.bound,
    )


def layer_tokens(draft: PromptDraft, total: int) -> tuple[tuple[str, int], ...]:
    """Tokens by layer, in the order of the prompt; what is around them is a layer of its own.

    Parts by themselves can count a little more than in their place; what they count too much is
    taken from the largest, so that the sum is exact.
    """
    counts = draft.template.counts
    # What tools add is spread over a prompt, so it is the difference that they make to a bare one.
    bare_tokens, defined_tokens, result_tokens = (
        PromptDraft(draft.template, draft.system, draft.question, tools, results).size()
        if draft.tools or draft.results
        else 0
        for tools, results in (([], []), (draft.tools, []), (draft.tools, draft.results))
    )
    rows = {
        "system prompt": counts([draft.system])[0],
        DEFINITIONS: defined_tokens - bare_tokens,
        HISTORY: _history(draft),
        "passages": sum(p.tokens for p in (*draft.previous_passages, *draft.passages)),
        "question": counts([draft.question])[0],
        RESULTS: result_tokens - defined_tokens,
    }
    remainder = total - sum(rows.values())
    while remainder < 0:
        largest_layer = max(rows, key=lambda name: rows[name])
        reduction = min(-remainder, rows[largest_layer])
        rows[largest_layer] -= reduction
        remainder += reduction
    return (*rows.items(), ("template", remainder))


def _history(draft: PromptDraft) -> int:
    """Tokens of earlier turns; in a prompt that is gone on from, without its passages."""
    counts = draft.template.counts
    if not draft.previous_messages:
        return sum(counts([m["content"] for t in draft.turns for m in t.messages]))
    message_tokens = sum(
        counts([m["content"] for m in draft.previous_messages if m["role"] != "system"])
    )
    return max(0, message_tokens - sum(p.tokens for p in draft.previous_passages))
