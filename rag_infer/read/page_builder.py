"""A page put together from blocks, so that each block knows its place in the text.

Knows: that blocks are parted by blank lines.
Does not know: where they come from.
"""

from __future__ import annotations

from rag_infer.read.encoding import UNWANTED
from rag_infer.types import Block, BlockKind, Page


class PageBuilder:
    """Takes blocks in order; gives the page whose text they make up."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Adds a block; one without visible text is left out. A heading stands on one line."""
        text = UNWANTED.sub("", text).replace("\r\n", "\n").strip("\n")
        text = text.strip() if kind != "code" else text.rstrip()
        if kind == "heading":
            text = " ".join(text.split())
        if not text.strip():
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        self._parts.append(text)
        self._blocks.append(Block(self._length, self._length + len(text), kind, level))
        self._length += len(text)

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def has(self, kind: BlockKind) -> bool:
        """Whether there is a block of that kind."""
        return any(block.kind == kind for block in self._blocks)

    def first(self, kind: BlockKind) -> str | None:
        """The text of the first block of that kind."""
        for block, text in zip(self._blocks, self._parts[::2], strict=True):
            if block.kind == kind:
                return text
        return None

    def page(self, number: int = 1, label: str | None = None, note: str | None = None) -> Page:
        """The page so far."""
        return Page(number, "".join(self._parts), label, tuple(self._blocks), note)
