"""Days of the week that a text spans: "Mon-Fri", "Monday to Friday", "weekdays"."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache

from rag_infer.cite.text_normalization import key

_DAYS = tuple(key(name) for name in calendar.day_name)
_NAME = r"(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs)?\.?"
_RANGE = re.compile(rf"\b{_NAME}\s*(?:-|–|—|to|until|through|till)\s*{_NAME}\b", re.IGNORECASE)
_PLACES = {name: n for n, name in enumerate("mon tue wed thu fri sat sun".split())}
WEEKDAYS, WEEKEND = key("weekdays"), key("weekend")
_MAX_CHARS = 60


@lru_cache(maxsize=10_000)
def days_of(text: str) -> frozenset[str]:
    """The keys of the days that a header or cell spans; empty where it is no range of days.

    "weekday" and "weekend" are among them where all their days are.
    """
    match = _RANGE.search(text) if len(text) <= _MAX_CHARS else None
    if match is None:
        return frozenset()
    first, last = _PLACES[match[1].lower()], _PLACES[match[2].lower()]
    length = (last - first) % 7 + 1
    places = {(first + n) % 7 for n in range(length)}
    days = {_DAYS[n] for n in places}
    if places == {0, 1, 2, 3, 4}:
        days.add(WEEKDAYS)
    if places == {5, 6}:
        days.add(WEEKEND)
    return frozenset(days)
