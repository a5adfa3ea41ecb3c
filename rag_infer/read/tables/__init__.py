"""Tables of PDF pages as grids of cells, from words, rules and alignment; without a model.

content = read_page_content(document.raw, 0)
for grid in find_tables(content):
    grid.matrix()
"""

from __future__ import annotations

from rag_infer.read.tables.continued import join_continued
from rag_infer.read.tables.detect import find_tables
from rag_infer.read.tables.grid import Box, Cell, Span, TableGrid
from rag_infer.read.tables.page_content import PageContent, content_of, read_page_content
from rag_infer.read.tables.region import table_in_region

__all__ = [
    "Box",
    "Cell",
    "PageContent",
    "Span",
    "TableGrid",
    "content_of",
    "find_tables",
    "join_continued",
    "read_page_content",
    "table_in_region",
]
