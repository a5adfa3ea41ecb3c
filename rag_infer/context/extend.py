"""A further question of a conversation, appended to the prompt and the answer before it.

All of the prompt before stays as it was, letter for letter, so that a model which keeps the state
of a prefix reads only what is new. Passages that were shown keep their numbers; those of new ones
go on from there. Same law as for ``plan``: tokens of the rendered prompt + reserve <= window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rag_infer.context.passage_selection import WEAK_SCORE_SHARE, escape_fences, select_passages
from rag_infer.context.plan import Budget
from rag_infer.context.prompt_draft import QUESTION, PromptDraft, build_plan
from rag_infer.context.template import Template, Tool
from rag_infer.context.tool_messages import plain_tools, select_results
from rag_infer.types import ContextPlan, Hit, OmittedItem, PromptPassage, ToolResult

_SUBJECT_HITS = 3  # of the best passages, one must be in the window, or the subject is another one


def extend_plan(
    template: Template,
    budget: Budget,
    previous: ContextPlan,
    answer: str,
    question: str,
    hits: Sequence[Hit],
    system: str,
    *,
    tools: Sequence[Tool] = (),
    results: Sequence[ToolResult] = (),
    descriptions: Mapping[str, str] = MappingProxyType({}),
    closing: str = "",
    wording: str = QUESTION,
) -> ContextPlan | None:
    """The plan that extends the previous one, so that its prompt stays a prefix of this one.

    Args:
        template: The chat template, which counts tokens too.
        budget: Window and reserve, in tokens.
        previous: The plan of the previous question.
        answer: What was answered to it.
        question: The further question.
        hits: Passages, best first.
        system: The system prompt.
        tools: Definitions in the OpenAI form, the most needed first.
        results: What tools returned for this question, oldest first.
        descriptions: What each document is, by its id.
        closing: An order after the question.
        wording: How passages and question are put, with ``{passages}`` and ``{question}``.

    Returns:
        The plan; None where it cannot or should not extend: another system prompt, other tools, no
        room for the best passages, or a question on another subject.
    """
    if not answer.strip():
        return None
    draft = PromptDraft(
        template,
        template.plain(system),
        template.plain(escape_fences(question)),
        plain_tools(template, tools),
        previous_messages=(
            *previous.messages,
            {"role": "assistant", "content": template.plain(escape_fences(answer))},
        ),
        previous_passages=previous.passages,
        previous_results=previous.tool_results,
        closing=closing,
        wording=wording,
    )
    if draft.system_message != previous.messages[0] or tuple(draft.native_tools) != previous.tools:
        return None
    in_window = [_contains(previous.passages, hit) for hit in hits]
    if hits and not any(in_window[:_SUBJECT_HITS]):
        return None
    base_tokens = draft.size()
    if base_tokens > budget.prompt:
        return None
    draft.results, rejected = select_results(
        template, question, results, int((budget.prompt - base_tokens) * budget.results)
    )
    available = int((budget.prompt - draft.size()) * (1 - budget.spare))
    first_number = len(previous.passages) + len(previous.tool_results) + 1
    min_score = WEAK_SCORE_SHARE * max((hit.score for hit in hits), default=0.0)
    new_hits = [
        hit
        for hit, is_shown in zip(hits, in_window, strict=True)
        if not is_shown and hit.score >= min_score
    ]
    overhead = draft.wording_tokens
    draft.passages, more_rejected = select_passages(
        template, question, new_hits, budget.cap(available - overhead), first_number, descriptions
    )
    omitted: list[OmittedItem] = [*rejected, *more_rejected]
    prompt = draft.render()
    while (tokens := template.count(prompt)) > budget.prompt and draft.passages:
        last_passage = draft.passages.pop()
        omitted.append(OmittedItem(last_passage.hit.document_id, "no room", last_passage.tokens))
        prompt = draft.render()
    if tokens > budget.prompt or (
        hits and not (in_window[0] or _is_placed(draft.passages, hits[0]))
    ):
        return None
    return build_plan(draft, prompt, tokens, budget.window, budget.reserve, omitted)


def _contains(passages: Sequence[PromptPassage], hit: Hit) -> bool:
    """Whether all words of a hit are shown already."""
    hit_chunk = hit.chunk
    for passage in passages:
        chunk = passage.hit.chunk
        if (chunk.document_id, chunk.page_number) != (hit_chunk.document_id, hit_chunk.page_number):
            continue
        start, end = chunk.start + passage.start, chunk.start + passage.end
        offset = hit_chunk.start - chunk.start
        same_text = chunk.text[offset : offset + len(hit_chunk.text)] == hit_chunk.text
        if start <= hit_chunk.start and hit_chunk.end <= end and same_text:
            return True
    return False


def _is_placed(passages: Sequence[PromptPassage], hit: Hit) -> bool:
    return any(passage.hit is hit for passage in passages)
