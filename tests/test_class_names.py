"""A term means one thing: no two classes of the package have one name."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import rag_infer

PACKAGE = Path(rag_infer.__file__).parent
# A retriever has one name in every framework; a word of a text and one of a page are both words.
SHARED = {"RagInferRetriever", "Word"}


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= SHARED
