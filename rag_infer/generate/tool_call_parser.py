"""Calls of tools in a text that is still being written.

Knows: how chat models write calls: JSON with a name and arguments, bare, in a block of code, or
behind a tag such as ``<tool_call>`` or ``[TOOL_CALLS]``.
Does not know: what a tool does, whether its arguments are right.
"""

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
_OPENS = re.compile(r"\s*(?:```(?:json)?\s*)?(?:\[\s*)?\{")
_MAY_OPEN = re.compile(r"\s*(?:`{1,3}(?:j(?:s(?:on?)?)?)?\s*)?(?:\[\s*)?")
_MOST = 8  # calls of one answer
_LONGEST = 20_000  # characters that are held back


@dataclass
class CallStream:
    """Feeds on pieces of a text and gives back those that are no call.

    ``names`` are the tools there are: bare JSON is a call only when it names one of them. What may
    be the beginning of a call is held back until it is decided; what turns out to be none is text.
    """

    names: Collection[str]
    _held: str = ""
    _shown: bool = False
    _inside: bool = False

    calls: list[ToolCall] = field(default_factory=list)

    def feed(self, piece: str) -> str:
        """Takes the next piece; returns text that is decided, perhaps none."""
        text = self._held + piece
        self._held = ""
        if self._inside or (not self._shown and self._may_begin(text)):
            self._held = text
            return "" if len(text) <= _LONGEST else self.finish()
        tag = _TAG.search(text)
        at = tag.start() if tag else len(text) - _half(text)
        self._inside = tag is not None
        self._held = text[at:]
        self._shown = self._shown or bool(text[:at].strip())
        return text[:at]

    def finish(self) -> str:
        """The rest, when nothing more will come; the calls are in ``calls`` then."""
        text, self._held, tagged = self._held, "", self._inside
        self._inside = False
        found = [call for call in _calls(text) if tagged or call.name in self.names]
        if not found:
            self._shown = self._shown or bool(text.strip())
            return text
        self.calls += found[: _MOST - len(self.calls)]
        return ""

    def _may_begin(self, text: str) -> bool:
        return _OPENS.match(text) is not None or _MAY_OPEN.fullmatch(text) is not None


def arguments_of(told: Any) -> Mapping[str, Any]:
    """Arguments as an object; what is none is kept as ``{"input": ...}`` for the tool to refuse."""
    if isinstance(told, str):
        try:
            told = json.loads(told or "{}")
        except ValueError:
            return {"input": told}
    return told if isinstance(told, dict) else {"input": told}


def _calls(text: str) -> Iterator[ToolCall]:
    reader = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = reader.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if (call := _call(value)) is not None:
                yield call
        at = text.find("{", end)


def _call(value: Any) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    value = inner if isinstance(inner, dict) else value
    name = value.get("name")
    told = value.get("arguments", value.get("parameters"))
    if not isinstance(name, str) or told is None:
        return None
    return ToolCall(name, arguments_of(told), str(value.get("id") or ""))


def _half(text: str) -> int:
    """How many characters at the end may be the beginning of a tag."""
    longest = max(map(len, _TAGS)) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in _TAGS):
            return length
    return 0
