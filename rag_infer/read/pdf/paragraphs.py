"""From printed lines to text that flows: paragraphs, list items, rows, each a block.

Knows: where lines stand to one another, and what that says about what they make up.
Does not know: PDFium, other pages, headings' levels.

Wrapped lines of a paragraph are joined by a space, items and rows stand on lines of their own,
blocks are parted by a blank line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from rag_infer.read.pdf.hyphenation import Piece, WordCounts, keeps_hyphen, pieces
from rag_infer.read.pdf.page_text import Line, PageText

# How a line goes on from the one before: on the same row, in the same sentence, below it in the
# same block, or not at all.
Link = Literal["row", "flow", "line", "break"]
Kind = Literal["paragraph", "list", "table"]

_BULLET = re.compile(r"[•‣◦▪▫●○■□➢➤✓✔►▶·*–—-]\s+\S|[•‣◦▪●■➢✓►▶]\S")
_NUMBERED = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[A-Za-z][.)]|\([ivxlc]{2,5}\)|[ivxlc]{2,5}[.)])\s+\S")
_STOP = re.compile(r"[.!?:;][\"'”’)\]]*$")
_NUMBER_CHARS = 10
_DASHES = "-‐­"
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(slots=True)
class LayoutBlock:
    """A block to be: a stretch of the page's text and how it was printed.

    ``spaced`` lines have wide spaces, other than the one after a heading's number.
    """

    start: int
    end: int
    kind: Kind
    height: float
    least: float
    bold: bool
    lines: int
    spaced: bool


@dataclass(slots=True)
class PageLayout:
    """A page's canonical text, the raw characters behind each piece of it, and its blocks.

    A piece with start -1 was put in: white space between lines.
    """

    text: str
    pieces: list[Piece]
    parts: list[LayoutBlock] = field(default_factory=list)


def flow(
    scan: PageText, dropped: AbstractSet[int], known_words: Callable[[], WordCounts]
) -> PageLayout:
    """Makes a scanned page flow. ``known_words`` is asked only where a hyphen ends a line."""
    lines = [line for number, line in enumerate(scan.lines) if number not in dropped]
    if not lines:
        return PageLayout("", [])
    texts = [scan.text[line.start : line.end] for line in lines]
    rows = _rows(lines, texts)
    starts = [_BULLET.match(t) is not None or _NUMBERED.match(t) is not None for t in texts]
    links = _links(lines, texts, rows, starts)
    return _written(scan, lines, texts, rows, starts, links, known_words)


def _rows(lines: Sequence[Line], texts: Sequence[str]) -> list[bool]:
    """Which lines are rows of a table: by wide gaps, or by figures; short lines between, too."""
    likely = [line.figures or len(line.gaps) > 0 for line in lines]
    count = len(lines)
    rows = [False] * count
    at = -1
    for number in range(count):
        if not likely[number]:
            continue
        # Labels and headings of columns stand between rows, and are shorter than prose.
        if at >= 0 and number - at <= 4:
            between = range(at + 1, number)
            width = max(lines[at].x1 - lines[at].x0, lines[number].x1 - lines[number].x0)
            if all(
                lines[n].x1 - lines[n].x0 < 0.6 * width and not _STOP.search(texts[n])
                for n in between
            ):
                for n in range(at, number + 1):
                    rows[n] = True
        at = number
    return rows


def _links(
    lines: Sequence[Line], texts: Sequence[str], rows: Sequence[bool], starts: Sequence[bool]
) -> list[Link]:
    """How each line but the first goes on from the one before it."""
    lead = _lead(lines)
    links: list[Link] = []
    in_item = starts[0]
    paragraph = 0  # the line with which the present paragraph or item began
    for n in range(1, len(lines)):
        link = _link(lines, texts, rows, starts, n, paragraph, in_item, lead)
        if link in ("line", "break"):
            paragraph = n
            in_item = starts[n] if link == "break" else in_item or starts[n]
        links.append(link)
    return links


def _lead(lines: Sequence[Line]) -> float:
    """The usual distance between lines, over their height."""
    leads = sorted(
        (a.y0 - b.y0) / a.height
        for a, b in itertools.pairwise(lines)
        if a.height > 0 and 0.7 * a.height < a.y0 - b.y0 < 2.2 * a.height and b.x0 < a.x1
    )
    return leads[len(leads) // 3] if leads else 1.2


def _link(
    lines: Sequence[Line],
    texts: Sequence[str],
    rows: Sequence[bool],
    starts: Sequence[bool],
    n: int,
    first: int,
    in_item: bool,
    lead: float,
) -> Link:
    a, b = lines[n - 1], lines[n]
    height, other = a.height, b.height
    if a.turned or b.turned or height <= 0 or other <= 0:
        return "break"
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    small = height if height < other else other
    if shared > 0.5 * small and b.x0 > a.x1 - 0.5 * small:
        return "row"
    fall = a.y0 - b.y0
    alike = 0.85 * height < other < height / 0.85 and (a.bold == b.bold or texts[n][0].islower())
    if rows[n - 1] and rows[n] and abs(fall) < 3 * lead * small:
        return "line"
    if fall <= 0 or b.x0 > a.x1 or b.x1 < a.x0:
        # Elsewhere on the page: the next column, when a sentence goes on there.
        going_on = a.hyphen >= 0 or (texts[n][0].islower() and not _STOP.search(texts[n - 1]))
        wide = len(texts[n - 1]) > 24 and len(texts[n]) > 12
        plain = not rows[n - 1] and not rows[n] and not starts[n]
        return "flow" if alike and going_on and wide and plain and fall < 0 else "break"
    if rows[n - 1] or rows[n]:
        return "break"
    if fall > max(1.3 * lead, 1.1) * max(height, small):
        return "line" if in_item and starts[n] and fall < 2.5 * lead * small else "break"
    if not alike:
        return "break"
    if starts[n]:
        return "line" if in_item else "break"
    return _wrap(lines, texts, n, first, in_item)


def _wrap(lines: Sequence[Line], texts: Sequence[str], n: int, first: int, in_item: bool) -> Link:
    """Whether a line right below another, printed alike, goes on with its sentence."""
    a, b = lines[n - 1], lines[n]
    indent = b.x0 - a.x0
    step = 0.7 * a.height
    stopped = _STOP.search(texts[n - 1]) is not None
    if indent > step and not (in_item and first == n - 1) and abs(_middle(a) - _middle(b)) > step:
        return "break" if stopped or not texts[n][0].islower() else "line"
    if indent < -step and first != n - 1 and stopped:
        return "break"
    right, height = a.x1, a.height
    for line in lines[max(0, n - 4) : n + 4]:
        if (
            line.x1 > right
            and -3 * height < line.x0 - a.x0 < 3 * height
            and 0.8 * height < line.height < 1.2 * height
        ):
            right = line.x1
    word = texts[n].split(None, 1)[0]
    needed = (len(word) + 1) * (b.x1 - b.x0) / max(1, b.end - b.start)
    if a.hyphen < 0 and right - a.x1 > needed + step:
        # The next word would have fitted: the line was meant to end here.
        if stopped and a.x1 - a.x0 > 0.25 * (right - a.x0):
            return "break"
        return "line" if right - a.x1 > 2 * needed + step or not texts[n][0].islower() else "flow"
    return "flow"


def _middle(line: Line) -> float:
    return (line.x0 + line.x1) / 2


def _written(
    scan: PageText,
    lines: Sequence[Line],
    texts: Sequence[str],
    rows: Sequence[bool],
    starts: Sequence[bool],
    links: Sequence[Link],
    known_words: Callable[[], WordCounts],
) -> PageLayout:
    written: list[Piece] = []
    parts: list[LayoutBlock] = []
    length = 0
    begin = 0  # the line with which the present block began

    def put(found: list[Piece]) -> None:
        nonlocal length
        for piece in found:
            length += len(piece[0])
        written.extend(found)

    def close(last: int) -> None:
        if block_at < length:
            parts.append(_part(block_at, length, lines, rows, starts, begin, last))

    block_at = 0
    for n, line in enumerate(lines):
        link = links[n] if n + 1 < len(lines) else None
        end, join = line.end, ""
        if link is None or link == "break":
            join = ""
        elif link == "line":
            join = "\n"
        elif link == "row":
            gap = lines[n + 1].x0 - line.x1
            join = "" if gap < 0.15 * min(line.height, lines[n + 1].height) else " "
        elif texts[n][-1] in _DASHES or line.hyphen >= 0:
            end, join = _hyphen(scan, line, texts[n], texts[n + 1], known_words)
        elif not (_CJK.match(texts[n][-1]) and _CJK.match(texts[n + 1][0])):
            join = "" if texts[n][-1] == "—" else " "
        put(pieces(scan.text, line.start, end))
        if line.hyphen >= 0 and (link != "flow" or join == "-"):
            put([("-", line.hyphen, line.hyphen + 1)])
        if join and join != "-":
            put([(join, -1, -1)])
        if link in (None, "break"):
            close(n)
            begin = n + 1
            if link == "break" and block_at < length:
                put([("\n\n", -1, -1)])
            block_at = length
    text = "".join(piece[0] for piece in written)
    if text.endswith("\n\n"):
        written.pop()
        text = text[:-2]
    return PageLayout(text, written, parts)


def _hyphen(
    scan: PageText,
    line: Line,
    text: str,
    after: str,
    known_words: Callable[[], WordCounts],
) -> tuple[int, str]:
    """Where a line with a hyphen at its end is cut, and what joins it to the next."""
    bare = text if line.hyphen >= 0 else text.rstrip(_DASHES)
    if line.hyphen < 0 and (not bare or bare[-1].isspace()):
        return line.end, " "
    if text[-1] == "\u00ad":
        return line.end, ""
    if keeps_hyphen(bare, after, known_words()):
        return line.end, "-" if line.hyphen >= 0 else ""
    return line.start + len(bare), ""


def _part(
    start: int,
    end: int,
    lines: Sequence[Line],
    rows: Sequence[bool],
    starts: Sequence[bool],
    first: int,
    last: int,
) -> LayoutBlock:
    own = lines[first : last + 1]
    kind: Kind = "paragraph"
    if rows[first] and last > first:
        kind = "table"
    elif starts[first]:
        kind = "list"
    heights = sorted(line.height for line in own)
    return LayoutBlock(
        start,
        end,
        kind,
        heights[len(heights) // 2],
        min(line.least for line in own),
        all(line.bold for line in own),
        len(own),
        any(gap.position > line.start + _NUMBER_CHARS for line in own for gap in line.gaps),
    )
