"""Tool definitions and what tools gave back, for templates that have a place for them or not.

Knows: how both are written into messages or into text, and what gives way when they are too long.
Does not know: which tools there are, how they are run, passages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag_infer.context.passage_selection import CUT, best_sentence_window, escape_fences
from rag_infer.context.template import Message, Template, Tool
from rag_infer.types import OmittedItem, PromptToolResult, ToolResult

DEFINITIONS = "tool definitions"
RESULTS = "tool results"
_RULES = (
    "You can call these tools. To call one, answer with nothing but a JSON object like "
    '{"name": "...", "arguments": {...}}.'
)
# Said to every model that has tools or results before it: what it may do with their numbers.
CITE = "What a tool gives back is numbered like a passage; cite it the same way."
_AROUND = 56  # tokens around a call, its result and their number; the rendered whole is what counts


def plain_tools(template: Template, tools: Sequence[Tool]) -> list[Tool]:
    """Definitions in which no string is, or becomes, a control token: servers are not trusted."""
    return [_plain(template, tool) for tool in tools]


def as_text(tools: Sequence[Tool]) -> str:
    """Definitions for the system text of a template that has no place for them."""
    lines = [_RULES, *(_json(tool.get("function", tool)) for tool in tools)]
    return "\n".join(lines)


def choose_tools(
    tools: Sequence[Tool], room: int, cost: Callable[[Sequence[Tool]], int]
) -> tuple[list[Tool], list[OmittedItem]]:
    """The first tools that fit, each whole. ``cost`` is what that many add to the prompt."""
    kept = list(tools)
    out: list[OmittedItem] = []
    taken = cost(kept) if kept else 0
    while kept and taken > room:
        last = kept.pop()
        now = cost(kept) if kept else 0
        out.insert(0, OmittedItem(f"tool {name_of(last)}", "no room", taken - now, DEFINITIONS))
        taken = now
    return kept, out


def choose_results(
    template: Template, question: str, results: Sequence[ToolResult], room: int
) -> tuple[list[PromptToolResult], list[OmittedItem]]:
    """Results newest first, whole or cut between sentences with a mark; order is kept.

    Numbered here by their own order, from 1.
    """
    kept: list[PromptToolResult] = []
    out: list[OmittedItem] = []
    for number in range(len(results), 0, -1):
        given = results[number - 1]
        result = _plain_result(template, number, given)
        start, end = 0, len(given.text)
        # Some templates write a result as a JSON string, with its line ends spelt out.
        bare, quoted = template.counts([result.text, _json(result.text)])
        own = max(bare, quoted)
        around = template.count(f"{result.name} {_json(result.arguments)}") + _AROUND
        if own + around > room:
            what = f"result {number} of {result.name}"
            run = best_sentence_window(
                template, question, result.text, (room - around) * bare // own
            )
            if run is None:
                out.append(OmittedItem(what, "no room", own + around, RESULTS))
                continue
            first, last = run
            text = f"{CUT} " * (first > 0) + result.text[first:last]
            text += f" {CUT}" * (last < len(result.text))
            if result.text == given.text:  # else its places are others, and all of it is quoted
                start, end = first, last
            result = replace(result, text=text)
            shorter = max(template.counts([text, _json(text)]))
            out.append(OmittedItem(what, "cut between sentences", max(0, own - shorter), RESULTS))
            own = shorter
        kept.append(PromptToolResult(number, result, own + around, given, start, end))
        room -= own + around
    return kept[::-1], out[::-1]


def as_messages(placed: Sequence[PromptToolResult]) -> list[Message]:
    """Calls and results as the protocol has them, for templates with a role for results."""
    messages: list[Message] = []
    for each in placed:
        result = each.result
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
                "content": f"[{each.number}] {result.text}",
            },
        ]
    return messages


def as_passages(placed: Sequence[PromptToolResult]) -> str:
    """Results as fenced text after the question, for templates without a role for them."""
    shown = []
    for each in placed:
        result = each.result
        called = f"{result.name} {_json(result.arguments)}".replace("<", " ").replace(">", " ")
        shown.append(
            f"<result {each.number}: {called}>\n{escape_fences(result.text)}\n"
            f"</result {each.number}>"
        )
    return "Results of the tools you called:\n\n" + "\n\n".join(shown)


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
