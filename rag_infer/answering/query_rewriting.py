"""A follow-up question, written again by the model so that it can be searched for by itself.

Knows: how a model is asked for it, and what of its answer can be trusted to be that question.
Does not know: search. Without a model, words of earlier turns are carried over instead
(``retrieve.conversation``); that is also what happens when a model's version is no good.

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

_TOKENS = 80
_LONGEST = 400  # characters of a question
_KNOWN = 0.5  # share of its words with a meaning that the conversation must have said
_ORDER = (
    "Do not answer this yet. Write the question again, so that it can be understood without what "
    "was said before. Write that one question and nothing else."
)
_BEFORE = re.compile(r"^(?:rewritten |standalone )?question:\s*", re.IGNORECASE)


def rewrite_standalone(
    generator: Generator,
    question: str,
    history: Sequence[Mapping[str, Any]],
    planned: Callable[[str, int], ContextPlan],
    stopped: Callable[[], bool],
) -> tuple[str | None, TokenUsage]:
    """The question as the model writes it, None if that is no use; and what it cost.

    ``planned`` makes the plan of a question without passages, with so many tokens kept for what is
    written. Greedy, so that a conversation can be repeated. Raises ModelError.
    """
    try:
        made = planned(f"{question}\n\n{_ORDER}", _TOKENS)
    except ContextWindowError:
        return None, TokenUsage(0, 0)
    told: list[TokenUsage] = []
    chosen = GenerateOptions(
        max_tokens=_TOKENS, stop=("\n",), should_stop=stopped, on_usage=told.append
    )
    written = "".join(generator.stream(made, chosen))
    spent = told[-1] if told else TokenUsage(made.tokens, generator.template.count(written))
    return _trusted(written, question, history), spent


def _trusted(written: str, question: str, history: Sequence[Mapping[str, Any]]) -> str | None:
    """The first line, if it is a question about what the conversation is about."""
    lines = [line.strip() for line in written.strip().splitlines() if line.strip()]
    text = _BEFORE.sub("", lines[0]).strip().strip("\"'“”`").strip() if lines else ""
    if not text or len(text) > _LONGEST:
        return None
    said = {w.key for part in (question, *(m["content"] for m in history)) for w in words(part)}
    own = [w.key for w in content(words(text))]
    asked = {w.key for w in content(words(question))}
    if not own or (asked and asked.isdisjoint(own)):
        return None
    return text if sum(key in said for key in own) >= _KNOWN * len(own) else None
