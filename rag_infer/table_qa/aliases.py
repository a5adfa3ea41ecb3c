"""A question in the words of a table: abbreviations written out or shortened, quarters as headers.

"Available seat miles" is "ASMs" where the table says so, "PP&E" is "Property, plant and equipment",
"the second quarter of 2024" is "three months ended June 30, 2024". What the table has as the
question says it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.cite.text_normalization import STOP_WORDS
from rag_infer.table_qa.query_table import QueryTable

_SHORT = re.compile(r"(?<![\w&])(?:[A-Z]{3,6}s?|[A-Z]{1,3}(?:&[A-Z]{1,2})+)(?![\w&])")
_BESIDE = re.compile(r"[\s-]+(?:(?:of|per|and|for)\s+)?(?:the\s+)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_LENGTHS = {"three": 3, "six": 6, "nine": 9, "twelve": 12, "3": 3, "6": 6, "9": 9, "12": 12}
_ENDED = re.compile(
    rf"\b(?P<length>three|six|nine|twelve|3|6|9|12)\s+months\s+end(?:ed|ing)\s+"
    rf"(?P<day>(?:{_MONTHS})\s+\d{{1,2}})",
    re.IGNORECASE,
)
_YEAR = r"(?:\s*,?\s*(?:of\s+)?(?:fiscal\s+|FY\s?)?(?P<year>20\d\d|19\d\d))?"
_QUARTER = re.compile(
    rf"\b(?:the\s+)?(?P<ordinal>first|second|third|fourth|1st|2nd|3rd|4th)[\s-]quarter\b{_YEAR}"
    rf"|\bQ(?P<number>[1-4])\b{_YEAR.replace('year', 'year2')}",
    re.IGNORECASE,
)
_TO_DATE = re.compile(
    rf"\b(?:the\s+)?first\s+(?P<length>six\s+months|nine\s+months|half(?:\s+year)?)\b{_YEAR}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<noun>[^\W\d_]{2,})\s+(?:no|nr|num|№|#)\.?", re.IGNORECASE)
_QUARTERS = {name: n for n, names in enumerate(
    ("first 1st", "second 2nd", "third 3rd", "fourth 4th"), 1) for name in names.split()
}  # fmt: skip


def in_words_of(text: str, table: QueryTable) -> str:
    """A question with its abbreviations and quarters as a table has them.

    Args:
        text: What was asked.
        table: The table that it may be about.
    """
    names = table.names
    text = _numbered(text, [column.name for column in table.columns])
    return _periods(_shortened(_written_out(text, names), names), table)


def _numbered(text: str, headers: Sequence[str]) -> str:
    """ "Serial number" as a header "Serial no." has it."""
    for header in headers:
        if (match := _NUMBER.fullmatch(header.strip())) is not None:
            written = re.compile(rf"\b{re.escape(match['noun'])}\s+numbers?\b", re.IGNORECASE)
            text = written.sub(lambda _, header=header: header, text)  # type: ignore[misc]
    return text


def _written_out(text: str, names: Sequence[str]) -> str:
    """Abbreviations that no name has, as the words whose initials they are."""
    for match in reversed(list(_SHORT.finditer(text))):
        short = match[0]
        if any(re.search(rf"(?<![\w&]){re.escape(short)}(?![\w&])", name) for name in names):
            continue
        initials = short.replace("&", "").rstrip("s").lower()
        phrases = {p.lower() for name in names for p in _with_initials(name, initials)}
        if len(phrases) == 1:
            text = f"{text[: match.start()]}{phrases.pop()}{text[match.end() :]}"
    return text


def _with_initials(name: str, initials: str) -> Iterator[str]:
    """The parts of a name whose words, small ones left out or not, begin with some letters."""
    words = list(_WORD.finditer(name))
    plain = [w for w in words if w[0].lower() not in STOP_WORDS]
    for run in (plain, words):
        letters = "".join(w[0][0].lower() for w in run)
        at = letters.find(initials)
        if at >= 0:
            yield name[run[at].start() : run[at + len(initials) - 1].end()]
            return


def _shortened(text: str, names: Sequence[str]) -> str:
    """Words whose initials are an abbreviation that names have, and that no name has itself."""
    shorts = {m[0] for name in names for m in _SHORT.finditer(name) if len(m[0].rstrip("s")) > 2}
    if not shorts:
        return text
    words = [w for w in _WORD.finditer(text) if w[0].lower() not in STOP_WORDS]
    # A word that does not stand beside the one before it begins a new run: "|".
    letters, places = "", []
    for number, word in enumerate(words):
        if number and not _BESIDE.fullmatch(text[words[number - 1].end() : word.start()]):
            letters += "|"
            places.append(-1)
        letters += word[0][0].lower()
        places.append(number)
    for short in sorted(shorts, key=len, reverse=True):
        initials = short.replace("&", "").rstrip("s").lower()
        at = letters.find(initials)
        if at < 0:
            continue
        start, end = words[places[at]].start(), words[places[at + len(initials) - 1]].end()
        phrase = text[start:end]
        if any(phrase.lower() in name.lower() for name in names):
            continue
        return _shortened(f"{text[:start]}{short}{text[end:]}", names)
    return text


def _periods(text: str, table: QueryTable) -> str:
    """Quarters and halves as the periods that headers say."""
    if not (_QUARTER.search(text) or _TO_DATE.search(text)):
        return text
    periods = {
        (_LENGTHS[m["length"].lower()], m["day"])
        for column in table.columns for m in _ENDED.finditer(column.name)
    }  # fmt: skip
    days = {day.lower() for _, day in periods}
    if len(days) != 1:
        return text
    day = next(day for _, day in periods)
    longest = max(length for length, _ in periods)
    lengths = {length for length, _ in periods}

    def quarter(match: re.Match[str]) -> str:
        number = _QUARTERS[match["ordinal"].lower()] if match["ordinal"] else int(match["number"])
        year = match["year"] or match["year2"]
        if 3 not in lengths or number != longest // 3:
            return match[0]
        return f"three months ended {day}" + (f", {year}" if year else "")

    def to_date(match: re.Match[str]) -> str:
        length = 9 if match["length"].lower().startswith("nine") else 6
        if length not in lengths:
            return match[0]
        name = "nine" if length == 9 else "six"
        return f"{name} months ended {day}" + (f", {match['year']}" if match["year"] else "")

    return _TO_DATE.sub(to_date, _QUARTER.sub(quarter, text))
