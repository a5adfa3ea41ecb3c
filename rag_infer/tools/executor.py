"""One call of a tool, whatever the tool does: an answer, a failure in words, never a hang."""

from __future__ import annotations

import inspect
import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from rag_infer.errors import InputError, RagError
from rag_infer.tools import Tool, ToolOutput
from rag_infer.types import ToolCall, ToolResult

_MAX_ERROR_CHARS = 400  # characters of a failure


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """``seconds`` for a call, ``chars`` of what it gives back; ``steps`` turns of asking tools,
    with up to ``calls`` at once.
    """

    steps: int = 4
    calls: int = 8
    seconds: float = 20.0
    chars: int = 20_000

    def __post_init__(self) -> None:
        for name in ("steps", "calls", "chars"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InputError(f"tool limit '{name}' must be an integer of 0 or more")
        if not isinstance(self.seconds, int | float) or not 0 < self.seconds < float("inf"):
            raise InputError("tool limit 'seconds' must be a finite number above 0")


def run(tools: Sequence[Tool], call: ToolCall, limits: ToolLimits) -> ToolResult:
    """What a call gave back. Never raises for what the tool does.

    A tool that is still at work when its time is up is left to itself: Python cannot end a thread,
    so it is a daemon and its result is dropped.
    """
    started = time.perf_counter()
    requested = next((tool for tool in tools if tool.name == call.name), None)
    if requested is None:
        names = ", ".join(tool.name for tool in tools) or "none"
        return _failed(call, f"there is no tool '{call.name}'; there are: {names}", started)
    results: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def work() -> None:
        try:
            value = requested.call(call.arguments)
            if inspect.isawaitable(value):
                import asyncio

                value = asyncio.run(_awaited(value))
            # Writing a value can run its code as well, and take as long.
            results.put((True, _output(value, limits.chars)))
        except BaseException as error:  # a tool that exits must not end the program
            results.put((False, _reason(error)))

    threading.Thread(target=work, name=f"tool {call.name}", daemon=True).start()
    try:
        done, value = results.get(timeout=limits.seconds)
    except queue.Empty:
        return _failed(call, f"it took longer than {limits.seconds:g} s", started)
    if not done:
        return _failed(call, value, started)
    seconds = time.perf_counter() - started
    return ToolResult(
        call.name, call.arguments, value.text, call.id, False, seconds, value.hits, value.documents
    )


async def _awaited(value: Any) -> Any:
    return await value


def _failed(call: ToolCall, reason: str, started: float) -> ToolResult:
    seconds = time.perf_counter() - started
    return ToolResult(call.name, call.arguments, f"failed: {reason}", call.id, True, seconds)


def _reason(error: BaseException) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        reason = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
    elif isinstance(error, RagError):
        reason = str(error)
    else:
        reason = f"{type(error).__name__}: {error}"
    reason = " ".join(reason.split())
    return reason if len(reason) <= _MAX_ERROR_CHARS else f"{reason[:_MAX_ERROR_CHARS]} [...]"


def _output(value: Any, chars: int) -> ToolOutput:
    output = value if isinstance(value, ToolOutput) else ToolOutput(_text(value))
    text = output.text if output.text.strip() else "(nothing)"
    if len(text) > chars:
        text = f"{text[:chars]}\n[... cut: {len(text):,} characters in all]"
    return ToolOutput(text, output.hits, output.documents)


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
