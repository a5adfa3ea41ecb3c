"""Values that stand beside their label: form lines, table cells, headings, defined roles.

``Expiry date: 3 May 2026`` says by itself what it is, and needs no judgment of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag_infer.cite.typed_values import ValueKind, values
from rag_infer.extraction.fields import ValueType
from rag_infer.tables.figures import is_blank

_MAX_LABEL_CHARS = 60
_MAX_VALUE_CHARS = 300
_MAX_LINES = 4_000
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_COLON = re.compile(
    r"(?P<label>[^\W\d_#][^:|=.;?!\n]{0,58}?(?:\([^()\n]{1,20}\))?(?:\bNo\.|\bNr\.)?)\s*(?:\*\*|__)?"
    r"[:=](?:\*\*|__)?(?:[ \t]+|$)(?:\*\*|__)?(?P<value>.*)"
)
_NEXT_LABEL = re.compile(r"(?:\s{3,}|\t|\s\|\s|;\s+)(?=[^\W\d_][^:|\n]{0,40}:\s)")
_LEADER = re.compile(
    r"(?P<label>[^\W\d_][^|:\n]{0,58}?)(?:\s*\.{3,}\s*|\t+|\s{3,}|…+\s*)(?P<value>\S.*)"
)
_MARKS = re.compile(r"\s*(?:[-*+•◦▪>]\s+|#{1,6}\s+|\*\*|__|\(?\d{1,3}[.)]\s+)*")
_HEADING = re.compile(
    r"\s*(?:#{1,6}\s+|\*\*)?(?:\d{1,3}(?:\.\d{1,3})*\.?\s+)?(?P<label>[^\W\d_].*?)(?:\*\*)?\s*$"
)
_ROLE = re.compile(
    r"(?P<name>[^\n;]{0,300}?)\s{0,9}\((?:hereinafter |nachfolgend |(?:im )?folgenden )?"
    r"(?:called |referred to as )?"
    r"(?:the |der |die |das )?[\"“„](?P<label>[^\W\d_][\w -]{1,40})[\"”“]\)"
)
_ROLE_START = re.compile(
    r"^(?:.*?\b(?:between|by|and|from|to|is made with|between:)\s+)?(?:\(?\d{1,2}[.)]\s*)?",
    re.IGNORECASE,
)
_WORD_VALUE = re.compile(
    r"(?P<label>(?:[^\W\d_][^\d|:.\n]{0,57}\s+)?(?:No|Nr)\.|[^\W\d_][^\d|:.\n]{1,58}?)\s+"
    r"(?=[\d€£$+-]|(?<=\.\s)[A-Z]{1,5}-?\d)(?P<value>\S.*)"
)
_TRAILING = re.compile(r"[\s*_|]+$")
_KINDS: dict[ValueType, ValueKind] = {
    "date": "date",
    "duration": "duration",
    "money": "money",
    "number": "count",
    "percent": "percent",
}
_FIGURE = re.compile(r"[-−]?\d[\d.,'’\u00a0\u202f]*(?:\d|[.,]-)?")
_NUMBER_START = re.compile(r"(?:\b[^\W\d_]+-|\b(?:one|two|three|a) )$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LabeledValue:
    """``text[start:end]`` is said by ``label``; ``text[quote_start:quote_end]`` shows both."""

    label: str
    start: int
    end: int
    quote_start: int
    quote_end: int


def labeled_values(text: str) -> Iterator[LabeledValue]:
    """Every value of a page that stands beside a label, in order."""
    lines = [(m.start(), m.end()) for m in _LINE.finditer(text)][:_MAX_LINES]
    for n, (start, end) in enumerate(lines):
        line = text[start:end]
        following = lines[n + 1] if n + 1 < len(lines) else None
        if " | " in line:
            yield from _cells(text, lines, n)
        elif pairs := list(_pairs(text, start, end, following)):
            yield from pairs
        elif match := _LEADER.match(line, _MARKS.match(line).end()):  # type: ignore[union-attr]
            yield from _value(text, match["label"], start + match.start("value"), end, start)
        else:
            yield from _under_heading(text, start, end, following)
        if match := _WORD_VALUE.match(line):
            yield from _value(text, match["label"], start + match.start("value"), end, start)
        for role in _ROLE.finditer(line) if "(" in line else ():
            name_start = role.start("name") + _ROLE_START.match(role["name"]).end()  # type: ignore[union-attr]
            yield from _value(
                text, role["label"], start + name_start, start + role.end("name"), start,
                start + role.end(),
            )  # fmt: skip


def value_places(
    value_type: ValueType, text: str, *, is_cell: bool = False
) -> list[tuple[int, int]]:
    """Places in a text that have the form of a type.

    Args:
        value_type: The type of a field.
        text: Any text.
        is_cell: The text stands beside a label, where an amount may lack its currency.
    """
    kind = _KINDS.get(value_type)
    if kind is None:
        return []
    places = [(_number_start(text, a), b) for a, b in values(kind, text)]
    if value_type == "money" and is_cell and not places:
        return [m.span() for m in _FIGURE.finditer(text)]
    return places


def _number_start(text: str, start: int) -> int:
    """Where a number in words begins: "five (45) days" goes on from "forty-"."""
    first = max(0, start - 12)
    match = _NUMBER_START.search(text, first, start)
    if match is None or (match[0].endswith(" ") and not text.startswith("hundred", start)):
        return start
    return match.start()


def _pairs(
    text: str, start: int, end: int, following: tuple[int, int] | None
) -> Iterator[LabeledValue]:
    """``Key: value`` pairs of a line; a value may stand on the line below."""
    cuts = [start, *(start + m.end() for m in _NEXT_LABEL.finditer(text[start:end])), end]
    for first, last in pairwise(cuts):
        part = text[first:last]
        offset = _MARKS.match(part).end()  # type: ignore[union-attr]
        match = _COLON.match(part, offset)
        if match is None:
            continue
        if match["value"].strip(" *_"):
            yield from _value(text, match["label"], first + match.start("value"), last, first)
        elif following is not None and last == end and not _is_labeled(text[slice(*following)]):
            yield from _value(text, match["label"], *following, first)


def _is_labeled(line: str) -> bool:
    return _COLON.match(line, _MARKS.match(line).end()) is not None  # type: ignore[union-attr]


def _under_heading(
    text: str, start: int, end: int, following: tuple[int, int] | None
) -> Iterator[LabeledValue]:
    """A short line below a line that is a label only."""
    match = _HEADING.match(text[start:end])
    if match is None or following is None or end - start > _MAX_LABEL_CHARS:
        return
    below = text[slice(*following)].strip()
    is_value = (
        len(below) <= _MAX_LABEL_CHARS
        and not below.endswith((".", ":", "?", "!"))
        and not below.startswith("#")
        and not _is_labeled(below)
    )
    is_heading = (
        text[start:end].lstrip().startswith(("#", "**")) or "\n\n" in (text[end : following[0]])
    )
    if is_value and is_heading:
        yield from _value(text, match["label"], *following, start)


def _cells(text: str, lines: list[tuple[int, int]], n: int) -> Iterator[LabeledValue]:
    """Cells of a row under its first cell, and those of a table of one record under its header."""
    start, end = lines[n]
    cells = _cell_places(text, start, end)
    filled = [(a, b) for a, b in cells if b > a and not set(text[a:b]) <= set("-: ")]
    if len(filled) == 2:
        (label_start, label_end), (value_start, value_end) = filled
        yield from _value(text, text[label_start:label_end], value_start, value_end, start, end)
    elif len(filled) > 2:
        figures = [(a, b) for a, b in filled[1:] if any(c.isdigit() for c in text[a:b])]
        if len(figures) == 1:
            label = text[slice(*filled[0])]
            yield from _value(text, label, *figures[0], start, end)
    table = _table_rows(text, lines, n)
    if table is None:
        return
    header, row = table
    for (label_start, label_end), (value_start, value_end) in zip(header, row, strict=True):
        label = text[label_start:label_end]
        yield from _value(text, label, value_start, value_end, row[0][0], row[-1][1])


def _table_rows(
    text: str, lines: list[tuple[int, int]], n: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
    """Header and only row of a table that begins at line n."""
    if n and " | " in text[slice(*lines[n - 1])] and lines[n][0] - lines[n - 1][1] <= 1:
        return None
    block = [n]
    while block[-1] + 1 < len(lines) and lines[block[-1] + 1][0] - lines[block[-1]][1] <= 1:
        if " | " not in text[slice(*lines[block[-1] + 1])]:
            break
        block.append(block[-1] + 1)
    rows = [
        places
        for places in (_cell_places(text, *lines[i]) for i in block)
        if not all(set(text[a:b]) <= set("-: ") for a, b in places)
    ]
    if len(rows) != 2 or len(rows[0]) != len(rows[1]) or len(rows[0]) < 2:
        return None
    if any(c.isdigit() for a, b in rows[0] for c in text[a:b]):
        return None  # two pairs of a key and a value
    return rows[0], rows[1]


def _cell_places(text: str, start: int, end: int) -> list[tuple[int, int]]:
    places = []
    at = start
    for cell in text[start:end].split("|"):
        first = at + len(cell) - len(cell.lstrip())
        places.append((first, max(first, at + len(cell.rstrip()))))
        at += len(cell) + 1
    if places and places[0][0] >= places[0][1] and text[start:end].lstrip().startswith("|"):
        places = places[1:]  # of Markdown, which has a mark at both ends
        if places and places[-1][0] >= places[-1][1]:
            places.pop()
    return places


def _value(
    text: str, label: str, start: int, end: int, quote_start: int, quote_end: int | None = None
) -> Iterator[LabeledValue]:
    value = text[start:end]
    start += len(value) - len(value.lstrip(" *_\t"))
    end = start + len(_TRAILING.sub("", text[start:end]))
    label = label.strip(" *_\t#")
    value = text[start:end]
    is_filled = not is_blank(value) and bool(value.strip("_. …-")) and not value.endswith(":")
    if not label or not value or not is_filled:
        return
    if end - start <= _MAX_VALUE_CHARS and len(label) <= _MAX_LABEL_CHARS:
        yield LabeledValue(label, start, end, quote_start, quote_end or end)
