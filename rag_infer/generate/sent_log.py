"""What left this machine: a line for each prompt that went to a model on another one.

A line names the server, the passages and how many bytes went, never their words: those are in the
index, and the hash tells whether a text is the one that was sent. Readable by its owner alone. A
log that cannot be written never costs the answer.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.generate.model_list import is_loopback
from rag_infer.paths import data_folder
from rag_infer.types import ContextPlan

_MODE = 0o600


@dataclass(frozen=True, slots=True)
class SentPassage:
    """A part of a document that was in a prompt: characters ``[start, end)`` of a page."""

    document_id: str
    page_number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """A prompt that was sent.

    Attributes:
        at: When, in UTC (ISO 8601).
        server: Where to.
        model: The model that was asked.
        bytes: Size of the messages, in UTF-8.
        sha256: Of the messages as JSON.
        passages: What of the documents was in them.
        tools: Tools whose results were in them.
    """

    at: str
    server: str
    model: str
    bytes: int
    sha256: str
    passages: tuple[SentPassage, ...]
    tools: tuple[str, ...] = ()


class SentLog:
    """The log in one file; by default that of the user."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = data_folder() / "sent.jsonl" if path is None else path

    def add(self, server: str, model: str, plan: ContextPlan) -> None:
        """Appends a line for a prompt, if its server is not on this machine.

        Args:
            server: The address of the server.
            model: The model.
            plan: What is sent.
        """
        if is_loopback(server):
            return
        messages = json.dumps(list(plan.messages), ensure_ascii=False, default=str).encode()
        prompt = SentPrompt(
            datetime.now(UTC).isoformat(timespec="seconds"),
            server,
            model,
            sum(len(str(message.get("content", "")).encode()) for message in plan.messages),
            hashlib.sha256(messages).hexdigest(),
            tuple(
                SentPassage(
                    passage.hit.document_id,
                    passage.hit.chunk.page_number,
                    passage.hit.chunk.start + passage.start,
                    passage.hit.chunk.start + passage.end,
                )
                for passage in plan.passages
            ),
            tuple(dict.fromkeys(part.result.name for part in plan.tool_results)),
        )
        line = json.dumps(asdict(prompt), ensure_ascii=False) + "\n"
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)

    def last(self, count: int) -> list[SentPrompt]:
        """The latest prompts, newest first; lines that are no record are left out."""
        try:
            lines = self.path.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        prompts: list[SentPrompt] = []
        for line in reversed(lines):
            if len(prompts) == count:
                break
            with suppress(ValueError, TypeError, KeyError):
                record = json.loads(line)
                passages = tuple(SentPassage(**passage) for passage in record.pop("passages"))
                tools = tuple(record.pop("tools", ()))
                prompts.append(SentPrompt(**record, passages=passages, tools=tools))
        return prompts
