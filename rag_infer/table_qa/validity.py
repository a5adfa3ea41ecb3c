"""The time for which a table holds, by its caption, and the time that a question asks about.

"From Oct 2025", "valid until 31 December 2025", "rates 2026": where tables say it, a question
"since October 2025" or "in 2026" is one about the table that holds then.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from rag_infer.tables.columns import parse_date

_DAY = (
    r"(?:\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th|\.)?\s+[^\W\d]{3,9}\.?,?\s+(?:19|20)\d\d|"
    r"(?:[^\W\d]{3,9}\.?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?)(?:19|20)\d\d|(?:19|20)\d\d)"
)
_FROM = re.compile(
    rf"\b(?:from|since|effective|starting|as\s+of|as\s+from)\s+(?:the\s+)?({_DAY})(?![-–\d])",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"\b(?:until|till|through|up\s+to|to)\s+(?:the\s+)?({_DAY})(?![-–\d])", re.IGNORECASE
)
_BEFORE = re.compile(rf"\bbefore\s+(?:the\s+)?({_DAY})(?![-–\d])", re.IGNORECASE)
_RANGE = re.compile(rf"({_DAY})\s*(?:to|until|–|-|through)\s*({_DAY})(?![-–\d])", re.IGNORECASE)
_MONTH = r"[^\W\d]{3,9}\.?"
_DAYS = re.compile(  # "March 9 to 13, 2026", "9-13 March 2026"
    rf"(?:(?P<month>{_MONTH})\s+(?P<a>\d{{1,2}})\s*(?:to|–|-|until)\s*"
    rf"(?:(?P<month2>{_MONTH})\s+)?(?P<b>\d{{1,2}})|"
    rf"(?P<c>\d{{1,2}})\.?\s*(?:(?P<month4>{_MONTH})\s*)?(?:to|–|-|until)\s*(?P<d>\d{{1,2}})\.?\s+"
    rf"(?P<month3>{_MONTH})),?\s+(?P<year>(?:19|20)\d\d)",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"\bon\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:the\s+)?"
    rf"(?P<day>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH})"
    rf"(?:,?\s+(?P<year>(?:19|20)\d\d))?(?!\w)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w/.-])((?:19|20)\d\d)(?![\w/]|[-–.]\d)")
_IN = re.compile(r"\b(?:in|for|during|of)\s+((?:19|20)\d\d)(?![-–/\d])", re.IGNORECASE)
_EARLIEST, _LATEST = datetime.date(1, 1, 1), datetime.date(9999, 12, 31)
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The first and the last day of a time, and where a text says it."""

    first: datetime.date
    last: datetime.date
    span: tuple[int, int] = (0, 0)

    def overlaps(self, other: Period) -> bool:
        return self.first <= other.last and other.first <= self.last


def _first_day(text: str) -> datetime.date | None:
    if re.fullmatch(r"(?:19|20)\d\d", text):
        return datetime.date(int(text), 1, 1)
    return parse_date(text)


def _last_day(text: str) -> datetime.date | None:
    first = _first_day(text)
    if first is None:
        return None
    if re.fullmatch(r"(?:19|20)\d\d", text):
        return datetime.date(first.year, 12, 31)
    if re.search(r"\d", re.sub(r"(?:19|20)\d\d", "", text)):
        return first  # a day
    following = datetime.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - _ONE_DAY


def validity_of(*texts: str) -> Period | None:
    """The time for which a table holds; None where its texts do not say.

    Args:
        texts: The name of its sheet, its caption: the first that says a time counts.
    """
    for text in texts:
        period = _days_of(text) or _range_of(text) or _bounds_of(text) or _year_of(text)
        if period is not None:
            return period
    return None


def asked_period(question: str) -> Period | None:
    """The time that a question asks about: "since October 2025", "before 2026", "in 2026".

    A day that may lack its year is read by ``asked_day``.
    """
    for pattern, is_start in ((_BEFORE, False), (_FROM, True), (_UNTIL, False)):
        matches = list(pattern.finditer(question))
        if len(matches) != 1:
            continue
        match = matches[0]
        if pattern is _BEFORE:
            day = _first_day(match[1])
            day = day - _ONE_DAY if day is not None else None
        else:
            day = _first_day(match[1]) if is_start else _last_day(match[1])
        if day is not None:
            return Period(day, day, match.span())
    within = _IN.search(question)
    if within is None or len(_YEAR.findall(question)) != 1:
        return None
    first, last = _first_day(within[1]), _last_day(within[1])
    return Period(first, last, within.span()) if first and last else None


def asked_day(question: str, validity: Period) -> Period | None:
    """The day of a question that may lack its year, in the year in which a table begins."""
    match = _ON.search(question)
    if match is None or validity.first == _EARLIEST:
        return None
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)|\bof\s+", "", match["day"])
    day = parse_date(f"{text} {match['year'] or validity.first.year}")
    return Period(day, day, match.span("day")) if day is not None else None


def _days_of(text: str) -> Period | None:
    match = _DAYS.search(text)
    if match is None:
        return None
    last_month = match["month3"] or match["month2"] or match["month"]
    first_month = match["month"] or match["month4"] or last_month
    first = parse_date(f"{match['a'] or match['c']} {first_month.rstrip('.')} {match['year']}")
    last = parse_date(f"{match['b'] or match['d']} {last_month.rstrip('.')} {match['year']}")
    return Period(first, last) if first and last and first <= last else None


def _range_of(text: str) -> Period | None:
    match = _RANGE.search(text)
    if match is None:
        return None
    first, last = _first_day(match[1]), _last_day(match[2])
    return Period(first, last) if first and last and first < last else None


def _bounds_of(text: str) -> Period | None:
    starts, ends = _FROM.search(text), _UNTIL.search(text)
    first = _first_day(starts[1]) if starts else None
    last = _last_day(ends[1]) if ends else None
    if before := _BEFORE.search(text):
        day = _first_day(before[1])
        last = day - _ONE_DAY if day is not None else None
    if first is None and last is None:
        return None
    return Period(first or _EARLIEST, last or _LATEST)


def _year_of(text: str) -> Period | None:
    years = set(_YEAR.findall(text))
    if len(years) != 1:
        return None
    year = int(years.pop())
    return Period(datetime.date(year, 1, 1), datetime.date(year, 12, 31))
