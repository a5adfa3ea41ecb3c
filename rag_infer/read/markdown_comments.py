"""What a rendering of Markdown does not show, or shows struck out: comments and ``~~old~~`` words.

Comments are ``<!-- ... -->`` and Obsidian's ``%% ... %%``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from rag_infer.read.character_marks import left_out_note
from rag_infer.types import Block

_HTML = re.compile(r"<!--(?:(?!-->).)*+-->", re.DOTALL)
_STRUCK = re.compile(r"(?<![~\\])~~(?=[^\s~])(?:(?!~~|\n\n).)++(?<=[^\s~])~~(?!~)", re.DOTALL)
_PRIVATE = re.compile(r"(?<!\S)%%(?:(?!%%).)++%%(?!\S)", re.DOTALL)


def without_comments(text: str, blocks: Sequence[Block]) -> tuple[str, str | None]:
    """A text without comments and struck-out words, but for those in code, which are what it shows.

    Args:
        text: A Markdown text.
        blocks: Its blocks.

    Returns:
        The text, and what it is without, to be named; HTML comments are not.
    """
    code = [(block.start, block.end) for block in blocks if block.kind == "code"]
    starts = [start for start, _ in code]

    def is_code(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        if number >= 0 and at < code[number][1]:
            return True
        line = text.rfind("\n", 0, at) + 1
        return text.count("`", line, at) % 2 == 1

    private = struck = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal private, struck
        if is_code(match.start()):
            return match[0]
        private += len(match[0]) if match[0].startswith("%%") else 0
        struck += len(match[0]) - 4 if match[0].startswith("~~") else 0
        return ""

    matches = [*_HTML.finditer(text), *_PRIVATE.finditer(text), *_STRUCK.finditer(text)]
    matches.sort(key=re.Match.start)
    pieces: list[str] = []
    at = 0
    for match in matches:
        if match.start() < at:
            continue
        pieces += (text[at : match.start()], replacement(match))
        at = match.end()
    comments = f"comments left out ({private} characters)" if private else None
    notes = filter(None, (comments, left_out_note(struck, 0)))
    return "".join([*pieces, text[at:]]), "; ".join(notes) or None
