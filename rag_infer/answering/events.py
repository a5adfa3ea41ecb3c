"""What ``Index.stream`` yields while a question is answered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rag_infer.answering.options import AskOptions
from rag_infer.types import Answer, ToolResult


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool was called while answering, and returned."""

    result: ToolResult


@dataclass(frozen=True, slots=True)
class AnswerCompleted:
    """The last event: the whole answer with its citations and verdicts."""

    answer: Answer


AnswerEvent = TextDelta | ToolFinished | AnswerCompleted


def stream_events(
    ask: Callable[[AskOptions], Answer], options: AskOptions
) -> Iterator[AnswerEvent]:
    """Runs ``ask`` in a thread of its own and yields what happens, as it happens.

    The pieces of text add up to ``Answer.text`` but for white space around it, also where an
    answer comes at once (quotes, computed answers, ``drop_unsupported``). Only text that a model
    writes before it calls a tool is in the pieces and not in the answer. Leaving the iterator
    early stops the generation.

    Raises:
        Exception: what ``ask`` raises, from the iterator.
    """
    events: queue.SimpleQueue[AnswerEvent | BaseException] = queue.SimpleQueue()
    left = threading.Event()
    streamed: list[str] = []

    def on_text(piece: str) -> None:
        streamed.append(piece)
        events.put(TextDelta(piece))
        if options.on_text is not None:
            options.on_text(piece)

    def on_tool_result(result: ToolResult) -> None:
        events.put(ToolFinished(result))
        if options.on_tool_result is not None:
            options.on_tool_result(result)

    def should_stop() -> bool:
        return left.is_set() or options.should_stop()

    def run() -> None:
        try:
            answer = ask(
                replace(
                    options,
                    on_text=on_text,
                    on_tool_result=on_tool_result,
                    should_stop=should_stop,
                )
            )
            if not streamed and answer.text:
                events.put(TextDelta(answer.text))
            events.put(AnswerCompleted(answer))
        except BaseException as error:  # raised again in the caller's thread
            events.put(error)

    thread = threading.Thread(target=run, name="rag-infer-answer", daemon=True)
    thread.start()
    try:
        while True:
            event = events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, AnswerCompleted):
                return
    finally:
        left.set()
        thread.join()
