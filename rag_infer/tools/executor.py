"""One call of a tool, whatever the tool does: an answer, a failure in words, never a hang.

Knows: limits of time and length, how a value is written as text.
Does not know: which tools there are, who called.
"""

from __future__ import annotations

import inspect
import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from rag_infer.errors import RagError
from rag_infer.tools import Tool, ToolOutput
from rag_infer.types import ToolCall, ToolResult

_WHY = 400  # characters of a failure


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """``seconds`` for a call, ``chars`` of what it gives back; ``steps`` turns of asking tools,
    with up to ``calls`` at once.
    """

    steps: int = 4
    calls: int = 8
    seconds: float = 20.0
    chars: int = 20_000


def run(tools: Sequence[Tool], call: ToolCall, bounds: ToolLimits) -> ToolResult:
    """What a call gave back. Never raises for what the tool does.

    A tool that is still at work when its time is up is left to itself: Python cannot end a thread,
    so it is a daemon and its result is dropped.
    """
    began = time.perf_counter()
    chosen = next((tool for tool in tools if tool.name == call.name), None)
    if chosen is None:
        known = ", ".join(tool.name for tool in tools) or "none"
        return _failed(call, f"there is no tool '{call.name}'; there are: {known}", began)
    found: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def work() -> None:
        try:
            value = chosen.call(call.arguments)
            if inspect.isawaitable(value):
                import asyncio

                value = asyncio.run(_awaited(value))
            # Writing a value can run its code as well, and take as long.
            found.put((True, _output(value, bounds.chars)))
        except BaseException as error:  # a tool that exits must not end the program
            found.put((False, _why(error)))

    threading.Thread(target=work, name=f"tool {call.name}", daemon=True).start()
    try:
        done, value = found.get(timeout=bounds.seconds)
    except queue.Empty:
        return _failed(call, f"it took longer than {bounds.seconds:g} s", began)
    if not done:
        return _failed(call, value, began)
    spent = time.perf_counter() - began
    return ToolResult(
        call.name, call.arguments, value.text, call.id, False, spent, value.hits, value.documents
    )


async def _awaited(value: Any) -> Any:
    return await value


def _failed(call: ToolCall, why: str, began: float) -> ToolResult:
    spent = time.perf_counter() - began
    return ToolResult(call.name, call.arguments, f"failed: {why}", call.id, True, spent)


def _why(error: BaseException) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        told = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
    elif isinstance(error, RagError):
        told = str(error)
    else:
        told = f"{type(error).__name__}: {error}"
    told = " ".join(told.split())
    return told if len(told) <= _WHY else f"{told[:_WHY]} [...]"


def _output(value: Any, chars: int) -> ToolOutput:
    given = value if isinstance(value, ToolOutput) else ToolOutput(_text(value))
    text = given.text if given.text.strip() else "(nothing)"
    if len(text) > chars:
        text = f"{text[:chars]}\n[... cut: {len(text):,} characters in all]"
    return ToolOutput(text, given.hits, given.documents)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    from pydantic import BaseModel, TypeAdapter

    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if is_dataclass(value) or isinstance(value, Mapping | list | tuple | set | frozenset):
        kind: TypeAdapter[Any] = TypeAdapter(type(value))
        return kind.dump_json(value).decode()
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return str(value)
