"""The body of a chat completion as servers really send it: events, or one JSON object.

The lines are parsed here and not by the SDK: that hides whether ``[DONE]`` came, which tells an
answer without a ``finish_reason`` from one that broke off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag_infer.generate.base import FinishReason, GenerateOptions, TokenUsage

_FINISH_REASONS: dict[str, FinishReason] = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "eos", "eos_token"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
    **dict.fromkeys(
        ("content_filter", "safety", "refusal", "recitation", "prohibited_content", "blocklist"),
        "content_filter",
    ),
}
DONE: Mapping[str, Any] = {"done": True}  # the end mark of a stream


def completion_chunks(body: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a body, and ``DONE`` where a stream says that it is complete.

    Args:
        body: Parts of the body, cut anywhere. Lines end at LF or CRLF only: JSON may hold other
            line separators unescaped.

    Raises:
        ValueError: The body is neither a stream of events nor a JSON object.
    """
    plain: list[bytes] = []
    for line in _lines(body):
        if plain or line.startswith((b"{", b"<")):
            plain.append(line)
        elif line.startswith(b"data:"):
            data = line[5:].strip()
            if data == b"[DONE]":
                yield DONE
                return
            if data:
                yield _object(data)
    if plain:
        yield _object(b"\n".join(plain))
        yield DONE


def text_of(content: Any) -> str:
    """The text of a message's content: a string, a list of parts, or nothing."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            part["text"]
            for part in content
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return ""


def finish_reason(value: Any) -> FinishReason | None:
    """Why a text ends, in the words of OpenAI; gateways pass on those of other vendors.

    Mistral says ``model_length``, Anthropic ``max_tokens`` and ``refusal``, Google ``MAX_TOKENS``,
    ``SAFETY`` and others. None for what says nothing of the text, such as ``tool_calls``.
    """
    return _FINISH_REASONS.get(value.lower()) if isinstance(value, str) else None


def token_usage(usage: Any) -> TokenUsage | None:
    """The counts of a server; None unless it counted both prompt and output."""
    counts = usage if isinstance(usage, Mapping) else {}
    prompt, output = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(output, int):
        return None
    details = counts.get("prompt_tokens_details") or {}
    return TokenUsage(prompt=prompt, output=output, cached=int(details.get("cached_tokens") or 0))


def tell_log_probabilities(choice: Mapping[str, Any], options: GenerateOptions) -> None:
    """Passes on the tokens of a choice with their log-probabilities, where a server tells them."""
    if options.on_log_probabilities is not None:
        content = (choice.get("logprobs") or {}).get("content") or ()
        options.on_log_probabilities(
            [(str(item["token"]), float(item["logprob"])) for item in content]
        )


def error_text(body: Any) -> str | None:
    """What a body says that went wrong, as OpenAI, FastAPI and others write it; else None."""
    if not isinstance(body, Mapping):
        return None
    for key in ("error", "detail", "message"):
        value = body.get(key)
        if isinstance(value, Mapping):
            value = value.get("message") or json.dumps(dict(value), ensure_ascii=False)
        if isinstance(value, list):
            value = json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and value:
            return value
    return None


def _lines(body: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for part in body:
        buffer += part
        if b"\n" not in part:
            continue
        *lines, remainder = bytes(buffer).split(b"\n")
        yield from (line.rstrip(b"\r") for line in lines)
        buffer = bytearray(remainder)
    if buffer:
        yield bytes(buffer).rstrip(b"\r")


def _object(data: bytes) -> Mapping[str, Any]:
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
