"""Source code: the file as it is, cut where one definition ends and the next begins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, Document, Page

_MIN_BLOCK_CHARS = 400  # characters: neighbours smaller than that share a block
_MAX_PARSED_CHARS = 200_000  # characters: more is no longer parsed
_LINE_END = re.compile(r"\r\n|\n|\r")
# A new definition: after a blank line, something that stands at the margin and closes nothing.
_TOP_LEVEL_START = re.compile(r"\n[^\S\n]*\n(?=[^\s})\];])")

_Offsets = tuple[int, int]


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    python = file.path.suffix.lower() in (".py", ".pyi")
    offsets = _python_cuts(text) if python and len(text) <= _MAX_PARSED_CHARS else None
    blocks = tuple(_blocks(text, offsets if offsets is not None else _margin_cuts(text)))
    yield Document(
        file.id,
        "code",
        file.sha256,
        (Page(1, text, blocks=blocks),),
        metadata={"language": file.path.suffix.lstrip(".").lower()},
    )


def _margin_cuts(text: str) -> list[int]:
    return [match.end() for match in _TOP_LEVEL_START.finditer(text)]


def _python_cuts(text: str) -> list[int] | None:
    """Where top-level definitions, and methods of classes, begin; None for no valid Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    lines: list[int] = []
    for node in tree.body:
        lines.append(_start_line(node))
        if isinstance(node, ast.ClassDef):
            lines += [
                _start_line(inner)
                for inner in node.body
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            ]
    return [starts[line - 1] for line in lines if line <= len(starts)]


def _start_line(node: ast.stmt) -> int:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.lineno


def _blocks(text: str, offsets: list[int]) -> Iterator[Block]:
    block_start = 0
    for offset in [*sorted({offset for offset in offsets if offset > 0}), len(text)]:
        if offset - block_start < _MIN_BLOCK_CHARS and offset < len(text):
            continue
        piece = text[block_start:offset]
        if stripped := piece.strip():
            start = block_start + piece.index(stripped[0])
            yield Block(start, start + len(stripped), "code")
        block_start = offset
