"""Where the functions, classes and tables of source code are defined.

Python is parsed; other languages are read by the words that their definitions begin with, which
needs no grammar for each of them and survives files that would not compile.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_MAX_LEVEL = 6
_TAB_COLUMNS = 4
_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|virtual|"
    r"override|inline|extern|unsafe|pub(?:\([^)\n]*\))?|open|sealed|data|partial|suspend|local|"
    r"declare|readonly|synchronized|const(?=\s+(?:fn|enum)))\s+)*"
)
_DEFINITIONS = re.compile(
    rf"^(?P<indent>[^\S\n]{{0,16}}){_MODIFIERS}(?:"
    # class Pump, func (p *Pump) Start(, fn start<T>(, type Pump struct
    r"(?:class|interface|struct|enum|trait|impl|module|namespace|object|record|protocol|extension|"
    r"union|func|function\*?|fn|fun|def|sub|proc|macro|message|service|rpc|type(?=\s+\w+\s*[=<\[{(]"
    r"|\s+\w+\s+(?:struct|interface)))\s+(?:\([^)\n]{0,80}\)\s*)?[\w$.:<~\"'-]+"
    # const start = async (speed) =>
    r"|(?:const|let|var)\s+[\w$]+\s*=\s*(?:async\s*)?"
    r"(?:function\b|(?:\([^)\n]{0,200}\)|[\w$]+)\s*=>)"
    # start() { of a shell
    r"|[\w-]+\s*\(\)\s*\{"
    # CREATE TABLE pumps
    r"|(?i:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+)?"
    r"(?:table|view|function|procedure|trigger|index|type|schema)\b)"
    # resource "aws_instance" "pump" {
    r"|(?:resource|data|variable|output|module|provider)\s+\"[^\"\n]+\"(?:\s+\"[^\"\n]+\")?\s*\{"
    r")[^\n]*",
    re.MULTILINE,
)
# int start(Pump *pump) { and, within a class, public int start(int speed) {
_C_FUNCTION = re.compile(
    r"^(?P<indent>[^\S\n]{0,8})"
    r"(?!(?:return|else|if|for|while|switch|case|new|throw|delete|goto|using|await)\b)"
    r"(?:[\w:<>,*&\[\]?.~@]++[^\S\n]++){1,6}[*&]*+[\w:~]++"
    r"\([^;{}()=]{0,400}\)[^;{}()=\n]{0,60}(?:\{|\n\s*\{)",
    re.MULTILINE,
)
_C_LIKE = frozenset(".c .h .cc .cpp .hpp .cs .java .scala .php".split())
_MAX_PARSED_CHARS = 200_000  # characters: more is no longer parsed


@dataclass(frozen=True, slots=True)
class Symbol:
    """The line that defines something: its range in the text, 1 for the outermost level."""

    start: int
    end: int
    level: int


def symbols(text: str, extension: str) -> list[Symbol]:
    """The definitions of a source file, in order.

    Args:
        text: Its text.
        extension: That of its name, in lower case.
    """
    if extension in (".py", ".pyi") and len(text) <= _MAX_PARSED_CHARS:
        try:
            return list(_python(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # other words may be Python 2, and are read like any language
    matches = {m.start(): m for m in _DEFINITIONS.finditer(text)}
    if extension in _C_LIKE:
        matches |= {m.start(): m for m in _C_FUNCTION.finditer(text) if m.start() not in matches}
    found = []
    indents: list[int] = []  # of the definitions around the present one
    for start in sorted(matches):
        indent = matches[start].end("indent")
        column = len(text[start:indent].expandtabs(_TAB_COLUMNS))
        while indents and indents[-1] >= column:
            indents.pop()
        indents.append(column)
        line_end = text.find("\n", indent)
        end = len(text) if line_end < 0 else line_end
        found.append(Symbol(indent, end, min(_MAX_LEVEL, len(indents))))
    return found


def _python(text: str) -> Iterator[Symbol]:
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text) + 1]
    found: list[tuple[int, int, int]] = []

    def add(body: list[ast.stmt], level: int) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found.append((first, node.lineno, level))
                if isinstance(node, ast.ClassDef):
                    add(node.body, min(_MAX_LEVEL, level + 1))

    add(ast.parse(text).body, 1)
    for first, line, level in found:
        if line < len(starts):
            yield Symbol(starts[first - 1], starts[line] - 1, level)
