"""Query rewriting: a follow-up question rewritten by the model into a standalone question.

Without a model, the query is expanded from the history instead (``retrieve.history_expansion``);
that also happens when the model's version cannot be used. The prompt starts like the one that the
answer is output from, so that a model which caches a prefix reads the conversation once for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag_infer.cite.citation_markers import without_markers
from rag_infer.cite.text_normalization import content, words
from rag_infer.errors import ContextWindowError
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.generate.reasoning import stream_text
from rag_infer.retrieve.history_expansion import context_dependence
from rag_infer.settings import fill
from rag_infer.types import ContextPlan

_MAX_OUTPUT_TOKENS = 80
_MAX_QUESTION_CHARS = 400
_MIN_HISTORY_SHARE = 0.5  # share of its content words that the conversation must contain
INSTRUCTION = (
    "{question}\n\nDo not answer this yet. Write the question again, so that it can be understood "
    "without what was said before. Write that one question and nothing else."
)
_QUERIES = (
    "{question}\n\nDo not answer this. Write two short search queries in other words that would "
    "find the passage with the answer, one on each line, and nothing else."
)
_BULLET = re.compile(
    r"^\s*(?:[-*•]\s*|\d{1,2}[.)]\s*)?(?:search\s+)?(?:query\s*\d*\s*:\s*)?", re.IGNORECASE
)
_MAX_QUERY_CHARS = 120
_DEPENDENT = 0.5  # from here on a question has little of its own, or points back
_IDENTIFIER = re.compile(r"[\w-]*\d[\w-]*")
_PREAMBLE = re.compile(r"^(?:rewritten |standalone )?question:\s*", re.IGNORECASE)


def rewrite_standalone(
    generator: Generator,
    question: str,
    history: Sequence[Mapping[str, Any]],
    build_plan: Callable[[str, int], ContextPlan],
    should_stop: Callable[[], bool],
    instruction: str = INSTRUCTION,
) -> tuple[str | None, TokenUsage]:
    """The question as the model writes it, None if that is no use; and what it cost.

    ``build_plan`` makes the plan of a question without passages, with that many tokens reserved for
    the output; ``instruction`` holds ``{question}``. Greedy, so that a conversation can
    be repeated. Raises ModelError.
    """
    try:
        plan = build_plan(fill(instruction, question=question), _MAX_OUTPUT_TOKENS)
    except ContextWindowError:
        return None, TokenUsage(0, 0)
    usages: list[TokenUsage] = []
    options = GenerateOptions(
        max_tokens=_MAX_OUTPUT_TOKENS, stop=("\n",), should_stop=should_stop, on_usage=usages.append
    )
    output = "".join(stream_text(generator, plan, options))
    usage = usages[-1] if usages else TokenUsage(plan.tokens, generator.template.count(output))
    return _usable_question(output, question, history), usage


def own_queries(
    generator: Generator,
    question: str,
    build_plan: Callable[[str, int], ContextPlan],
    should_stop: Callable[[], bool],
) -> list[str]:
    """Search queries that the model writes for a question; none where they are no use.

    ``build_plan`` is that of ``rewrite_standalone``. Raises ModelError.
    """
    try:
        plan = build_plan(fill(_QUERIES, question=question), _MAX_OUTPUT_TOKENS)
    except ContextWindowError:
        return []
    options = GenerateOptions(max_tokens=_MAX_OUTPUT_TOKENS, should_stop=should_stop)
    output = "".join(stream_text(generator, plan, options))
    own = {w.key for w in words(question)}
    queries = []
    seen: list[set[str]] = []
    for line in output.splitlines():
        query = without_markers(_BULLET.sub("", line)).strip("\"'“”`").strip()
        keys = {w.key for w in content(words(query))}
        # A line that shares nothing with the question is talk, one that is the question no news,
        # and so is one that differs from the line before by "the" or a citation only.
        is_new = bool(keys & own) and not keys <= own and keys not in seen
        if is_new and len(query) <= _MAX_QUERY_CHARS:
            queries.append(query)
            seen.append(keys)
    return queries


def _usable_question(
    output: str, question: str, history: Sequence[Mapping[str, Any]]
) -> str | None:
    """The first line, if it is a question about what the conversation is about."""
    lines = [line.strip() for line in output.strip().splitlines() if line.strip()]
    text = without_markers(_PREAMBLE.sub("", lines[0])).strip("\"'“”`").strip() if lines else ""
    if not text or len(text) > _MAX_QUESTION_CHARS:
        return None
    context_keys = {
        w.key for part in (question, *(m["content"] for m in history)) for w in words(part)
    }
    keys = [w.key for w in content(words(text))]
    if [w.key for w in words(text)] == [w.key for w in words(question)]:
        return None  # the question again
    if context_dependence(text) >= max(_DEPENDENT, context_dependence(question)):
        return None  # it still depends on the conversation
    if not _identifiers(question) <= _identifiers(text):
        return None  # LKF-A2 must not become LKF-A1
    question_keys = {w.key for w in content(words(question))}
    if not keys or (question_keys and question_keys.isdisjoint(keys)):
        return None
    return (
        text if sum(key in context_keys for key in keys) >= _MIN_HISTORY_SHARE * len(keys) else None
    )


def _identifiers(text: str) -> set[str]:
    return {match.lower() for match in _IDENTIFIER.findall(text)}
