"""Chat completion requests cut to what a server takes, and calls of tools put together again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rag_infer.generate.base import GenerateOptions
from rag_infer.types import ContextPlan

# "Only user and assistant roles are supported", "System role not supported"
_SYSTEM_REFUSED = re.compile(r"system role|role.{0,20}system|only user and assistant", re.I)


def completion_request(name: str, plan: ContextPlan, options: GenerateOptions) -> dict[str, Any]:
    """The body of a request for a chat completion.

    Args:
        name: The model, as the server calls it.
        plan: The prompt.
        options: How to write.
    """
    request: dict[str, Any] = {
        "model": name,
        "messages": [dict(message) for message in plan.messages],
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
    }
    if options.seed is not None:
        request["seed"] = options.seed
    if options.stop:
        request["stop"] = list(options.stop)
    if options.schema is not None:
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(options.schema)},
        }
    if options.on_log_probabilities is not None:
        request["logprobs"] = True
    if plan.tools:
        request["tools"] = [dict(tool) for tool in plan.tools]
    return request


def collect_calls(calls: dict[int, dict[str, str]], pieces: Iterable[Any]) -> None:
    """Adds pieces of tool calls to what came of them before."""
    for piece in pieces:
        call = calls.setdefault(
            int(piece.get("index") or 0), {"id": "", "name": "", "arguments": ""}
        )
        call["id"] = call["id"] or piece.get("id") or ""
        function = piece.get("function") or {}
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""


def adapted_request(request: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    """A request without what a server refuses; the system text then opens the first question."""
    adapted = {key: value for key, value in request.items() if key not in refused}
    if "max_tokens" in refused:
        adapted["max_completion_tokens"] = request["max_tokens"]
    if "system" in refused:
        system, *messages = request["messages"]
        user, *others = messages
        content = f"{system['content']}\n\n{user['content']}"
        adapted["messages"] = [{**user, "content": content}, *others]
    return adapted


def refused_part(request: Mapping[str, Any], message: str) -> str | None:
    """Which part of a request an error message is about, if it can do without it."""
    if "max_completion_tokens" in message and "max_tokens" in request:
        return "max_tokens"
    for part in ("stream_options", "temperature", "top_p", "seed", "logprobs"):
        if part in request and re.search(rf"\b{part}\b", message):
            return part
    messages = request["messages"]
    has_system = len(messages) > 1 and messages[0]["role"] == "system"
    if has_system and messages[1]["role"] == "user" and _SYSTEM_REFUSED.search(message):
        return "system"
    return None
