"""A page put together from blocks, so that each block knows its place in the text.

Knows: that blocks are parted by blank lines.
Does not know: where they come from.
"""

from __future__ import annotations

from rag_infer.read.characters import UNWANTED
from rag_infer.types import Block, BlockKind, Page


class PageBuilder:
    """Takes blocks in order; gives the page whose text they make up."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Adds a block; one without visible text is left out."""
        text = UNWANTED.sub("", text).strip()
        if not text:
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        self._parts.append(text)
        self._blocks.append(Block(self._length, self._length + len(text), kind, level))
        self._length += len(text)

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def page(self, number: int = 1, label: str | None = None, note: str | None = None) -> Page:
        """The page so far."""
        return Page(number, "".join(self._parts), label, tuple(self._blocks), note)
