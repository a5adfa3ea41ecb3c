"""Source code: the file as it is, cut where one definition ends and the next begins.

Knows: Python's syntax; of other languages, that what starts a line starts something.
Does not know: what code does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, Document, Page

_SMALL = 400  # characters: neighbours smaller than that share a block
_LARGE = 200_000  # characters: more is no longer parsed
_LINE_END = re.compile(r"\r\n|\n|\r")
# A new definition: after a blank line, something that stands at the margin and closes nothing.
_TOP = re.compile(r"\n[^\S\n]*\n(?=[^\s})\];])")

Cut = tuple[int, int]


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    python = file.path.suffix.lower() in (".py", ".pyi")
    cuts = _python(text) if python and len(text) <= _LARGE else None
    found = tuple(_blocks(text, cuts if cuts is not None else _by_margin(text)))
    yield Document(
        file.id,
        "code",
        file.sha256,
        (Page(1, text, blocks=found),),
        metadata={"language": file.path.suffix.lstrip(".").lower()},
    )


def _by_margin(text: str) -> list[int]:
    return [match.end() for match in _TOP.finditer(text)]


def _python(text: str) -> list[int] | None:
    """Where top-level definitions, and methods of classes, begin; None for no valid Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    lines: list[int] = []
    for node in tree.body:
        lines.append(_first_line(node))
        if isinstance(node, ast.ClassDef):
            lines += [
                _first_line(inner)
                for inner in node.body
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            ]
    return [starts[line - 1] for line in lines if line <= len(starts)]


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.lineno


def _blocks(text: str, cuts: list[int]) -> Iterator[Block]:
    begin = 0
    for cut in [*sorted({cut for cut in cuts if cut > 0}), len(text)]:
        if cut - begin < _SMALL and cut < len(text):
            continue
        piece = text[begin:cut]
        if bare := piece.strip():
            start = begin + piece.index(bare[0])
            yield Block(start, start + len(bare), "code")
        begin = cut
