"""A follow-up question, written again by the model so that it can be searched for by itself.

Without a model, terms of earlier turns are added instead (``retrieve.history_expansion``); that is
also what happens when the model's rewriting is unusable.

The prompt begins like the one that the answer is written from, so that a model which keeps the
state of a prefix reads the conversation once for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag_infer.cite.text_normalization import content, words
from rag_infer.errors import ContextWindowError
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.types import ContextPlan

_MAX_TOKENS = 80
_MAX_CHARS = 400
_MIN_OVERLAP = 0.5  # share of its content words that occur in the conversation
_INSTRUCTION = (
    "Do not answer this yet. Write the question again, so that it can be understood without what "
    "was said before. Write that one question and nothing else."
)
_LABEL = re.compile(r"^(?:rewritten |standalone )?question:\s*", re.IGNORECASE)


def rewrite_standalone(
    generator: Generator,
    question: str,
    history: Sequence[Mapping[str, Any]],
    build_plan: Callable[[str, int], ContextPlan],
    should_stop: Callable[[], bool],
) -> tuple[str | None, TokenUsage]:
    """The question as the model writes it, None if that is no use; and what it cost.

    ``planned`` makes the plan of a question without passages, with so many tokens kept for what is
    written. Greedy, so that a conversation can be repeated. Raises ModelError.
    """
    try:
        plan = build_plan(f"{question}\n\n{_INSTRUCTION}", _MAX_TOKENS)
    except ContextWindowError:
        return None, TokenUsage(0, 0)
    usages: list[TokenUsage] = []
    options = GenerateOptions(
        max_tokens=_MAX_TOKENS, stop=("\n",), should_stop=should_stop, on_usage=usages.append
    )
    text = "".join(generator.stream(plan, options))
    usage = usages[-1] if usages else TokenUsage(plan.tokens, generator.template.count(text))
    return _accept_rewrite(text, question, history), usage


def _accept_rewrite(
    generated: str, question: str, history: Sequence[Mapping[str, Any]]
) -> str | None:
    """The first line, if it is a question about what the conversation is about."""
    lines = [line.strip() for line in generated.strip().splitlines() if line.strip()]
    text = _LABEL.sub("", lines[0]).strip().strip("\"'“”`").strip() if lines else ""
    if not text or len(text) > _MAX_CHARS:
        return None
    conversation_words = {
        w.key for part in (question, *(m["content"] for m in history)) for w in words(part)
    }
    rewritten_words = [w.key for w in content(words(text))]
    question_words = {w.key for w in content(words(question))}
    if not rewritten_words or (question_words and question_words.isdisjoint(rewritten_words)):
        return None
    return (
        text
        if sum(key in conversation_words for key in rewritten_words)
        >= _MIN_OVERLAP * len(rewritten_words)
        else None
    )
