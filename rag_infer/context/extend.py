"""A further question of a conversation, appended to the prompt and the answer before it.

Knows: when that can be done, which passages are in the window already.
Does not know: how a prompt is made from nothing (``plan``), models.

All of the prompt before stays as it was, letter for letter, so that a model which keeps the state
of a prefix reads only what is new. Passages that were shown keep their numbers; those of new ones
go on from there. Same law as for ``plan``: tokens of the rendered prompt + reserve <= window.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.context.passage_selection import WEAK, escape_fences, select_passages
from rag_infer.context.plan import Budget
from rag_infer.context.prompt_draft import PromptDraft, planned
from rag_infer.context.template import Template, Tool
from rag_infer.context.tool_messages import choose_results, plain_tools
from rag_infer.types import ContextPlan, Hit, OmittedItem, PromptPassage, ToolResult

_SUBJECT = 3  # of the best passages, one must be in the window, or the subject is another one


def extend_plan(
    template: Template,
    budget: Budget,
    before: ContextPlan,
    answer: str,
    question: str,
    hits: Sequence[Hit],
    system: str,
    *,
    tools: Sequence[Tool] = (),
    results: Sequence[ToolResult] = (),
) -> ContextPlan | None:
    """The plan that goes on from ``before``, to which ``answer`` was given. Else as ``plan``.

    None where it cannot or should not: another system prompt, other tools, no room for the best
    passages, or a question of another subject, for which what is in the window would be ballast.
    """
    if not answer.strip():
        return None
    draft = PromptDraft(
        template,
        template.plain(system),
        template.plain(escape_fences(question)),
        plain_tools(template, tools),
        before=(
            *before.messages,
            {"role": "assistant", "content": template.plain(escape_fences(answer))},
        ),
        held=before.passages,
        held_results=before.tool_results,
    )
    if draft.system_message != before.messages[0] or tuple(draft.native_tools) != before.tools:
        return None
    held = [_holds(before.passages, hit) for hit in hits]
    if hits and not any(held[:_SUBJECT]):
        return None
    base = draft.size()
    if base > budget.prompt:
        return None
    draft.results, out = choose_results(
        template, question, results, int((budget.prompt - base) * budget.results)
    )
    room = int((budget.prompt - draft.size()) * (1 - budget.spare))
    first = len(before.passages) + len(before.tool_results) + 1
    floor = WEAK * max((hit.score for hit in hits), default=0.0)
    new = [hit for hit, known in zip(hits, held, strict=True) if not known and hit.score >= floor]
    around = template.count("Passages:\n\n") + 2
    draft.passages, more = select_passages(template, question, new, room - around, first)
    left_out: list[OmittedItem] = [*out, *more]
    prompt = draft.render()
    while (tokens := template.count(prompt)) > budget.prompt and draft.passages:
        last = draft.passages.pop()
        left_out.append(OmittedItem(last.hit.document_id, "no room", last.tokens))
        prompt = draft.render()
    if tokens > budget.prompt or (hits and not (held[0] or _placed(draft.passages, hits[0]))):
        return None
    return planned(draft, prompt, tokens, budget.window, budget.reserve, left_out)


def _holds(passages: Sequence[PromptPassage], hit: Hit) -> bool:
    """Whether all words of a hit are shown already."""
    wanted = hit.chunk
    for passage in passages:
        chunk = passage.hit.chunk
        if (chunk.document_id, chunk.page_number) != (wanted.document_id, wanted.page_number):
            continue
        start, end = chunk.start + passage.start, chunk.start + passage.end
        at = wanted.start - chunk.start
        same = chunk.text[at : at + len(wanted.text)] == wanted.text
        if start <= wanted.start and wanted.end <= end and same:
            return True
    return False


def _placed(passages: Sequence[PromptPassage], hit: Hit) -> bool:
    return any(passage.hit is hit for passage in passages)
