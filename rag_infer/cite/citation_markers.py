"""Citation numbers in a text that is still being written.

Markers are ``[1]``, ``[2, 3]`` and ``[1][2]``; in code, brackets mean something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MARKER = re.compile(r"\[(?=[^\]]{1,40}\])\s*(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\s*\]")
_HALF = re.compile(r"\[[\d\s,;]{0,40}$|`+$")
_FENCE = re.compile(r"`+")


@dataclass
class MarkerStream:
    """Feeds on pieces of a text and gives back clean ones.

    Known numbers (1 to ``passages``) stay in the text as ``[n]`` and are collected in ``cited``,
    in order of first use. Unknown ones are dropped from the text and collected in ``unknown``. What
    may be the beginning of a marker is held back until it is decided. Any cut of a text into pieces
    gives the same result.
    """

    passages: int
    cited: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    _held: str = ""
    _code: str = ""  # the fence that is open, if one is

    def feed(self, piece: str) -> str:
        """Takes the next piece; returns text that is decided, perhaps none."""
        return self._take(self._held + piece, final=False)

    def finish(self) -> str:
        """The rest, when nothing more will come."""
        return self._take(self._held, final=True)

    def _take(self, text: str, *, final: bool) -> str:
        self._held = ""
        if not final:
            half = _HALF.search(text)
            if half:
                text, self._held = text[: half.start()], text[half.start() :]
        output: list[str] = []
        position = 0
        while position < len(text):
            fence = _FENCE.search(text, position)
            end = fence.start() if fence else len(text)
            plain = text[position:end]
            output.append(plain if self._code else _MARKER.sub(self._mark, plain))
            if not fence:
                break
            output.append(fence[0])
            if not self._code:
                self._code = fence[0]
            elif self._code == fence[0]:
                self._code = ""
            position = fence.end()
        return "".join(output)

    def _mark(self, match: re.Match[str]) -> str:
        numbers: list[int] = []
        for number in (int(n) for n in re.findall(r"\d+", match[1])):
            if not 1 <= number <= self.passages:
                self.unknown.append(number)
            elif number not in numbers:
                numbers.append(number)
        self.cited += [n for n in numbers if n not in self.cited]
        return "".join(f"[{n}]" for n in numbers)
