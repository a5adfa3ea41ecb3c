"""The pieces of a text that can be quoted as an answer, each with the words that it presupposes.

A sentence is one such unit; so are a table row (which presupposes its header), the answer of a
question-answer pair (its question), a line of a form, a list with its lead-in and each of its
items. A heading is no unit: its words are presupposed by what follows.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import Literal

from rag_infer.cite.footnotes import MARKS_AT_END, has_references, note_of_reference
from rag_infer.cite.note_marks import CALLOUT, callouts, without_block_id, without_quote_marks
from rag_infer.sentences import LOG_TIME, sentences

UnitKind = Literal["sentence", "row", "pair", "entry", "list", "item", "mail header"]

LOG_ENTRY = re.compile(LOG_TIME)
MAX_LIST_CHARS = 700
MAX_PAIR_CHARS = 400  # a longer answer of a pair is quoted by the sentence
# What a sentence begins with that speaks of what the sentence before it names.
PRONOUN = re.compile(
    r"(?:It|They|He|She|This|These|That|Those|Its|Their|His|Her|Es|Er|Sie|Dies|Diese|"
    r"The (?:proposal|motion|request|offer|application|suggestion|complaint)|"
    r"Der (?:Antrag|Vorschlag))\b"
)
_MAX_ANTECEDENT_CHARS = 240
_MAX_HEADING_CHARS = 80
QUESTION_MARKS = ("?", "？", "؟")
_NO_HEADING_ENDS = """.!?;:,|”"。！？；：，।॥؟۔،؛"""
_MAX_QUESTION_CHARS = 160
_BLOCK = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_ITEM = re.compile(r"\s*(?:[-*+•◦▪‣·–]\s|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s)")
_MARKED_QUESTION = re.compile(r"\s*(?:\*\*)?(?:Q|Question|F|Frage)\s*\d*\s*[:.)]\s*(?:\*\*)?", re.I)
_MARKED_ANSWER = re.compile(r"\s*(?:\*\*)?(?:A|Answer|Antwort)\s*\d*\s*[:.)]\s*(?:\*\*)?", re.I)
_ENTRY = re.compile(r"\s*(?:\*\*)?([^\W\d_][^:|.;?!\n]{0,38}?)(?:\*\*)?:(?:\*\*)?\s+(?=\S)")
_NUMBERS = re.compile(r"\d[\d.,]*")
_HASHES = re.compile(r"\s*#{1,6}\s+")
_NUMBERED_HEADING = re.compile(
    r"\s*(?:§\s*)?(?:\d{1,3}|[IVX]{1,5})(?:\.\d{1,3})*\.?\s+[^\W\d_][^.;:!?|]{1,70}$"
)
_MAIL_HEADER = re.compile(
    r"\s*(?:From|To|Cc|Bcc|Sent|Date|Subject|Reply-To|Von|An|Gesendet|Datum|Betreff):\s", re.I
)
# Of the subject of a mail, which stands above its text like a heading.
_REPLY_PREFIX = re.compile(r"(?:(?:Re|Fwd?|AW|WG|SV|VS|TR|RV|R|I)(?:\[\d+\])?:\s+)+", re.IGNORECASE)
_FORWARDED = re.compile(
    r"[-_\s>]*(?:-{2,}[^-\n]{3,60}-{2,}|begin forwarded message:|_{5,})\s*$", re.IGNORECASE
)
_CLAUSE_TITLE = re.compile(r"\s*\d{1,2}(?:\.\d{1,2})*[.)]?\s+([^\W\d_][^.:;?!\n]{2,50})\.\s+(?=\S)")
_MARKS = re.compile(r"(?:[-*+•◦▪‣·–]\s+|#{1,6}\s+|>+\s+)+")


@dataclass(frozen=True, slots=True)
class AnswerUnit:
    """``text[start:end]`` can be quoted.

    ``presupposed`` are words that count as said by it: its question, header or lead-in.
    ``heading`` is the nearest heading above it within the text.
    """

    start: int
    end: int
    kind: UnitKind
    presupposed: str = ""
    heading: str = ""


@functools.lru_cache(maxsize=1024)
def answer_units(text: str) -> tuple[AnswerUnit, ...]:
    """The units of a text, in order; a list comes before its items."""
    units: list[AnswerUnit] = []
    blocks = [(m.start(), m.end()) for m in _BLOCK.finditer(text)]
    heading = question = ""
    lead_in: tuple[int, int] | None = None
    for n, (block_start, block_end) in enumerate(blocks):
        start = block_start
        lines = _lines(text, block_start, block_end)
        if not lines:
            continue
        end = lines[-1][1]
        while len(lines) > 1 and _stands_above(*(text[slice(*line)] for line in lines[:2])):
            heading, question, lead_in = _bare(text[slice(*lines[0])]), "", None
            lines = lines[1:]
            start = lines[0][0]
        first = text[slice(*lines[0])]
        if CALLOUT.match(first):
            # Its title is the heading of what stands in it, and of nothing after it.
            units += _callouts(text, lines)
            question, lead_in = "", None
            continue
        is_last = n + 1 == len(blocks)
        if not is_last and len(lines) == 1 and _is_question(first):
            question = _bare(first)
            continue
        is_numbered_heading = _NUMBERED_HEADING.match(first) is not None and not (
            n + 1 < len(blocks) and _NUMBERED_HEADING.match(text[slice(*blocks[n + 1])])
        )
        if (
            not is_last
            and len(lines) == 1
            and (is_numbered_heading or (lead_in is None and _is_heading(first)))
        ):
            heading, question, lead_in = _bare(first), "", None
            continue
        if _is_mail_header([text[slice(*line)] for line in lines]):
            headers = [line for line in lines if _MAIL_HEADER.match(text[slice(*line)])]
            units += [AnswerUnit(a, b, "mail header", "", "") for a, b in headers]
        elif _is_row(first) or (len(lines) > 1 and _is_row(text[slice(*lines[-1])])):
            units += _rows(text, lines, heading)
        elif len(lines) > 1 and _is_question(first):
            units += _pair(text, lines[1][0], end, _bare(first), heading)
        elif question and not _ITEM.match(first):
            units += _pair(text, start, end, question, heading)
        elif _ITEM.match(first) and (len(lines) > 1 or lead_in is not None):
            units += _items(text, lines, lead_in, heading)
            continue  # further items may follow the same lead-in
        elif (
            len(lines) > 2 and first.rstrip().endswith(":") and _ITEM.match(text[slice(*lines[1])])
        ):
            units += _items(text, lines[1:], lines[0], heading)
        elif LOG_ENTRY.match(first):
            units += _log_entries(text, lines, heading)
        elif len(lines) > 1 and _is_form(text, lines):
            units += _entries(text, lines, heading)
        else:
            units += _plain(text, start, end, heading)
        question = ""
        lead_in = (
            (units[-1].start, units[-1].end) if units and _announces_list(text, units) else None
        )
    return tuple(
        _without_marks(text, unit)
        for unit in _with_references(text, _merge_lists(units))
        if without_block_id(text, unit.start, unit.end) > unit.start
    )


def _with_references(text: str, units: list[AnswerUnit]) -> list[AnswerUnit]:
    """The units; each that is a footnote without its mark, presupposing its reference's words."""
    if not has_references(text):
        return units
    ranges = [(unit.start, unit.end) for unit in units]
    notes = [note_of_reference(text, *place, ranges) for place in ranges]
    return [
        replace(unit, start=note[0], presupposed=unit.presupposed or note[1]) if note else unit
        for unit, note in zip(units, notes, strict=True)
    ]


def _without_marks(text: str, unit: AnswerUnit) -> AnswerUnit:
    """The unit without the bullet or the hashes before its first word, and the name of a block."""
    unit = replace(unit, end=without_block_id(text, unit.start, unit.end))
    marks = _MARKS.match(text, unit.start, unit.end)
    if marks is None or unit.kind == "list" or marks.end() == unit.end:
        return unit
    return replace(unit, start=marks.end())


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a block that hold more than the name of a block."""
    spans = [(start + m.start(), start + m.end()) for m in _LINE.finditer(text[start:end])]
    named = [(a, without_block_id(text, a, b)) for a, b in spans]
    return [(a, b) for a, b in named if a < b]


def _announces_list(text: str, units: list[AnswerUnit]) -> bool:
    """Whether the last unit announces a list."""
    return text[units[-1].start : units[-1].end].rstrip().endswith((":", "："))


def _bare(line: str) -> str:
    line = _HASHES.sub("", line)
    return _MARKED_QUESTION.sub("", line).strip(" *_\t#")


def _is_question(line: str) -> bool:
    plain = line.strip().strip("*_ ")
    if _MARKED_QUESTION.match(line) and len(plain) <= _MAX_QUESTION_CHARS:
        return True
    return plain.endswith(QUESTION_MARKS) and len(plain) <= _MAX_QUESTION_CHARS


def _is_heading(line: str) -> bool:
    if _HASHES.match(line):
        return True
    plain = MARKS_AT_END.sub("", _REPLY_PREFIX.sub("", line.strip()))
    return (
        0 < len(plain) <= _MAX_HEADING_CHARS
        and plain[-1] not in _NO_HEADING_ENDS
        and not re.search(r"[:;] |^\(", plain)
        and not plain[-1].isdigit()
        # "mean height 3.72 metres" is what a program printed.
        and not (plain[0].islower() and any(c.isdigit() for c in plain))
    )


def _stands_above(line: str, following: str) -> bool:
    """Whether a line is a heading with text right below it, by its hashes or its capitals."""
    return _HASHES.match(line) is not None or _is_capital_heading(line, following)


def _is_capital_heading(line: str, following: str) -> bool:
    """Whether a line is a heading by its capitals alone, with text right below it."""
    plain = line.strip()
    return (
        plain.isupper()
        and not following.isupper()
        and _is_heading(line)
        and sum(c.isalpha() for c in plain) * 2 > len(plain)
        and _ITEM.match(line) is None
        and not _is_row(line)
        and len(_NUMBERS.findall(following)) < 2
    )


def _is_mail_header(lines: list[str]) -> bool:
    """Whether lines are the header of a mail, or of one that was forwarded within its text."""
    if _FORWARDED.match(lines[0]):
        lines = lines[1:]
    return bool(lines) and all(_MAIL_HEADER.match(line) for line in lines)


def _is_row(line: str) -> bool:
    return " | " in line or re.match(r"\s*\|.*\|\s*$", line) is not None


def _is_form(text: str, lines: list[tuple[int, int]]) -> bool:
    """Whether each line stands by itself: key-value lines, or lines that were not wrapped."""
    entries = sum(bool(_ENTRY.match(text[slice(*line)])) for line in lines)
    if entries * 2 >= len(lines):
        return True
    longest = max(end - start for start, end in lines)
    complete = sum(
        end - start < 0.75 * longest or text[end - 1].isdigit() or text[start].isdigit()
        for start, end in lines[:-1]
    )
    return (entries > 0 and complete > 0) or complete * 2 > len(lines)


def _callouts(text: str, lines: list[tuple[int, int]]) -> list[AnswerUnit]:
    """The units of callouts, one in another; one that is a title only is a unit itself."""
    units: list[AnswerUnit] = []
    for title, (title_start, title_end), body in callouts(text, lines):
        if not body:
            units += _plain(text, title_start, title_end, "")
        elif all(_ITEM.match(without_quote_marks(text[slice(*line)])) for line in body):
            units += [AnswerUnit(a, b, "item", title, title) for a, b in body]
        else:
            sentences_of_body = _plain(text, body[0][0], body[-1][1], title)
            units += [replace(unit, presupposed=title) for unit in sentences_of_body]
    return units


def _log_entries(text: str, lines: list[tuple[int, int]], heading: str) -> list[AnswerUnit]:
    """The entries of a log, each with its time and the lines that belong to it."""
    starts = [n for n, (a, b) in enumerate(lines) if LOG_ENTRY.match(text, a, b)]
    ends = [*(n - 1 for n in starts[1:]), len(lines) - 1]
    return [
        AnswerUnit(
            lines[n][0], min(lines[end][1], lines[n][0] + MAX_PAIR_CHARS), "entry", "", heading
        )
        for n, end in zip(starts, ends, strict=True)
    ]


def _pair(text: str, start: int, end: int, question: str, heading: str) -> list[AnswerUnit]:
    marker = _MARKED_ANSWER.match(text, start, end)
    start = marker.end() if marker else start
    if start == end:
        return []  # "A:" with nothing after it
    if end - start <= MAX_PAIR_CHARS:
        return [AnswerUnit(start, end, "pair", question, heading)]
    spans = sentences(text[start:end])
    return [AnswerUnit(start + a, start + b, "pair", question, heading) for a, b in spans]


def _rows(text: str, lines: list[tuple[int, int]], heading: str) -> list[AnswerUnit]:
    units: list[AnswerUnit] = []
    header = ""
    for n, (start, end) in enumerate(lines):
        line = text[start:end]
        if not line.strip(" |-:"):
            continue
        if not _is_row(line):
            units += _plain(text, start, end, heading)
            header = ""
        elif not header and n + 1 < len(lines) and _is_header(line):
            header = line
        else:
            units.append(AnswerUnit(start, end, "row", header, heading))
    rows = [unit for unit in units if unit.kind == "row"]
    if heading and len(rows) > 1 and len(rows) == len(units):
        start, end = lines[0][0], rows[-1].end
        if end - start <= MAX_LIST_CHARS:
            units.append(AnswerUnit(start, end, "list", "", heading))
    return units


def _is_header(line: str) -> bool:
    cells = [cell.strip() for cell in line.split("|") if cell.strip()]
    return sum(bool(re.fullmatch(r"[\d.,%€$£\s-]+", c)) for c in cells) * 2 < max(len(cells), 1)


def _items(
    text: str, lines: list[tuple[int, int]], lead_in: tuple[int, int] | None, heading: str
) -> list[AnswerUnit]:
    before = text[slice(*lead_in)] if lead_in else ""
    starts = [line for line in lines if _ITEM.match(text[slice(*line)])]
    after = [line for line in lines if line > starts[-1] and _ENTRY.match(text[slice(*line)])]
    if after and not text[after[0][0]].isspace():  # "Next meeting: ..." is no part of the last item
        end = lines.index(after[0])
        rest = _entries(text, lines[end:], heading)
        return [*_items(text, lines[:end], lead_in, heading), *rest]
    ends = [b[0] for b in starts[1:]] + [lines[-1][1]]
    units = [
        AnswerUnit(start, start + len(text[start:end].rstrip()), "item", before, heading)
        for (start, _), end in zip(starts, ends, strict=True)
    ]
    if lead_in and lines[-1][1] - lead_in[0] <= MAX_LIST_CHARS:
        units.append(AnswerUnit(lead_in[0], lines[-1][1], "list", "", heading))
    return units


def _merge_lists(units: list[AnswerUnit]) -> list[AnswerUnit]:
    """Of lists with the same lead-in the longest; a lead-in that has its list is no unit."""
    longest: dict[int, AnswerUnit] = {}
    for unit in units:
        if unit.kind == "list" and unit.end > longest.get(unit.start, unit).end - 1:
            longest[unit.start] = unit
    kept = []
    for unit in units:
        if unit.kind == "list":
            continue
        kept.append(longest.get(unit.start, unit) if unit.kind == "sentence" else unit)
    present = set(kept)
    kept += [unit for unit in longest.values() if unit not in present]
    return sorted(kept, key=lambda u: (u.start, -u.end))


def _entries(text: str, lines: list[tuple[int, int]], heading: str) -> list[AnswerUnit]:
    units: list[AnswerUnit] = []
    header = ""
    for n, (start, end) in enumerate(lines):
        line = text[start:end]
        numbers = len(_NUMBERS.findall(line))
        following = text[slice(*lines[n + 1])] if n + 1 < len(lines) else ""
        if not numbers and not _ENTRY.match(line) and len(_NUMBERS.findall(following)) >= 2:
            header = line
            continue
        if header and numbers >= 2:
            units.append(AnswerUnit(start, end, "entry", header, heading))
            continue
        spans = sentences(line)
        units += [AnswerUnit(start + a, start + b, "entry", "", heading) for a, b in spans]
    return units


def _plain(text: str, start: int, end: int, heading: str) -> list[AnswerUnit]:
    spans = sentences(text[start:end])
    kind: UnitKind = "entry" if len(spans) == 1 and _ENTRY.match(text, start) else "sentence"
    units: list[AnswerUnit] = []
    for n, (a, b) in enumerate(spans):
        before = ""
        if n and PRONOUN.match(text, start + a):
            before = text[start + spans[n - 1][0] : start + spans[n - 1][1]]
        before = before if len(before) <= _MAX_ANTECEDENT_CHARS else ""
        units.append(AnswerUnit(start + a, start + b, kind, before, heading))
    return units


def entry_value(text: str) -> tuple[int, int] | None:
    """The value of a ``key: value`` line, as characters of it."""
    match = _ENTRY.match(text)
    return (match.end(), len(text.rstrip())) if match else None


def unit_label(text: str, kind: UnitKind) -> tuple[int, int] | None:
    """The words at the beginning of a unit that say what it is about, as characters of it.

    The key of a ``key: value`` line, the first cell of a row, the title of a numbered clause.
    """
    if kind == "row":
        cell = re.search(r"[^|\s][^|]*", text)
        return (cell.start(), cell.end()) if cell and cell.end() < len(text) else None
    match = _ENTRY.match(text) or _CLAUSE_TITLE.match(text)
    return match.span(1) if match else None
