"""Calls of tools in a text that is still being written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag_infer.types import ToolCall

# Qwen and Hermes, older Hermes, Granite and Phi, Mistral, Llama. Tokens that a tokenizer calls
# special are not in the text at all; the JSON behind them is.
_TAGS = (
    "<tool_call>", "<function_call>", "<|tool_call|>", "<tools>", "[TOOL_CALLS]", "<|python_tag|>",
)  # fmt: skip
_TAG = re.compile("|".join(map(re.escape, _TAGS)))
_CALL_START = re.compile(r"\s*(?:```(?:json)?\s*)?(?:\[\s*)?\{")
_POSSIBLE_START = re.compile(r"\s*(?:`{1,3}(?:j(?:s(?:on?)?)?)?\s*)?(?:\[\s*)?")
_MAX_CALLS = 8  # calls of one answer
_MAX_BUFFER_CHARACTERS = 20_000  # characters that are held back


@dataclass
class CallStream:
    """Feeds on pieces of a text and gives back those that are no call.

    ``names`` are the tools there are: bare JSON is a call only when it names one of them. What may
    be the beginning of a call is held back until it is decided; what turns out to be none is text.
    """

    names: Collection[str]
    _buffer: str = ""
    _has_text: bool = False
    _inside: bool = False

    calls: list[ToolCall] = field(default_factory=list)

    def feed(self, piece: str) -> str:
        """Takes the next piece; returns text that is decided, perhaps none."""
        text = self._buffer + piece
        self._buffer = ""
        if self._inside or (not self._has_text and self._may_begin(text)):
            self._buffer = text
            return "" if len(text) <= _MAX_BUFFER_CHARACTERS else self.finish()
        tag = _TAG.search(text)
        start = tag.start() if tag else len(text) - _partial_tag_length(text)
        self._inside = tag is not None
        self._buffer = text[start:]
        self._has_text = self._has_text or bool(text[:start].strip())
        return text[:start]

    def finish(self) -> str:
        """The rest, when nothing more will come; the calls are in ``calls`` then."""
        text, self._buffer, tagged = self._buffer, "", self._inside
        self._inside = False
        calls = [call for call in _calls(text) if tagged or call.name in self.names]
        if not calls:
            self._has_text = self._has_text or bool(text.strip())
            return text
        self.calls += calls[: _MAX_CALLS - len(self.calls)]
        return ""

    def _may_begin(self, text: str) -> bool:
        return _CALL_START.match(text) is not None or _POSSIBLE_START.fullmatch(text) is not None


def arguments_of(arguments: Any) -> Mapping[str, Any]:
    """Arguments as an object; what is none is kept as ``{"input": ...}`` for the tool to refuse."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except ValueError:
            return {"input": arguments}
    return arguments if isinstance(arguments, dict) else {"input": arguments}


def _calls(text: str) -> Iterator[ToolCall]:
    reader = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            value, end = reader.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if (call := _call(value)) is not None:
                yield call
        start = text.find("{", end)


def _call(value: Any) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    value = inner if isinstance(inner, dict) else value
    name = value.get("name")
    arguments = value.get("arguments", value.get("parameters"))
    if not isinstance(name, str) or arguments is None:
        return None
    return ToolCall(name, arguments_of(arguments), str(value.get("id") or ""))


def _partial_tag_length(text: str) -> int:
    """How many characters at the end may be the beginning of a tag."""
    max_length = max(map(len, _TAGS)) - 1
    for length in range(min(max_length, len(text)), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in _TAGS):
            return length
    return 0
