r"""LaTeX as the text that it prints: macros of the file unfolded, comments left out.

Headings, lists, tables and footnotes become those of a page; formulas stay as they are written.
What no rule knows loses its command and keeps its words: ``\emph{new}`` is "new". pylatexenc, which
reads LaTeX too, unfolds no macros, prints what comment environments hide, and ends in a
``RecursionError`` where braces are never closed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.latex_characters import (
    figure_of,
    with_degrees,
    with_figures,
    with_letters,
)
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.layout import MarkupCell, laid_out
from rag_infer.types import Document

_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?[ \t]*")
_COMMENT_BLOCKS = (("\\begin{comment}", "\\end{comment}"), ("\\iffalse", "\\fi"))
_VERBATIM_NAMES = ("verbatim", "lstlisting", "minted")
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*\{?\\([A-Za-z]+)\}?"
    r"\s*(?:\[(\d)\])?\s*(?=\{)|\\def\s*\\([A-Za-z]+)((?:#\d)*)\s*(?=\{)"
)
_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_UNIT = re.compile(
    r"\\(?P<head>part|chapter|(?:sub){0,2}section|(?:sub)?paragraph)\*?\s*(?:\[[^\]]{0,200}\])?\s*(?=\{)"
    r"|\\begin\{(?P<list>itemize|enumerate|description)\}"
    r"|\\begin\{(?P<table>tabular[xy*]?|longtable|tabulary)\}"
    r"|\\caption\s*(?:\[[^\]]{0,200}\])?\s*(?P<caption>(?=\{))"
    r"|\x00(?P<code>\d+)\x00"
)
_LEVELS = {
    "part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5,
    "subparagraph": 6,
}  # fmt: skip
_SILENT = re.compile(
    r"\\(?:title|author|date|maketitle|tableofcontents|label|cite[a-z]*|bibliography(?:style)?|usepackage|documentclass|vspace|hspace|input"
    r"|include|includegraphics|pagestyle|thispagestyle|setlength|index|addtocounter|setcounter"
    r"|newtheorem|hypersetup|geometry|cline|cmidrule|color|fontsize|rule)\*?\s*(?:\([^)]*\))?"
    r"(?:\[[^\]]{0,200}\])*(?:\{[^{}]*\})*"
)
_FORMULA = re.compile(
    r"\$\$.{1,1000}?\$\$|(?<!\\)\$[^$\n]{1,400}(?<!\\)\$|\\\[.{1,1000}?\\\]|\\\(.{1,400}?\\\)",
    re.DOTALL,
)
_FOOTNOTE = re.compile(r"\\footnote(?:text)?\s*(?:\[[^\]]{0,200}\])?\s*\{")
_BRACE = re.compile("\\\\.|[{}\x03]", re.DOTALL)
_LABEL = re.compile(r"\s*\[((?:[^\[\]]|\[[^\]]{0,100}\]){0,300})\]")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]{0,200}\])?")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\[[^\]]{0,200}\])?[ \t]*|\\[!,;:/@\s]")
_MAX_UNFOLDED_CHARS = 2_000_000
_MAX_GROUP_CHARS = 2_000
_MAX_TITLE_CHARS = 500
_MAX_ROUNDS = 4
_MAX_MACROS = 300


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page."""
    text = decode(file.data()).replace("\r\n", "\n")
    codes: list[str] = []

    def code_mark(code: str) -> str:
        codes.append(code.strip("\n"))
        return f"\n\n\x00{len(codes) - 1}\x00\n\n"

    for name in _VERBATIM_NAMES:
        text = _replaced(text, f"\\begin{{{name}}}", f"\\end{{{name}}}", code_mark)
    for begin, end in _COMMENT_BLOCKS:
        text = _replaced(text, begin, end, lambda _: "")
    text = _unfolded(_COMMENT.sub("\n", text) if "%" in text else text)
    title = _argument_of(text, "title")
    author = _argument_of(text, "author")
    body = _BODY.search(text)
    builder = PageBuilder()
    if body is not None:
        builder.add("heading", _plain(title), 1)
        builder.add("paragraph", _plain(author))
    _add(body[1] if body is not None else text, builder, codes)
    page = builder.page()
    heading = builder.first("heading")
    yield Document(file.id, "text", file.sha256, (page,), title=_plain(title) or heading)


def _replaced(text: str, begin: str, end: str, replacement: Callable[[str], str]) -> str:
    """A text with something else for each stretch between two marks; an open one stays."""
    pieces: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0:
        stop = text.find(end, start)
        if stop < 0:
            break
        pieces += (text[at:start], replacement(text[start + len(begin) : stop]))
        at = stop + len(end)
    return "".join([*pieces, text[at:]])


def _unfolded(text: str) -> str:
    """A text with the macros that it defines put in their places."""
    macros: dict[str, tuple[int, str]] = {}
    pieces: list[str] = []
    at = 0
    for match in itertools.islice(_DEFINITION.finditer(text), _MAX_MACROS):
        if match.start() < at:
            continue
        content, end = _group(text, match.end())
        count = int(match[2] or 0) if match[1] else len(match[4] or "") // 2
        macros[match[1] or match[3]] = (count, content)
        pieces.append(text[at : match.start()])
        at = end
    text = "".join([*pieces, text[at:]])
    if not macros:
        return text
    call = re.compile(r"\\(" + "|".join(map(re.escape, macros)) + r")(?![A-Za-z])")
    for _ in range(_MAX_ROUNDS):
        unfolded = _once_unfolded(text, call, macros)
        if unfolded == text or len(unfolded) > _MAX_UNFOLDED_CHARS:
            break
        text = unfolded
    return text


def _once_unfolded(text: str, call: re.Pattern[str], macros: dict[str, tuple[int, str]]) -> str:
    pieces: list[str] = []
    at = size = 0
    for match in call.finditer(text):
        if match.start() < at:
            continue
        count, content = macros[match[1]]
        end = match.end()
        for number in range(1, count + 1):
            argument, end = _group(text, end)
            content = content.replace(f"#{number}", argument)
        if not count and text.startswith("{}", end):
            end += 2
        elif not count and text.startswith("\\ ", end):
            end += 1
        pieces += (text[at : match.start()], content)
        size += len(content)
        at = end
        if size > _MAX_UNFOLDED_CHARS:
            break
    return "".join([*pieces, text[at:]])


def _group(text: str, at: int, limit: int = _MAX_GROUP_CHARS) -> tuple[str, int]:
    """What stands in the braces at a place, or the one character there, and where it ends."""
    while at < len(text) and text[at].isspace():
        at += 1
    if not text.startswith("{", at):
        return text[at : at + 1], min(at + 1, len(text))
    depth = 0
    for match in _BRACE.finditer(text, at, at + limit):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return text[at + 1 : match.start()], match.end()
    return "", at + 1  # it is open


def _argument_of(text: str, command: str) -> str:
    match = re.search(rf"\\{command}\s*(?:\[[^\]]{0, 200}\])?\s*(?=\{{)", text)
    return _group(text, match.end())[0] if match else ""


def _add(text: str, builder: PageBuilder, codes: list[str]) -> None:
    at = 0
    for match in _UNIT.finditer(text):
        if match.start() < at:
            continue
        _add_paragraphs(text[at : match.start()], builder)
        at = match.end()
        if match["head"]:
            title, at = _group(text, at, _MAX_TITLE_CHARS)
            builder.add("heading", _plain(title), _LEVELS[match["head"]])
        elif match["caption"] is not None:
            caption, at = _group(text, at, _MAX_TITLE_CHARS)
            builder.add("paragraph", _plain(caption))
        elif match["code"]:
            builder.add("code", codes[int(match["code"])])
        else:
            content, at = _environment(text, match["list"] or match["table"], at)
            if match["list"]:
                builder.add("list", "\n".join(_items(content, match["list"])))
            else:
                _add_table(content, match["table"], builder)
    _add_paragraphs(text[at:], builder)


def _environment(text: str, name: str, at: int) -> tuple[str, int]:
    """What stands between the begin of an environment, which is before, and its end."""
    depth = 1
    for match in re.compile(rf"\\(begin|end)\{{{re.escape(name)}\}}").finditer(text, at):
        depth += 1 if match[1] == "begin" else -1
        if depth == 0:
            return text[at : match.start()], match.end()
    return text[at:], len(text)


def _add_paragraphs(text: str, builder: PageBuilder) -> None:
    for part in re.split(r"\n[ \t]*\n|\\par\b", text):
        plain = _plain(part)
        if any(character.isalnum() for character in plain):
            builder.add("paragraph", plain)


def _items(text: str, kind: str) -> Iterator[str]:
    """The items of a list; those of a list in it follow the item that it is in."""
    parts = re.split(r"\\item(?![A-Za-z])", text)
    for number, part in enumerate(parts[1:], 1):
        label = _LABEL.match(part)
        words = _plain(part[label.end() if label else 0 :])
        marker = f"{number}." if kind == "enumerate" else "-"
        yield f"{marker} {_plain(label[1])}: {words}" if label else f"{marker} {words}"


def _add_table(text: str, kind: str, builder: PageBuilder) -> None:
    at = 0
    for _ in range(2 if kind in ("tabularx", "tabular*", "tabulary") else 1):
        placed = re.match(r"\s*\[[^\]]{0,200}\]", text[at:])
        at = _group(text, at + (placed.end() if placed else 0))[1]
    rows: list[list[MarkupCell]] = []
    for row in re.split(r"\\\\(?:\[[^\]]{0,200}\])?|\\tabularnewline", text[at:]):
        cells = []
        for cell in re.split(r"(?<!\\)&", re.sub(r"\\(?:hline|(?:top|mid|bottom)rule)\b", "", row)):
            across = re.match(r"\s*\\multicolumn\{(\d{1,2})\}", cell)
            words = _group(cell, _group(cell, across.end())[1])[0] if across else cell
            cells.append(MarkupCell(_plain(words), 1, max(1, int(across[1])) if across else 1))
        if any(cell.text for cell in cells):
            rows.append(cells)
    builder.add_table(laid_out(rows))


def _plain(text: str) -> str:
    """Words without commands, accents as letters, formulas as they are written."""
    formulas: list[str] = []

    def formula_mark(match: re.Match[str]) -> str:
        if (figure := figure_of(match)) is not None:
            return figure
        formulas.append(match[0])
        return f"\x01{len(formulas) - 1}\x01"

    text = _FORMULA.sub(formula_mark, with_degrees(text))
    text = _with_closed_footnotes(_FOOTNOTE.sub(" (Footnote: \x03", text))
    text = re.sub(r"\\href\{([^{}]*)\}\{([^{}]*)\}", r"\2 (\1)", text)
    text = re.sub(r"\\(?:sout|st|cancel|xout)\s*\{[^{}]*\}", "", text)
    text = re.sub(r"\\(?:ref|eqref|pageref|autoref)\{[^{}]*\}", "", text)
    text = with_figures(text)
    text = _SILENT.sub("", text)
    text = with_letters(text)
    text = re.sub(r"\\\\(?:\[[^\]]{0,200}\])?", "\n", text)
    text = re.sub(r"\\([%&$#_{}])", lambda match: f"\x02{ord(match[1])}\x02", text)
    text = _COMMAND.sub(_space_of, _ENVIRONMENT.sub("", text))
    text = text.replace("~", " ").replace("---", "—").replace("--", "–")
    text = text.replace("``", "“").replace("''", "”")
    text = re.sub(r"[{}]|(?<!\\)&", "", text)
    text = re.sub("\x02(\\d+)\x02", lambda match: chr(int(match[1])), text)
    text = re.sub("\x01(\\d+)\x01", lambda match: formulas[int(match[1])], text)
    return re.sub(r" +([.,;:)])", r"\1", " ".join(text.split()))


def _with_closed_footnotes(text: str) -> str:
    """A text in which each mark of an open footnote has its bracket where its brace ends."""
    is_footnote: list[bool] = []

    def closed(match: re.Match[str]) -> str:
        if match[0] in "{\x03":
            is_footnote.append(match[0] == "\x03")
            return "" if match[0] == "\x03" else "{"
        return ")" if match[0] == "}" and is_footnote and is_footnote.pop() else match[0]

    return _BRACE.sub(closed, text) if "\x03" in text else text


def _space_of(match: re.Match[str]) -> str:
    return " " if match[0][1:] in ",;: \n\t" else ""
