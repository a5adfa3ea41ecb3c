"""Which documents can contradict each other.

The leave policies of two countries, two contracts and two invoices say other things of other
things; two versions of a tariff, or a handbook and a FAQ, of the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag_infer.cite.document_context import document_context
from rag_infer.cite.text_normalization import words
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve.document_dates import Date, document_date, series, validity_date

PairKind = Literal["versions", "others"]

# Not in names of files and addresses, which are written small whatever they are names of.
_LOWER = re.compile(r"(?<![\w./@-])[a-zà-ÿ]{3,}(?![\w/@]|[.-]\w)")
_SPLIT = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_IDENTIFIER = re.compile(r"(?=.*\d)[A-Za-z\d]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_VERSION = re.compile(r"v?\d{1,2}(?:st|nd|rd|th)?", re.IGNORECASE)
_FORM_LINE = re.compile(
    r"^\W*(?:no|nr|number|invoice|order|bill|rechnung)\b\.?:?\s*\S*\d", re.I | re.M
)
# What a name says of the state of a document, not of its subject.
_STATE = re.compile(
    r"\b(?:final|draft|copy|new|old|latest|v|rev|version|edition|signed|archive|backup)\b ?"
)
# Records of what happened: a later one does not replace an earlier one.
_RECORD = re.compile(
    r"\b(?:minutes|meeting|protokoll|invoice|bill|order|statement|rota|report|log|quote|rechnung)s?\b"
)
_GENERIC = frozenset(
    "faq faqs handbook policy policies price prices pricelist list tariff rules guide notes manual "
    "procedure agreement contract letter memo final draft copy readme index overview summary doc "
    "document info information general company staff employee customer member new old the of and "
    "for to in on at by re fw".split()
)
_OPENING_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class ComparedDocument:
    """A document with what decides which others it can contradict.

    ``stem`` are the words of its name without dates, ``names`` words of its name and title that
    are names of something, ``identifiers`` numbers there that are no dates, ``text_keys`` the keys
    of all of its words.
    """

    row: DocumentRow
    date: Date | None
    series: str
    stem: tuple[str, ...]
    names: frozenset[str]
    identifiers: frozenset[str]
    text_keys: frozenset[str]
    defines_roles: bool
    is_record: bool


def common_words(text: str) -> set[str]:
    """Words that a text writes small: they are no names."""
    return set(_LOWER.findall(text))


def compared_document(row: DocumentRow, pages: list[str], common: set[str]) -> ComparedDocument:
    """A document as it is compared.

    Args:
        row: Its row of the catalog.
        pages: The texts of its pages.
        common: Words that any document writes small.
    """
    opening = pages[0][:_OPENING_CHARS] if pages else ""
    stem = row.id.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    tokens = [t for t in _SPLIT.split(stem) if t]
    in_title = [t for t in _SPLIT.split(row.title or "")[1:] if t[:1].isupper()]
    names = {t.lower() for t in (*tokens, *in_title) if t.isalpha() and len(t) > 1}
    names = {n for n in names if n not in common and n not in _GENERIC}
    names = {n for n in names if not document_date(f"1 {n} 2020")}
    bare = series(stem.replace("_", " "))
    path = series(row.id.rsplit(".", 1)[0])
    dated = document_date(stem.replace("_", " ")) is not None
    identifiers = set() if dated else {
        t.lower() for t in tokens
        if _IDENTIFIER.fullmatch(t) and not _YEAR.fullmatch(t) and not _VERSION.fullmatch(t)
    }  # fmt: skip
    context = document_context(row.id, row.title, opening)
    return ComparedDocument(
        row,
        validity_date(row.id, row.title, opening, row.metadata),
        " ".join(_STATE.sub("", bare if dated else path).split()),
        tuple(_STATE.sub("", bare).split()),
        frozenset(names),
        frozenset(identifiers),
        frozenset(w.key for page in pages for w in words(page)),
        bool(context.roles),
        row.format == "mail" or _FORM_LINE.search(opening) is not None,
    )


def pair_kind(one: ComparedDocument, other: ComparedDocument) -> PairKind | None:
    """How two documents relate: versions of one, documents of the same things, or neither."""
    if one.identifiers != other.identifiers or _is_parallel(one, other):
        return None
    if one.series == other.series and one.names == other.names:
        is_dated = one.date is not None and other.date is not None and one.date != other.date
        if is_dated:
            return None if _RECORD.search(one.series) else "versions"
        return "others"
    if one.defines_roles or other.defines_roles or one.is_record or other.is_record:
        return None
    return "others" if _covers(one, other) and _covers(other, one) else None


def _is_parallel(one: ComparedDocument, other: ComparedDocument) -> bool:
    """Whether documents are named alike but for one word, or lie under one name in two folders.

    "cast contract Idris" and "cast contract Mei", "leeds/handbook" and "bristol/handbook".
    """
    first, second = one.stem, other.stem
    if first == second:
        return one.series != other.series
    different = sum(a != b for a, b in zip(first, second, strict=False))
    return len(first) == len(second) > 1 and different == 1


def _covers(one: ComparedDocument, other: ComparedDocument) -> bool:
    """Whether a document speaks of all that the other is named after."""
    text = {w.key for name in other.names for w in words(name)}
    return text <= one.text_keys
