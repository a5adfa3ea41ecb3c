"""What documents state, with the figures and dates of each statement apart from its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag_infer.cite.answer_units import answer_units
from rag_infer.cite.text_normalization import content, words
from rag_infer.cite.typed_values import ValueKind, values
from rag_infer.extraction.fields import ValueType
from rag_infer.extraction.value_parsing import currencies, parse_value

MAX_STATEMENTS = 1500  # of a document
_MAX_UNIT_CHARS = 400
_MAX_PAGE_CHARS = 60_000
_MAX_VALUES = 4  # of a statement; a line of more is a row of figures
# Tried in this order; a place belongs to the first kind that has it.
_KINDS: tuple[ValueKind, ...] = (
    "date", "clock", "money", "percent", "duration", "contact", "count",
)  # fmt: skip
_PARSED: dict[ValueKind, ValueType] = {
    "date": "date", "money": "money", "percent": "percent", "duration": "duration",
    "count": "number",
}  # fmt: skip
_RELATIVE = re.compile(
    r"\b(?:this|that|these|those|it|he|she|they|its|his|her|their|following|above|below|page|"
    r"clause|section|schedule|agreement|party|parties|party's|we|you|your|our|I)\b",
    re.IGNORECASE,
)
_SHORT_NUMBER = re.compile(r"\d{1,4}")  # no telephone's
_LIST_MARK = re.compile(r"\s*(?:\(?\d{1,3}(?:\.\d{1,3})*[.)]?|[-*•])\s+")
_NEGATION = re.compile(r"\b(?:not|no|never|without|except|unless|nicht|kein\w*)\b|n't\b", re.I)


@dataclass(frozen=True, slots=True)
class StatedValue:
    """``page[start:end]`` is a value of a kind; ``norm`` is equal for other spellings of it."""

    kind: ValueKind
    start: int
    end: int
    norm: str


@dataclass(frozen=True, slots=True)
class ComparedStatement:
    """``page[start:end]`` of a document.

    ``keys`` are those of its meaningful words without values, ``names`` of the capital ones among
    them, ``signature`` the kinds of its values in order, ``heading`` the keys of what is above it.
    """

    document: int
    page_number: int
    start: int
    end: int
    text: str
    keys: frozenset[str]
    names: frozenset[str]
    heading: frozenset[str]
    title: str
    values: tuple[StatedValue, ...]
    is_negated: bool
    is_relative: bool

    @property
    def signature(self) -> tuple[ValueKind, ...]:
        return tuple(value.kind for value in self.values)


def statements(document: int, page_number: int, page: str) -> Iterator[ComparedStatement]:
    """The statements of a page that hold a value, in order."""
    page = page[:_MAX_PAGE_CHARS]
    for unit in answer_units(page):
        if unit.kind in ("list", "mail header") or unit.end - unit.start > _MAX_UNIT_CHARS:
            continue
        text = page[unit.start : unit.end]
        mark = _LIST_MARK.match(text)
        offset = mark.end() if mark and unit.kind != "row" else 0
        places = _values(text, offset)
        if not 1 <= len(places) <= _MAX_VALUES:
            continue
        bare = _masked(text, places, offset)
        parsed = content(words(bare))
        heading = f"{unit.heading} {unit.presupposed}" if unit.kind != "row" else unit.heading
        yield ComparedStatement(
            document, page_number, unit.start, unit.end, text,
            frozenset(w.key for w in parsed if not w.number),
            frozenset(w.key for w in parsed if w.capital and w.start > 0),
            frozenset(w.key for w in content(words(heading)) if not w.number),
            " ".join(bare.replace("|", " ").replace("*", "").split()),
            tuple(
                StatedValue(kind, unit.start + a, unit.start + b, _norm(kind, text[a:b]))
                for kind, a, b in places
            ),
            _NEGATION.search(bare) is not None,
            _RELATIVE.search(bare) is not None,
        )  # fmt: skip


def _values(text: str, offset: int) -> list[tuple[ValueKind, int, int]]:
    taken: list[tuple[ValueKind, int, int]] = []
    for kind in _KINDS:
        for start, end in values(kind, text):
            if start < offset or any(start < b and a < end for _, a, b in taken):
                continue
            if kind == "contact" and _SHORT_NUMBER.fullmatch(text[start:end]):
                continue
            taken.append((kind, start, end - text[start:end].endswith(".")))
    return sorted(taken, key=lambda value: value[1])


def _masked(text: str, places: list[tuple[ValueKind, int, int]], offset: int) -> str:
    parts = []
    at = offset
    for _, start, end in places:
        parts.append(text[at:start])
        at = end
    return " … ".join([*parts, text[at:]])


def _norm(kind: ValueKind, text: str) -> str:
    value_type = _PARSED.get(kind)
    parsed = parse_value(value_type, text) if value_type else None
    if parsed is None:
        return " ".join(re.sub(r"[^\w%]+", " ", text.lower()).split())
    return f"{parsed[0]} {parsed[1] or ''.join(currencies(text))}".strip()
