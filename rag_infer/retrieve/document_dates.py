"""Dates of documents: in their names, folders and titles, in what they say of their validity.

The time of a file says when it was copied, and is never such a date.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from rag_infer.languages.cldr_forms import month_names
from rag_infer.names import MONTHS
from rag_infer.types import Scalar

Date = tuple[int, int, int]  # year, month, day; 0 where it is not said

_MONTHS = [name[:3].lower() for name in MONTHS]
_ISO = re.compile(r"\b((?:19|20)\d\d)[\s_.-](\d\d)(?:[\s_.-](\d\d))?\b")
_LONG = re.compile(r"\b(\d{1,2})\.? ([a-z]{3,9}) ((?:19|20)\d\d)\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"\b([a-z]{3,9})\.? (\d{1,2}),? ((?:19|20)\d\d)\b", re.IGNORECASE)
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b")
_QUARTER = re.compile(
    r"\b(?:q|quarter |quartal )([1-4])\b[\s_.-]*(?:of |fy ?)?((?:19|20)\d\d)\b"
    r"|\b((?:19|20)\d\d)[\s_.-]*(?:q|quarter |quartal )([1-4])\b"
    r"|\b(first|second|third|fourth|1st|2nd|3rd|4th) quarter(?: of|,)?(?: fiscal(?: year)?)? "
    r"((?:19|20)\d\d)\b"
    r"|\b([1-4])\. quartal ((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_MONTHS_OF_QUARTER = 3
_YEAR = re.compile(r"(?<![\d-])((?:19|20)\d\d)(?![\d-])")
_VALID_FROM = re.compile(
    r"\b(?:valid|effective|applicable|applies|in force|binding)(?: as)? (?:from|of|since|on)\b[: ]*"
    r"|\b(?:takes? effect on|effective date|valid from|version of|edition of|as of)\b[: ]*"
    r"|\b(?:gültig|gilt) (?:ab|seit|vom)\b[: ]*|\bstand:? ",
    re.IGNORECASE,
)
_OPENING_CHARS = 600
_DATE_CHARS = 24
_METADATA = ("date", "published")  # of a mail or an article; files are dated by programs


def document_date(label: str) -> Date | None:
    """The date in the name or title of a document; of a quarter its last month."""
    if match := _QUARTER.search(label):
        groups = [group for group in match.groups() if group]
        year = next(int(g) for g in groups if len(g) == 4 and g.isdigit())
        quarter = next(g.lower() for g in groups if g != str(year))
        number = _QUARTERS.get(quarter) or int(quarter[0])
        return year, number * _MONTHS_OF_QUARTER, 0
    if match := _LONG.search(label):
        month = match[2].lower()[:3]
        if month in _MONTHS:
            return int(match[3]), _MONTHS.index(month) + 1, int(match[1])
    if match := _ISO.search(label):
        month, day = int(match[2]), int(match[3] or 0)
        if not 1 <= month <= 12:  # the season 2025-26
            return int(match[1]), 0, 0
        return int(match[1]), month, day if day <= 31 else 0
    return None


def month_number(name: str) -> int | None:
    """The number of a month by its English or German name, "May", "Sept" or "März"; else None."""
    word = name.lower()
    for number, (english, german) in enumerate(zip(MONTHS, month_names("de"), strict=True), 1):
        if word in {english.lower(), english[:3].lower(), *german}:
            return number
    return None


@functools.lru_cache(maxsize=4096)  # asked of all documents for each question
def version_date(document_id: str, label: str) -> Date | None:
    """The date of a document by its name or title, else by the year of its name or folder."""
    if date := document_date(label):
        return date
    for text in (label, *reversed(PurePosixPath(document_id).parts)):
        years = set(_YEAR.findall(text.replace("_", " ")))
        if len(years) == 1:
            return int(years.pop()), 0, 0
    return None


def series(label: str) -> str:
    """What is left of a name or title without its dates and numbers: equal in a series."""
    plain = _LONG.sub(" ", label.lower())
    return " ".join(w for w in re.findall(r"[^\W\d_]+", plain) if w[:3] not in _MONTHS)


def validity_date(
    document_id: str, title: str | None, opening: str, metadata: Mapping[str, Scalar]
) -> Date | None:
    """From when a document counts.

    Args:
        document_id: Its id, whose folders may be years.
        title: Its title.
        opening: The beginning of its text, which may say "valid from 1 March 2025".
        metadata: That of the document; the date of a mail is there.

    Returns:
        The date that the opening states, else that of name or title, else that of a mail; None for
        an undated document.
    """
    for match in _VALID_FROM.finditer(opening[:_OPENING_CHARS]):
        text = opening[match.end() : match.end() + _DATE_CHARS].split("\n", maxsplit=1)[0]
        if date := _date_at_start(text):
            return date
    name = PurePosixPath(document_id.split("#", 1)[0]).stem.replace("_", " ")
    date = version_date(document_id, name) or (document_date(title) if title else None)
    return date or _metadata_date(metadata)


def is_later(date: Date, as_of: str) -> bool:
    """Whether a date is after ``2024``, ``2024-06`` or ``2024-06-30``, as far as both say."""
    limit = tuple(int(part) for part in as_of.split("-"))
    return date[: len(limit)] > limit


def _date_at_start(text: str) -> Date | None:
    date = document_date(text)
    if date is None and (match := _MONTH_FIRST.match(text)):
        month = match[1].lower()[:3]
        if month in _MONTHS:
            date = int(match[3]), _MONTHS.index(month) + 1, int(match[2])
    if date is None and (match := _DOTTED.match(text)):
        date = int(match[3]), int(match[2]), int(match[1])
    if date is None and (match := _YEAR.match(text)):
        date = int(match[1]), 0, 0
    return date


def _metadata_date(metadata: Mapping[str, Scalar]) -> Date | None:
    lowered = {name.lower(): str(value) for name, value in metadata.items()}
    for name in _METADATA:
        value = lowered.get(name, "")
        if date := document_date(value):
            return date
        with suppress(ValueError):
            sent = parsedate_to_datetime(value)
            return sent.year, sent.month, sent.day
    return None
