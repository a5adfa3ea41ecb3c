"""What a page holds that tables are made of: its words and its rules, in one upright frame."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.tables.grid import Box
from rag_infer.read.tables.ruling_lines import Rule, Rules, merged, read_rules
from rag_infer.read.tables.text_lines import usual_space
from rag_infer.read.tables.words import Direction, Word, read_words, turned, turned_back

_DRAWN_WITH_TEXT = re.compile(r"[-_=–—─━]{4,}$")
_LED = re.compile(r"\.{4,}")
_LEADER = re.compile(r"[.…·]{3,}$|\.$")


@dataclass(frozen=True, slots=True)
class PageContent:
    """The words and rules of one page; x to the right along its text, y downward.

    Attributes:
        page: From 0.
        words: In PDFium's order.
        rules: Level and upright lines.
        direction: The way the page's text runs in the file.
        size: The usual height of a word, in points.
        leaders: Where rows of dots are that lead from a label to its figure (x, y).
        space: The usual space between words, as a share of their height.
    """

    page: int
    words: tuple[Word, ...]
    rules: Rules
    direction: Direction = "right"
    size: float = 10.0
    leaders: tuple[tuple[float, float], ...] = ()
    space: float = 0.26

    def box_in_file(self, box: Box) -> Box:
        """A box (x0, top, x1, bottom) of this frame in points from the page's lower left."""
        ax, ay = turned_back(box[0], box[1], self.direction)
        bx, by = turned_back(box[2], box[3], self.direction)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def box_in_frame(self, box: Box) -> Box:
        """The opposite of ``box_in_file``."""
        ax, ay = turned(box[0], box[1], self.direction)
        bx, by = turned(box[2], box[3], self.direction)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def read_page_content(document: Any, page: int) -> PageContent:
    """Opens a page of an open PDFium document and reads its words and rules.

    Args:
        document: ``FPDF_DOCUMENT`` (``PdfDocument.raw`` of pypdfium2, or the object itself).
        page: From 0.

    Raises:
        ValueError: The page or its text cannot be loaded.
    """
    handle = pdfium.FPDF_LoadPage(document, page)
    if not handle:
        raise ValueError("the page cannot be loaded")
    try:
        text = pdfium.FPDFText_LoadPage(handle)
        if not text:
            raise ValueError("the page's text cannot be loaded")
        try:
            return content_of(handle, text, page)
        finally:
            pdfium.FPDFText_ClosePage(text)
    finally:
        pdfium.FPDF_ClosePage(handle)


def content_of(page_handle: Any, text_page: Any, page: int) -> PageContent:
    """Reads a page that is open already, as ``read_page_content`` does.

    Args:
        page_handle: ``FPDF_PAGE``.
        text_page: ``FPDF_TEXTPAGE`` of it.
        page: Its number, from 0, which the tables will carry.
    """
    placed = read_words(text_page)
    area = pdfium.FPDF_GetPageWidthF(page_handle) * pdfium.FPDF_GetPageHeightF(page_handle)
    rules = read_rules(page_handle, placed.direction, area) if placed.words else Rules()
    words: list[Word] = []
    text_rules: list[Rule] = []
    leaders: list[tuple[float, float]] = []
    for word in placed.words:
        if _DRAWN_WITH_TEXT.match(word.text):
            text_rules.append(Rule(word.baseline - 0.25 * word.size, word.x0, word.x1))
        elif _LEADER.match(word.text):
            leaders.append((word.x0, word.baseline - 1))
        else:
            if _LED.search(word.text):
                leaders.append((word.x1, word.baseline - 1))
            words.append(word)
    if text_rules:
        rules = replace(rules, level=merged([*rules.level, *text_rules]))
    size = median(word.size for word in words) if words else 10.0
    return PageContent(
        page, tuple(words), rules, placed.direction, size, tuple(leaders), usual_space(words)
    )
