"""What the name of a file and of its folders says: words, numbers and dates.

"Okafor Ltd/offer.txt" says whose offer it is, "2026-03-17 board meeting.md" which day's meeting;
the text often says neither again.
"""

from __future__ import annotations

import re
from functools import lru_cache

MONTHS = (
    "January February March April May June July August September October November December"
).split()
_SEPARATOR = re.compile(r"[\W_]+")
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|" + _DATE.pattern)
# Numbers, but not of "backup2", "v3", "plan (2)", "plan copy 2"; of "Q3", "H1" and "FY24" they
# tell a time.
_TIME_NUMBER = re.compile(
    r"(?<![^\W_])(?<!\()(?<!copy )(?<!kopie )(?:q|h|w|kw|wk|week|m|fy)?(\d+)|(\d{4,})",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"(?<=[^/.])\.[A-Za-z][A-Za-z0-9]{0,4}(?:\.gz|\.bz2|\.xz)?(?=#|/|$)")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_WEB = re.compile(r"https?://(?:www\.)?")
_TITLE = re.compile(r"\b(?:Dr|Prof|Mr|Mrs|Ms|St|Fr|Hr|Ing)\.\s+(?=[A-Z])")
_MAX_FOLDERS = 2  # those next to the file; outer ones are the same for many files
_MAX_CHARS = 1_000
# Folders that every machine has; their names say nothing of what is in them.
_PLAIN_FOLDERS = frozenset(
    "archive corpus data desktop docs documents download downloads files folder home inbox mail"
    " notes papers public shared users".split()
)


def without_titles(text: str) -> str:
    """A text without the titles of people, whose points end no sentence: "Dr. Solberg"."""
    return _TITLE.sub("", text)


@lru_cache(maxsize=4096)
def name_words(document_id: str) -> tuple[str, ...]:
    """The words of a document's name, each once, without endings like ``.txt``.

    A date is also given as it is spoken: 2026-03-17 as 17, March and 2026.

    Args:
        document_id: ``folder/file.txt``, or ``data.jsonl#17`` for a record.
    """
    name = _plain_name(document_id)
    words = [word for word in _SEPARATOR.split(name) if word]
    for year, month, day in _DATE.findall(name):
        words += (str(int(day)), MONTHS[int(month) - 1], year)
    return tuple(dict.fromkeys(words))


def name_title(document_id: str) -> str | None:
    """The name as a title for a document that has none: ``Okafor Ltd > offer``.

    The outermost folder, from which everything was indexed, is left out unless it is named like one
    of many: of two words, or with a capital. None where the name holds no word, and for a record of
    a file, whose name says nothing of its own.
    """
    if "#" in document_id:
        return None
    parts = _plain_name(document_id).split("/")
    inner = parts[0 if _names_one_of_many(parts[0]) else 1 :][-1 - _MAX_FOLDERS :] or parts
    spoken = [" ".join(part.replace("_", " ").split()) for part in inner]
    for year, month, day in _DATE.findall(inner[-1]):
        spoken[-1] += f", {int(day)} {MONTHS[int(month) - 1]} {year}"
    return " > ".join(spoken) if any(map(_LETTERS.search, spoken)) else None


@lru_cache(maxsize=4096)
def name_period(document_id: str) -> tuple[str, ...]:
    """The numbers of a name that has a year, as what they say of the time; none without a year.

    Files of equal content whose names say different times are different documents: what holds in
    one year may hold unchanged in the next.
    """
    name = _plain_name(document_id)
    if not _YEAR.search(name):
        return ()
    return tuple(sorted({separate or joined for separate, joined in _TIME_NUMBER.findall(name)}))


def _names_one_of_many(root: str) -> bool:
    words = _SEPARATOR.sub(" ", root).split()
    if len(words) == 1:
        return words[0][0].isupper() and words[0].lower() not in _PLAIN_FOLDERS
    return len(words) > 1


def _plain_name(document_id: str) -> str:
    """A name without endings; that of a web page without ``https://``."""
    name = _WEB.sub("", document_id, count=1) if _WEB.match(document_id) else document_id
    return _EXTENSION.sub("", name[-_MAX_CHARS:]).rstrip("/")
