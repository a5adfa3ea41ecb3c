"""Comments in Markdown, which no rendering shows: ``<!-- ... -->`` and Obsidian's ``%% ... %%``."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from rag_infer.types import Block

_HTML = re.compile(r"<!--(?:(?!-->).)*+-->", re.DOTALL)
_PRIVATE = re.compile(r"(?<!\S)%%(?:(?!%%).)++%%(?!\S)", re.DOTALL)


def without_comments(text: str, blocks: Sequence[Block]) -> tuple[str, int]:
    """A text without its comments, but for those in code, which are what it shows.

    Args:
        text: A Markdown text.
        blocks: Its blocks.

    Returns:
        The text and how many characters of private comments it is without.
    """
    code = [(block.start, block.end) for block in blocks if block.kind == "code"]
    starts = [start for start, _ in code]

    def is_code(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        if number >= 0 and at < code[number][1]:
            return True
        line = text.rfind("\n", 0, at) + 1
        return text.count("`", line, at) % 2 == 1

    private = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal private
        if is_code(match.start()):
            return match[0]
        private += len(match[0]) if match[0].startswith("%%") else 0
        return ""

    matches = [*_HTML.finditer(text), *_PRIVATE.finditer(text)]
    matches.sort(key=re.Match.start)
    pieces: list[str] = []
    at = 0
    for match in matches:
        if match.start() < at:
            continue
        pieces += (text[at : match.start()], replacement(match))
        at = match.end()
    return "".join([*pieces, text[at:]]), private
