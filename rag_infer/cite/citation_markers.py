"""Citation numbers in a text that is still being written.

Models are trained to many shapes: ``[1]``, ``[2, 3]``, ``[1-3]``, ``[passage 3]``, ``[^3]``,
``【3†source】``, ``<sup>3</sup>``, ``(passage 3)``, ``[[3]](#passage-3)``, ``[report.pdf]``. All
become ``[3]``. In code, brackets mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Every quantifier is bounded, so that no marker is longer than what is held back of a stream.
_NAME = (
    r"(?:(?:passage|source|document|doc|ref|reference|citation|result)s?|no\.|number)\s?:?\s{0,2}"
)
_LIST = r"\d{1,4}(?:\s{0,2}(?:[,;&\u2013-]|and|to)\s{0,2}(?:[#^]|passage\s)?\d{1,4}){0,8}"
_MARKER = re.compile(
    rf"""
    \[\[\s?(?P<double>{_LIST})\s?\]\]
    | \\?\[\s{{0,3}}(?:{_NAME})?[#^]?(?P<square>{_LIST})\s?
      (?:\u2020[^\[\]\n]{{0,30}})?\s{{0,3}}\\?\]
    | \[(?P<document>[^\[\]\n]{{1,120}}\.\w{{1,5}})(?:,[^\[\]\n]{{0,80}})?\]
    | \u3010\s?(?:{_NAME})?(?P<lenticular>{_LIST})[^\u3010\u3011\n]{{0,40}}\u3011
    | <sup>\s?\[?(?P<raised>{_LIST})\]?\s?</sup>
    | \((?:see\s|from\s)?{_NAME}\#?\[?(?P<round>{_LIST})\]?\)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Fences of the prompt, and the addresses that some put behind a number: [3](#passage-3).
_SCRAP = re.compile(
    r"</?passage\b[^<>\n]{0,200}>\n?|\(\#(?:passage|source|ref|cite|fn)[^()\s]{0,60}\)",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"\\?\[[^\[\]\n]{0,250}$|\[\[[^\[\]\n]{0,180}\]?$|\u3010[^\u3010\u3011\n]{0,250}$"
    r"|<sup>[^<\n]{0,180}(?:<[^<>\n]{0,4})?$|<[^<>\n]{0,220}$|\([^()\n]{0,220}$|\\$|`+$",
    re.IGNORECASE,
)
_FENCE = re.compile(r"`+")
_MAX_RANGE = 20  # numbers; a longer one is no range of passages


@dataclass
class MarkerStream:
    """Feeds on pieces of a text and gives back clean ones.

    Known numbers (1 to ``passages``) stay in the text as ``[n]`` and are collected in ``cited``,
    in order of first use. Unknown ones are dropped from the text and collected in ``unknown``. What
    may be the beginning of a marker is held back until it is decided. Any cut of a text into pieces
    gives the same result. ``documents`` are the numbers of passages by the name of their document.
    """

    passages: int
    documents: Mapping[str, int] = field(default_factory=dict)
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
            output.append(plain if self._code else self._marked(plain))
            if not fence:
                break
            output.append(fence[0])
            if not self._code:
                self._code = fence[0]
            elif self._code == fence[0]:
                self._code = ""
            position = fence.end()
        return "".join(output)

    def _marked(self, text: str) -> str:
        return _SCRAP.sub("", _MARKER.sub(self._mark, text))

    def _mark(self, match: re.Match[str]) -> str:
        if match["document"] is None:
            return self._shown(_numbers(next(group for group in match.groups() if group)))
        name = match["document"].strip().lower()
        number = self.documents.get(name) or self.documents.get(name.rsplit("/", 1)[-1])
        return match[0] if number is None else self._shown([number])

    def _shown(self, numbers: list[int]) -> str:
        valid = [n for n in dict.fromkeys(numbers) if 1 <= n <= self.passages]
        self.unknown += [n for n in numbers if not 1 <= n <= self.passages]
        self.cited += [n for n in valid if n not in self.cited]
        return "".join(f"[{n}]" for n in valid)


def without_markers(text: str) -> str:
    """A text without citation numbers, of whatever shape."""
    return " ".join(_MARKER.sub(" ", text).split())


def _numbers(text: str) -> list[int]:
    """The numbers of a list with ranges: ``1-3, 5`` is 1, 2, 3, 5."""
    numbers: list[int] = []
    for item in re.split(r"[,;&]|\band\b", text, flags=re.IGNORECASE):
        values = [int(n) for n in re.findall(r"\d+", item)]
        is_range = len(values) == 2 and values[0] < values[1] <= values[0] + _MAX_RANGE
        numbers += range(values[0], values[1] + 1) if is_range else values
    return numbers
