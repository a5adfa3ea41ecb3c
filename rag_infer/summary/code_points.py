"""Source code: what it says of itself, and what it defines, each with its line."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rag_infer.summary.key_points import KeyPoint, KeyPoints, composed, quote
from rag_infer.types import Page

_MAX_PARSED_CHARS = 200_000
_MAX_DEFINITIONS = 400
# Definitions in most other languages, at the margin or one level within.
_DEFINITION = re.compile(
    r"^[ \t]{0,4}(?:(?:export|default|public|private|protected|internal|static|final|abstract|"
    r"async|pub(?:\([a-z]+\))?|unsafe|virtual|override|sealed|partial|inline|extern|const)\s+)*"
    r"(?:(?:function\*?|func|fn|fun|def|sub|class|struct|enum|interface|trait|module|type|"
    r"protocol|record|object|namespace|impl|procedure)\s+(?:\([^)\n]*\)\s*)?(?P<name>[A-Za-z_$][\w$:.]*)"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|INDEX)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?P<sql>[\w.\"`]+)"
    r"|(?:const|let|var)\s+(?P<arrow>[A-Za-z_$][\w$]*)\s*=\s*(?:async\s*)?(?:function\b|\([^)\n]*\)\s*=>)"
    r"|(?P<shell>[A-Za-z_][\w-]*)\s*\(\)\s*\{"
    r"|(?:[A-Za-z_][\w<>\[\],.*&?]*\s+){1,3}\**(?P<typed>[A-Za-z_]\w*)\s*\([^;{}\n]*\)\s*(?:const\s*)?\{)",
    re.MULTILINE | re.IGNORECASE,
)
_NO_NAMES = frozenset("if for while switch return else catch do new throw case with".split())
_COMMENT_LINE = re.compile(
    r"[ \t]*(?://+[/!]?|#+|\*+(?!/)|--|;+|/\*\*?|\"\"\"|%)[ \t]?(?P<text>[^\n]*)"
)
_NOISE = re.compile(r"!|copyright|licen[cs]e|spdx|eslint|-\*-|vim:|@ts-|pragma|\W*$", re.IGNORECASE)
_SIGNATURE_END = re.compile(r"\s*[{:]?\s*$")


def code_points(page: Page, language: str) -> KeyPoints:
    """The comment or docstring of the file, then each definition with the first line of its own."""
    starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", page.text))]
    definitions = None
    if language in ("py", "pyi") and len(page.text) <= _MAX_PARSED_CHARS:
        definitions = _python(page, starts)
    points = definitions if definitions is not None else list(_other(page, starts))
    if len(points) > _MAX_DEFINITIONS:
        points = points[:_MAX_DEFINITIONS]
    return KeyPoints(tuple(points), noun=("definition", "definitions"))


def _section(starts: Sequence[int], start: int) -> tuple[str, ...]:
    """The number of the line, as the sections of code have it."""
    return (f"L{bisect_right(starts, start)}",)


def _python(page: Page, starts: Sequence[int]) -> list[KeyPoint] | None:
    """None for what is no valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(page.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    points = []
    if (point := _docstring(page, starts, tree)) is not None:
        points.append(point)
    nodes: list[tuple[ast.stmt, int]] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            nodes.append((node, 0))
        if isinstance(node, ast.ClassDef):
            nodes += [
                (inner, 1)
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
    # Public definitions of the module first, then private ones, then methods.
    nodes.sort(key=lambda pair: (pair[1], pair[0].name.startswith("_")))  # type: ignore[attr-defined]
    for node, _ in nodes[:_MAX_DEFINITIONS]:
        start = starts[node.lineno - 1]
        start += len(page.text[start:]) - len(page.text[start:].lstrip(" \t"))
        body = node.body[0]  # type: ignore[attr-defined]
        if body.lineno > node.lineno:
            end = starts[body.lineno - 1]
        else:
            end = start + len(page.text[start:].split("\n", 1)[0])
        signature = page.text[start:end]
        if body.lineno > node.lineno:
            end = start + _signature_length(signature)
        own = quote(page, start, start + len(_SIGNATURE_END.sub("", page.text[start:end])),
                    _section(starts, start))  # fmt: skip
        inner = _docstring(page, starts, node)
        points.append(own if inner is None else _pair(own, inner))
    return points


def _signature_length(text: str) -> int:
    """Up to the colon that ends the head of a definition."""
    depth = 0
    for n, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == ":" and depth == 0:
            return n
    return len(text.split("\n", 1)[0])


def _docstring(page: Page, starts: Sequence[int], node: ast.AST) -> KeyPoint | None:
    """The first sentence or line of a docstring."""
    body = getattr(node, "body", [])
    if not body or not isinstance(body[0], ast.Expr):
        return None
    value = body[0].value
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    first = re.split(r"\n\s*\n|(?<=[.!?])\s", value.value.strip(), maxsplit=1)[0]
    position = page.text.find(first, starts[value.lineno - 1]) if first else -1
    if position < 0:
        return None
    return quote(page, position, position + len(first), _section(starts, position))


def _pair(definition: KeyPoint, text: KeyPoint) -> KeyPoint:
    joined = composed((definition, text), ": ")
    assert joined is not None
    return KeyPoint(joined.text, joined.spans, joined.section, definition)


def _other(page: Page, starts: Sequence[int]) -> Iterator[KeyPoint]:
    text = page.text
    comment = _opening_comment(text)
    if comment is not None:
        yield quote(page, *comment, _section(starts, comment[0]))
    for count, match in enumerate(_DEFINITION.finditer(text)):
        name = next((value for value in match.groups() if value), "")
        if count >= _MAX_DEFINITIONS or name in _NO_NAMES:
            continue
        line_start = match.start()
        line_end = text.find("\n", match.end())
        line_end = len(text) if line_end < 0 else line_end
        line = text[line_start:line_end]
        head = line.split("{", 1)[0] if "{" in line else line
        own = quote(
            page, line_start, line_start + len(head.rstrip(" :\t\r")), _section(starts, line_start)
        )
        above = _comment_above(text, starts, line_start, comment)
        yield own if above is None else _pair(own, quote(page, *above, own.section))


def _opening_comment(text: str) -> tuple[int, int] | None:
    """The first sentence of a comment with which a file begins."""
    position = 0
    for line in text.splitlines(keepends=True)[:12]:
        match = _COMMENT_LINE.match(line.rstrip())
        if match is None:
            if line.strip():
                return None
        elif match["text"].strip() and not _NOISE.match(match["text"].strip()):
            start = position + match.start("text")
            body = match["text"].rstrip(" */")
            return start, start + len(body)
        position += len(line)
    return None


def _comment_above(
    text: str, starts: Sequence[int], start: int, opening: tuple[int, int] | None
) -> tuple[int, int] | None:
    """The first line of the comment right above a definition."""
    number = bisect_right(starts, start) - 1
    best = None
    while number > 0:
        number -= 1
        line = text[starts[number] : starts[number + 1]].rstrip()
        match = _COMMENT_LINE.match(line)
        if match is None and line.strip() != "*/":
            break
        if (
            match is not None
            and match["text"].strip(" */")
            and not _NOISE.match(match["text"].strip())
        ):
            begin = starts[number] + match.start("text")
            best = begin, begin + len(match["text"].rstrip(" */"))
    return None if best is None or best == opening else best
