"""Tool definitions and what tools gave back, for templates that have a place for them or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag_infer.context.passage_selection import ELLIPSIS, best_sentence_window, escape_fences
from rag_infer.context.template import Message, Template, Tool
from rag_infer.types import OmittedItem, PromptToolResult, ToolResult

DEFINITIONS = "tool definitions"
RESULTS = "tool results"
_TOOL_RULES = (
    "You can call these tools. To call one, answer with nothing but a JSON object like "
    '{"name": "...", "arguments": {...}}.'
)
# Said to every model that has tools or results before it: what it may do with their numbers.
CITE_RESULTS = "What a tool gives back is numbered like a passage; cite it the same way."
_RESULT_OVERHEAD_TOKENS = (
    56  # tokens around a call, its result and their number; the rendered whole is what counts
)


def plain_tools(template: Template, tools: Sequence[Tool]) -> list[Tool]:
    """Definitions in which no string is, or becomes, a control token: servers are not trusted."""
    return [_plain(template, tool) for tool in tools]


def as_text(tools: Sequence[Tool]) -> str:
    """Definitions for the system text of a template that has no place for them."""
    lines = [_TOOL_RULES, *(_json(tool.get("function", tool)) for tool in tools)]
    return "\n".join(lines)


def select_tools(
    tools: Sequence[Tool], available: int, cost: Callable[[Sequence[Tool]], int]
) -> tuple[list[Tool], list[OmittedItem]]:
    """The first tools that fit, each whole. ``cost`` is what that many add to the prompt."""
    selected = list(tools)
    omitted: list[OmittedItem] = []
    total_tokens = cost(selected) if selected else 0
    while selected and total_tokens > available:
        last_tool = selected.pop()
        remaining_tokens = cost(selected) if selected else 0
        omitted.insert(
            0,
            OmittedItem(
                f"tool {name_of(last_tool)}",
                "no room",
                total_tokens - remaining_tokens,
                DEFINITIONS,
            ),
        )
        total_tokens = remaining_tokens
    return selected, omitted


def select_results(
    template: Template, question: str, results: Sequence[ToolResult], available: int
) -> tuple[list[PromptToolResult], list[OmittedItem]]:
    """The newest results that fit, whole or cut between sentences with a mark.

    Args:
        template: The chat template, which counts tokens.
        question: The question.
        results: Results, oldest first.
        available: Tokens that they may take.

    Returns:
        The results, numbered from 1 in their own order, and what was omitted with its reason.
    """
    selected: list[PromptToolResult] = []
    omitted: list[OmittedItem] = []
    for number in range(len(results), 0, -1):
        original = results[number - 1]
        result = _plain_result(template, number, original)
        start, end = 0, len(original.text)
        # Some templates write a result as a JSON string, with its line ends spelt out.
        plain_tokens, json_tokens = template.counts([result.text, _json(result.text)])
        text_tokens = max(plain_tokens, json_tokens)
        overhead = (
            template.count(f"{result.name} {_json(result.arguments)}") + _RESULT_OVERHEAD_TOKENS
        )
        if text_tokens + overhead > available:
            label = f"result {number} of {result.name}"
            window = best_sentence_window(
                template,
                question,
                result.text,
                (available - overhead) * plain_tokens // text_tokens,
            )
            if window is None:
                omitted.append(OmittedItem(label, "no room", text_tokens + overhead, RESULTS))
                continue
            window_start, window_end = window
            text = f"{ELLIPSIS} " * (window_start > 0) + result.text[window_start:window_end]
            text += f" {ELLIPSIS}" * (window_end < len(result.text))
            if result.text == original.text:  # else its places are others, and all of it is quoted
                start, end = window_start, window_end
            result = replace(result, text=text)
            cut_tokens = max(template.counts([text, _json(text)]))
            omitted.append(
                OmittedItem(
                    label, "cut between sentences", max(0, text_tokens - cut_tokens), RESULTS
                )
            )
            text_tokens = cut_tokens
        selected.append(
            PromptToolResult(number, result, text_tokens + overhead, original, start, end)
        )
        available -= text_tokens + overhead
    return selected[::-1], omitted[::-1]


def as_messages(results: Sequence[PromptToolResult]) -> list[Message]:
    """Calls and results as the protocol has them, for templates with a role for results."""
    messages: list[Message] = []
    for entry in results:
        result = entry.result
        call = {"name": result.name, "arguments": _json(result.arguments)}
        messages += [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": result.id, "type": "function", "function": call}],
            },
            {
                "role": "tool",
                "tool_call_id": result.id,
                "name": result.name,
                "content": f"[{entry.number}] {result.text}",
            },
        ]
    return messages


def as_passages(results: Sequence[PromptToolResult]) -> str:
    """Results as fenced text after the question, for templates without a role for them."""
    blocks = []
    for entry in results:
        result = entry.result
        call_text = f"{result.name} {_json(result.arguments)}".replace("<", " ").replace(">", " ")
        blocks.append(
            f"<result {entry.number}: {call_text}>\n{escape_fences(result.text)}\n"
            f"</result {entry.number}>"
        )
    return "Results of the tools you called:\n\n" + "\n\n".join(blocks)


def _plain_result(template: Template, number: int, result: ToolResult) -> ToolResult:
    # Nine letters and digits: what the strictest templates take for an id.
    return replace(
        result,
        name=template.plain(result.name),
        arguments=_plain(template, result.arguments),
        text=template.plain(escape_fences(result.text)),
        id=template.plain(result.id) or f"call{number:05d}",
    )


def _plain(template: Template, value: Any) -> Any:
    if isinstance(value, str):
        return template.plain(escape_fences(value))
    if isinstance(value, Mapping):
        return {template.plain(str(k)): _plain(template, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(template, v) for v in value]
    return value


def name_of(tool: Tool) -> str:
    return str(tool.get("function", tool).get("name", "without a name"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
