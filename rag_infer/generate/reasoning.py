"""Reasoning that a model writes into its text before the answer: ``<think>`` and its relatives.

It is no part of the answer: not shown, cited, checked or remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag_infer.generate.base import GenerateOptions, Generator
from rag_infer.types import ContextPlan

# Opening and closing marks: Qwen3, DeepSeek-R1 and others; Magistral; Kimi; Command A; Seed;
# gpt-oss (harmony), whose channel of analysis ends where that of the final answer begins.
_MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<|channel|>commentary<|message|>", "<|channel|>final<|message|>"),
)
_CLOSING = {opening.lower(): closing.lower() for opening, closing in _MARKS}
_OPENING = re.compile("|".join(re.escape(opening) for opening, _ in _MARKS), re.IGNORECASE)
_LONE_CLOSING = re.compile(
    "|".join(re.escape(mark) for mark in dict.fromkeys(closing for _, closing in _MARKS)),
    re.IGNORECASE,
)
_WRAPPING = re.compile(r"</?(?:answer|response|final)>|<\|(?:end|return)\|>", re.IGNORECASE)
_LONGEST_MARK = max(len(mark) for pair in _MARKS for mark in pair)
_ALL_MARKS = tuple(
    mark.lower() for pair in (*_MARKS, ("<answer>", "</answer>"), ("<response>", "</response>"))
    for mark in pair
)  # fmt: skip


@dataclass
class ReasoningStream:
    """Feeds on pieces of a text and gives back those that are no reasoning.

    ``is_inside`` says that reasoning is being written now; ``has_reasoning`` that there was some.
    ``restarts`` counts closing marks without an opening one: all text before such a mark was
    reasoning whose opening mark stood in the prompt.
    """

    is_inside: bool = False
    has_reasoning: bool = False
    restarts: int = 0
    _closing: str = "</think>"
    _buffer: str = ""

    def feed(self, piece: str) -> str:
        """Takes the next piece; returns text that is decided, perhaps none."""
        return self._take(self._buffer + piece, final=False)

    def finish(self) -> str:
        """The rest, when nothing more will come."""
        return self._take(self._buffer, final=True)

    def _take(self, text: str, *, final: bool) -> str:
        self._buffer = ""
        output = ""
        while text:
            if self.is_inside:
                self.has_reasoning = True
                end = text.lower().find(self._closing)
                if end < 0:
                    self._buffer = "" if final else text[-_LONGEST_MARK:]
                    return output
                text = text[end + len(self._closing) :]
                self.is_inside = False
                continue
            opening, closing = _OPENING.search(text), _LONE_CLOSING.search(text)
            if closing and (opening is None or closing.start() < opening.start()):
                self.restarts += 1
                self.has_reasoning = True
                output, text = "", text[closing.end() :]
            elif opening:
                output += text[: opening.start()]
                self.is_inside, self._closing = True, _CLOSING[opening[0].lower()]
                text = text[opening.end() :]
            else:
                buffered = 0 if final else _partial_mark(text)
                output += text[: len(text) - buffered]
                self._buffer = text[len(text) - buffered :]
                break
        return _WRAPPING.sub("", output)


def stream_text(generator: Generator, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
    """What a model writes to a plan, piece by piece, without its reasoning. Raises ModelError."""
    reasoning = ReasoningStream(is_inside=opens_reasoning(plan.prompt))
    for piece in generator.stream(plan, options):
        yield reasoning.feed(piece)
    yield reasoning.finish()


def opens_reasoning(prompt: str) -> bool:
    """Whether a rendered prompt ends in an opening mark, as some templates do."""
    return prompt.rstrip().lower().endswith(tuple(_CLOSING))


def _partial_mark(text: str) -> int:
    """How many characters at the end may be the beginning of a mark."""
    lowered = text[-_LONGEST_MARK:].lower()
    for length in range(len(lowered), 0, -1):
        if any(mark.startswith(lowered[-length:]) for mark in _ALL_MARKS):
            return length
    return 0
