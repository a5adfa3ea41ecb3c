"""HTML: what a page says, without its menus."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.read.characters import decode
from rag_infer.read.job import Opened
from rag_infer.types import Document


def read(file: Opened) -> Iterator[Document]:
    """One document with one page."""
    from rag_infer.read.markup import page_of, title_of, tree_of

    tree = tree_of(decode(file.data()))
    yield Document(file.id, "html", file.sha256, (page_of(tree),), title=title_of(tree))
