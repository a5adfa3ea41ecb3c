"""Struck-out text of a page: marked so by an annotation, or with a line drawn through it.

Word processors draw the line as a path of its own. It passes through the middle of letters, which
rules of tables and underlines do not, and is as long as the words that it strikes, which lines of
a chart are not.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

import pypdfium2.raw as pdfium

from rag_infer.read.pdf.lines import Line

Box = tuple[float, float, float, float]
Span = tuple[int, int]

_PATH = pdfium.FPDF_PAGEOBJ_PATH
_MAX_RULES = 400  # more are a drawing
_MAX_THICKNESS = 2.5  # points
_MIN_LENGTH = 2.0
_MIDDLE = (0.27, 0.66)  # of the height of a character's cell, from below
_MAX_OVERHANG = 0.7  # of the height: a rule may be so much longer than the words
_MIN_CHARS = 2  # fewer have to be a word of its own, crossed through its ink from end to end
_INK_MIDDLE = (0.2, 0.8)  # of the height of a letter's ink
_MAX_SHIFT = 0.4  # of the line's height: a rule may begin and end so far from a single letter


def thin_rules(objects: Sequence[tuple[int, Box]]) -> list[Box]:
    """The level paths of a page that are as thin as a line; none of a page that is a drawing."""
    rules = [
        box
        for kind, box in objects
        if kind == _PATH and box[3] - box[1] <= _MAX_THICKNESS and box[2] - box[0] >= _MIN_LENGTH
    ]
    return rules if len(rules) <= _MAX_RULES else []


def without_struck(
    text: str,
    lines: Sequence[Line],
    rules: Sequence[Box],
    areas: Sequence[Box],
    char_box: Callable[[int], Box],
    char_ink: Callable[[int], Box],
) -> tuple[list[Line], list[Span]]:
    """The lines without the stretches that are struck out, and where in the text those stand.

    Args:
        text: The page's text, of which lines are ranges.
        lines: The printed lines of a page.
        rules: Level lines that are drawn on it.
        areas: What annotations strike out.
        char_box: Gives the cell of a character.
        char_ink: Gives the box of what is drawn of it.
    """
    result: list[Line] = []
    struck: list[Span] = []
    rules = sorted(rules, key=_height_of)
    for line in lines:
        low, high = _middle(line.y0, line.y1)
        near = bisect_left(rules, low, key=_height_of), bisect_right(rules, high, key=_height_of)
        crossing = [
            rule
            for rule in rules[near[0] : near[1]]
            if rule[0] >= line.x0 - _MAX_OVERHANG * line.height
            and rule[2] <= line.x1 + _MAX_OVERHANG * line.height
        ]
        marking = [
            area
            for area in areas
            if area[1] < (line.y0 + line.y1) / 2 < area[3]
            and area[0] < line.x1
            and area[2] > line.x0
        ]
        if line.turned or not (crossing or marking):
            result.append(line)
            continue
        parts, spans = _cut(text, line, crossing, marking, char_box, char_ink)
        result += parts
        struck += spans
    return result, struck


def _height_of(rule: Box) -> float:
    return (rule[1] + rule[3]) / 2


def _cut(
    text: str,
    line: Line,
    rules: Sequence[Box],
    areas: Sequence[Box],
    char_box: Callable[[int], Box],
    char_ink: Callable[[int], Box],
) -> tuple[list[Line], list[Span]]:
    boxes = [char_box(position) for position in range(line.start, line.end)]
    flags = [_is_struck(box, rules, areas) for box in boxes]
    # White space may have no place of its own; it goes with the words on both sides of it.
    for n in range(1, len(boxes) - 1):
        if text[line.start + n].isspace():
            flags[n] = flags[n - 1] and flags[n + 1]
    for is_struck, group in itertools.groupby(range(len(flags)), key=flags.__getitem__):
        numbers = list(group)
        stretch = text[line.start + numbers[0] : line.start + numbers[-1] + 1]
        # The bar of a fraction crosses signs, whose cells are high in fonts of mathematics.
        if is_struck and sum(map(str.isalnum, stretch)) < _MIN_CHARS:
            start = line.start + numbers[0]
            is_word = any(map(str.isalnum, stretch)) and _is_word(text, start, start + len(numbers))
            is_marked = is_word and all(_is_struck(boxes[n], (), areas) for n in numbers)
            shift = _MAX_SHIFT * line.height
            inks = [char_ink(line.start + n) for n in numbers if is_word]
            if not is_marked and not (is_word and _crosses_ink(stretch, inks, rules, shift)):
                for n in numbers:
                    flags[n] = False
    if not any(flags):
        return [line], []
    parts: list[Line] = []
    spans: list[Span] = []
    for is_struck, group in itertools.groupby(range(len(flags)), key=flags.__getitem__):
        numbers = list(group)
        words = [n for n in numbers if not text[line.start + n].isspace()]
        if is_struck:
            spans.append((line.start + numbers[0], line.start + numbers[-1] + 1))
        elif words:
            parts.append(_part(line, line.start + words[0], line.start + words[-1] + 1, char_box))
    return parts, spans


def _part(line: Line, start: int, end: int, char_box: Callable[[int], Box]) -> Line:
    return replace(
        line,
        start=start,
        end=end,
        x0=char_box(start)[0],
        x1=char_box(end - 1)[2],
        hyphen=line.hyphen if end == line.end else -1,
        gaps=tuple(gap for gap in line.gaps if start < gap.position < end),
        raised=tuple(span for span in line.raised if start <= span[0] and span[1] <= end),
    )


def _is_struck(box: Box, rules: Sequence[Box], areas: Sequence[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    low, high = _middle(box[1], box[3])
    return any(
        rule[0] <= x <= rule[2] and low <= (rule[1] + rule[3]) / 2 <= high for rule in rules
    ) or any(area[0] <= x <= area[2] and area[1] <= y <= area[3] for area in areas)


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether no letter or figure stands right beside a stretch."""
    return not text[max(0, start - 1) : start].isalnum() and not text[end : end + 1].isalnum()


def _crosses_ink(stretch: str, inks: Sequence[Box], rules: Sequence[Box], max_shift: float) -> bool:
    """Whether one rule goes through the letters of a stretch, and is as long as they are."""
    drawn = [ink for letter, ink in zip(stretch, inks, strict=True) if not letter.isspace()]
    letters = [ink for letter, ink in zip(stretch, inks, strict=True) if letter.isalnum()]
    low = max(ink[1] + _INK_MIDDLE[0] * (ink[3] - ink[1]) for ink in letters)
    high = min(ink[1] + _INK_MIDDLE[1] * (ink[3] - ink[1]) for ink in letters)
    return any(
        low <= _height_of(rule) <= high
        and abs(rule[0] - drawn[0][0]) <= max_shift
        and abs(rule[2] - drawn[-1][2]) <= max_shift
        for rule in rules
    )


def _middle(low: float, high: float) -> tuple[float, float]:
    return low + _MIDDLE[0] * (high - low), low + _MIDDLE[1] * (high - low)
