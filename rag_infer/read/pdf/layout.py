"""The pages of one open file as flowing text, each made with a look at its neighbours."""

from __future__ import annotations

from functools import cache
from typing import Any

from rag_infer.read.pdf.hyphenation import WordCounts
from rag_infer.read.pdf.page_text import PageText, extract_page
from rag_infer.read.pdf.paragraphs import PageLayout, layout_page
from rag_infer.read.pdf.running_headers import (
    WINDOW_PAGES,
    MarginLines,
    margin_lines,
    running_lines,
)


class Layout:
    """Scans pages of a PdfDocument as they are needed. ``failed``: those that would not load."""

    def __init__(
        self, document: Any, *, keep_running: bool = False, with_tables: bool = False
    ) -> None:
        self._with_tables = with_tables
        self._keep_running = keep_running
        self._document = document
        self._count = len(document)
        self._scans: dict[int, PageText] = {}
        self._edges: dict[int, MarginLines] = {}
        self.failed: set[int] = set()

    def page_text(self, index: int) -> PageText:
        """A page, counted from 0, as it was printed."""
        page = self._scans.get(index)
        if page is None:
            try:
                page = extract_page(self._document, index, with_tables=self._with_tables)
            except ValueError:
                self.failed.add(index)
                page = PageText("", [])
            self._scans[index] = page
        return page

    def page_layout(self, index: int) -> PageLayout:
        """A page's canonical text with its blocks and where each piece comes from."""
        neighbors = range(max(0, index - WINDOW_PAGES), min(self._count, index + WINDOW_PAGES + 1))
        edge_lines = {n: self._margin_lines_of(n) for n in neighbors}
        current = self.page_text(index)
        dropped = (
            frozenset()
            if self._keep_running
            else running_lines(edge_lines, index, len(current.lines))
        )
        return layout_page(
            current, dropped, cache(lambda: WordCounts(self.page_text(n).text for n in neighbors))
        )

    def _margin_lines_of(self, index: int) -> MarginLines:
        page = self._edges.get(index)
        if page is None:
            page = self._edges[index] = margin_lines(self.page_text(index))
        return page
