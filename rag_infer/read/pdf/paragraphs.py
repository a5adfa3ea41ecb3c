"""From printed lines to text that flows: paragraphs, list items, rows, each a block.

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

from rag_infer.languages.open_endings import is_open_ended
from rag_infer.read.pdf.hyphenation import Piece, WordCounts, keeps_hyphen, pieces
from rag_infer.read.pdf.lines import Line
from rag_infer.read.pdf.page_text import PageText
from rag_infer.read.pdf.raised import raised_pieces

# How a line goes on from the one before: on the same row, in the same sentence, below it in the
# same block, or not at all.
Link = Literal["row", "flow", "line", "break"]
Kind = Literal["paragraph", "list", "table"]

_BULLET = re.compile(r"[•‣◦▪▫●○■□➢➤✓✔►▶·*–—-]\s+\S|[•‣◦▪●■➢✓►▶]\S")
_NUMBERED = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[A-Za-z][.)]|\([ivxlc]{2,5}\)|[ivxlc]{2,5}[.)])\s+\S")
_STOP = re.compile(r"[.!?:;][\"'”’)\]]*$")
_NUMBER_CHARS = 10
# Distances are in heights of a line, drops in distances between the page's usual lines.
_ROW_OVERLAP = 0.5  # heights that two parts of one row share at least
_STYLE_RATIO = 0.85  # heights of two lines of one style, the smaller over the larger, at least
_MAX_ROW_DROP = 3.0  # from one row of a table to the next
_MAX_LINE_DROP = 1.3  # from one line of a paragraph to the next
_MIN_LINE_DROP = 1.1  # heights that are always allowed, however close the page is set
_MAX_ITEM_DROP = 2.5  # from one item of a list to the next
_MIN_COLUMN_CHARS = (24, 12)  # of the lines before and after a change of column, more than
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
    min_height: float
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


def layout_page(
    page_text: PageText, dropped: AbstractSet[int], load_words: Callable[[], WordCounts]
) -> PageLayout:
    """Makes a scanned page flow. ``load_words`` is asked only where a hyphen ends a line."""
    lines = [line for number, line in enumerate(page_text.lines) if number not in dropped]
    if not lines:
        return PageLayout("", [])
    texts = [page_text.text[line.start : line.end] for line in lines]
    rows = _rows(lines, texts)
    item_starts = [_BULLET.match(t) is not None or _NUMBERED.match(t) is not None for t in texts]
    links = _links(lines, texts, rows, item_starts)
    return _assemble(page_text, lines, texts, rows, item_starts, links, load_words)


def _rows(lines: Sequence[Line], texts: Sequence[str]) -> list[bool]:
    """Which lines are rows of a table: by wide gaps, or by figures; short lines between, too."""
    row_like = [line.figures or len(line.gaps) > 0 for line in lines]
    count = len(lines)
    rows = [False] * count
    last_likely = -1
    for number in range(count):
        if not row_like[number]:
            continue
        # Labels and headings of columns stand between rows, and are shorter than prose.
        if last_likely >= 0 and number - last_likely <= 4:
            between = range(last_likely + 1, number)
            width = max(
                lines[last_likely].x1 - lines[last_likely].x0, lines[number].x1 - lines[number].x0
            )
            if all(
                lines[n].x1 - lines[n].x0 < 0.6 * width and not _STOP.search(texts[n])
                for n in between
            ):
                for n in range(last_likely, number + 1):
                    rows[n] = True
        last_likely = number
    return rows


def _links(
    lines: Sequence[Line], texts: Sequence[str], rows: Sequence[bool], item_starts: Sequence[bool]
) -> list[Link]:
    """How each line but the first goes on from the one before it."""
    line_spacing = _line_spacing(lines)
    links: list[Link] = []
    in_item = item_starts[0]
    paragraph = 0  # the line with which the present paragraph or item began
    for n in range(1, len(lines)):
        link = _continuation(lines, texts, rows, item_starts, n, paragraph, in_item, line_spacing)
        if link in ("line", "break"):
            paragraph = n
            in_item = item_starts[n] if link == "break" else in_item or item_starts[n]
        links.append(link)
    return links


def _line_spacing(lines: Sequence[Line]) -> float:
    """The usual distance between lines, over their height."""
    leads = sorted(
        (a.y0 - b.y0) / a.height
        for a, b in itertools.pairwise(lines)
        if a.height > 0 and 0.7 * a.height < a.y0 - b.y0 < 2.2 * a.height and b.x0 < a.x1
    )
    return leads[len(leads) // 3] if leads else 1.2


def _continuation(
    lines: Sequence[Line],
    texts: Sequence[str],
    rows: Sequence[bool],
    item_starts: Sequence[bool],
    n: int,
    paragraph_line: int,
    in_item: bool,
    line_spacing: float,
) -> Link:
    """How line ``n`` goes on from the one before it: by their places, then styles, then words.

    Args:
        lines: The lines of a page in reading order.
        texts: Their texts.
        rows: Which of them may be rows of a table.
        item_starts: Which of them begin with a bullet or a number.
        n: The line, 1 or more.
        paragraph_line: The line with which the present paragraph or item began.
        in_item: Whether that is an item of a list.
        line_spacing: The usual distance between lines, over their height.
    """
    a, b = lines[n - 1], lines[n]
    height, other = a.height, b.height
    if a.turned or b.turned or height <= 0 or other <= 0:
        return "break"
    overlap = min(a.y1, b.y1) - max(a.y0, b.y0)
    min_height = height if height < other else other
    if overlap > _ROW_OVERLAP * min_height and b.x0 > a.x1 - 0.5 * min_height:
        return "row"
    drop = a.y0 - b.y0
    same_style = _STYLE_RATIO * height < other < height / _STYLE_RATIO and (
        a.bold == b.bold or texts[n][0].islower()
    )
    if rows[n - 1] and rows[n] and abs(drop) < _MAX_ROW_DROP * line_spacing * min_height:
        return "line"
    if drop <= 0 or b.x0 > a.x1 or b.x1 < a.x0:
        # Elsewhere on the page: the next column, when a sentence goes on there.
        continues = (
            a.hyphen >= 0
            or (texts[n][0].islower() and not _STOP.search(texts[n - 1]))
            or is_open_ended(texts[n - 1])
        )
        wide = len(texts[n - 1]) > _MIN_COLUMN_CHARS[0] and len(texts[n]) > _MIN_COLUMN_CHARS[1]
        plain = not rows[n - 1] and not rows[n] and not item_starts[n]
        return "flow" if same_style and continues and wide and plain and drop < 0 else "break"
    if rows[n - 1] or rows[n]:
        return "break"
    if drop > max(_MAX_LINE_DROP * line_spacing, _MIN_LINE_DROP) * max(height, min_height):
        return (
            "line"
            if in_item and item_starts[n] and drop < _MAX_ITEM_DROP * line_spacing * min_height
            else "break"
        )
    if not same_style:
        return "break"
    if item_starts[n]:
        return "line" if in_item else "break"
    return _wrap(lines, texts, n, paragraph_line, in_item)


def _wrap(
    lines: Sequence[Line], texts: Sequence[str], n: int, paragraph_line: int, in_item: bool
) -> Link:
    """Whether a line right below another, printed alike, goes on with its sentence."""
    a, b = lines[n - 1], lines[n]
    indent = b.x0 - a.x0
    step = 0.7 * a.height
    ends_sentence = _STOP.search(texts[n - 1]) is not None
    if (
        indent > step
        and not (in_item and paragraph_line == n - 1)
        and abs(_center_x(a) - _center_x(b)) > step
    ):
        return "break" if ends_sentence or not texts[n][0].islower() else "line"
    if indent < -step and paragraph_line != n - 1 and ends_sentence:
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
        if ends_sentence and a.x1 - a.x0 > 0.25 * (right - a.x0):
            return "break"
        return "line" if right - a.x1 > 2 * needed + step or not texts[n][0].islower() else "flow"
    return "flow"


def _center_x(line: Line) -> float:
    return (line.x0 + line.x1) / 2


def _assemble(
    page_text: PageText,
    lines: Sequence[Line],
    texts: Sequence[str],
    rows: Sequence[bool],
    item_starts: Sequence[bool],
    links: Sequence[Link],
    load_words: Callable[[], WordCounts],
) -> PageLayout:
    pieces_out: list[Piece] = []
    parts: list[LayoutBlock] = []
    length = 0
    first_line = 0  # the line with which the present block began

    def put(new_pieces: list[Piece]) -> None:
        nonlocal length
        if len(new_pieces) == 1:
            length += len(new_pieces[0][0])
        else:
            length += sum(len(piece[0]) for piece in new_pieces)
        pieces_out.extend(new_pieces)

    def close(last: int) -> None:
        if block_at < length:
            parts.append(
                _layout_block(block_at, length, lines, rows, item_starts, first_line, last)
            )

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
            end, join = _hyphen(page_text, line, texts[n], texts[n + 1], load_words)
        elif not (_CJK.match(texts[n][-1]) and _CJK.match(texts[n + 1][0])):
            join = "" if texts[n][-1] == "—" else " "
        at = line.start
        for start, stop in line.raised:
            if stop <= end:
                put(pieces(page_text.text, at, start))
                put(raised_pieces(page_text.text, line.start, start, stop))
                at = stop
        put(pieces(page_text.text, at, end))
        if line.hyphen >= 0 and (link != "flow" or join == "-"):
            put([("-", line.hyphen, line.hyphen + 1)])
        if join and join != "-":
            put([(join, -1, -1)])
        if link in (None, "break"):
            close(n)
            first_line = n + 1
            if link == "break" and block_at < length:
                put([("\n\n", -1, -1)])
            block_at = length
    text = "".join(piece[0] for piece in pieces_out)
    if text.endswith("\n\n"):
        pieces_out.pop()
        text = text[:-2]
    return PageLayout(text, pieces_out, parts)


def _hyphen(
    page_text: PageText,
    line: Line,
    text: str,
    after: str,
    load_words: Callable[[], WordCounts],
) -> tuple[int, str]:
    """Where a line with a hyphen at its end is cut, and what joins it to the next."""
    without_hyphen = text if line.hyphen >= 0 else text.rstrip(_DASHES)
    if line.hyphen < 0 and (not without_hyphen or without_hyphen[-1].isspace()):
        return line.end, " "
    if text[-1] == "\u00ad":
        return line.end, ""
    if keeps_hyphen(without_hyphen, after, load_words()):
        return line.end, "-" if line.hyphen >= 0 else ""
    return line.start + len(without_hyphen), ""


def _layout_block(
    start: int,
    end: int,
    lines: Sequence[Line],
    rows: Sequence[bool],
    item_starts: Sequence[bool],
    paragraph_line: int,
    last: int,
) -> LayoutBlock:
    block_lines = lines[paragraph_line : last + 1]
    kind: Kind = "paragraph"
    if rows[paragraph_line] and last > paragraph_line:
        kind = "table"
    elif item_starts[paragraph_line]:
        kind = "list"
    heights = sorted(line.height for line in block_lines)
    return LayoutBlock(
        start,
        end,
        kind,
        heights[len(heights) // 2],
        min(line.min_height for line in block_lines),
        all(line.bold for line in block_lines),
        len(block_lines),
        any(gap.position > line.start + _NUMBER_CHARS for line in block_lines for gap in line.gaps),
    )
