"""The pages of one open file as flowing text, each made with a look at its neighbours.

Knows: which pages a page's text depends on: those within ``WINDOW`` of it and no others, so that
one page can be made again, to the letter, without the rest of the file.
Does not know: passwords, headings, what to do about pages without text.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from rag_infer.read.pdf.hyphenation import WordCounts
from rag_infer.read.pdf.page_text import PageText, scan
from rag_infer.read.pdf.paragraphs import PageLayout, flow
from rag_infer.read.pdf.running_headers import WINDOW, MarginLine, edges, running


class Layout:
    """Scans pages of a PdfDocument as they are needed. ``failed``: those that would not load."""

    def __init__(self, document: Any, *, keep_running: bool = False) -> None:
        self._keep_running = keep_running
        self._document = document
        self._count = len(document)
        self._scans: dict[int, PageText] = {}
        self._edges: dict[int, tuple[MarginLine, ...]] = {}
        self.failed: set[int] = set()

    def scan(self, index: int) -> PageText:
        """A page, counted from 0, as it was printed."""
        found = self._scans.get(index)
        if found is None:
            try:
                found = scan(self._document, index)
            except ValueError:
                self.failed.add(index)
                found = PageText("", [])
            self._scans[index] = found
        return found

    def flow(self, index: int) -> PageLayout:
        """A page's canonical text with its blocks and where each piece comes from."""
        near = range(max(0, index - WINDOW), min(self._count, index + WINDOW + 1))
        edge_lines = {n: self._edges_of(n) for n in near}
        here = self.scan(index)
        dropped = frozenset() if self._keep_running else running(edge_lines, index, len(here.lines))
        return flow(here, dropped, cache(lambda: WordCounts(self.scan(n).text for n in near)))

    def _edges_of(self, index: int) -> tuple[MarginLine, ...]:
        found = self._edges.get(index)
        if found is None:
            found = self._edges[index] = edges(self.scan(index))
        return found
