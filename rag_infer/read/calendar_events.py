"""iCalendar text (RFC 5545) as lines that a person reads: what, when, where."""

from __future__ import annotations

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Z-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)*):(.*)")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?\Z")
_LABELS = {
    "SUMMARY": "Event",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "STATUS": "Status",
    "RRULE": "Repeats",
    "CATEGORIES": "Categories",
    "URL": "Address",
    "DESCRIPTION": "Description",
}
_ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}


def event_lines(text: str) -> list[list[str]]:
    """The events and tasks of a calendar, each as ``Label: value`` lines."""
    events: list[list[str]] = []
    current: list[str] | None = None
    inner = ""  # a part of an event that says nothing of it: its alarm
    for line in _FOLD.sub("", text).splitlines():
        match = _PROPERTY.match(line.strip())
        if match is None:
            continue
        name, value = match[1], match[3].strip()
        if inner:
            inner = "" if (name, value) == ("END", inner) else inner
        elif name == "BEGIN" and value in ("VEVENT", "VTODO"):
            current = []
        elif name == "END" and value in ("VEVENT", "VTODO") and current is not None:
            events.append(current)
            current = None
        elif name == "BEGIN" and current is not None:
            inner = value
        elif current is not None and name in _LABELS and value:
            current.append(f"{_LABELS[name]}: {_value(name, match[2], value)}")
    return events


def _value(name: str, parameters: str, value: str) -> str:
    """A property as a person reads it; dates with their zone, people with their name."""
    if date := _DATE.match(value):
        day = "-".join(date.group(1, 2, 3))
        zone = " UTC" if date[6] else _parameter(parameters, "TZID", " ({})")
        return f"{day} {date[4]}:{date[5]}{zone}" if date[4] else day
    if name in ("ORGANIZER", "ATTENDEE"):
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return _parameter(parameters, "CN", "{} ") + (
            f"<{address}>" if _parameter(parameters, "CN", "{}") else address
        )
    if name == "STATUS":
        return value.lower()
    if name == "RRULE":
        return ", ".join(part.replace("=", " ").lower() for part in value.split(";"))
    return " ".join(re.sub(r"\\[nN,;\\]", lambda match: _ESCAPES[match[0]], value).split())


def _parameter(parameters: str, name: str, form: str) -> str:
    """A parameter of a property in a form; empty where it has none."""
    match = re.search(rf';{name}=(?:"([^"]*)"|([^;:]*))', parameters, re.IGNORECASE)
    text = " ".join((match[1] or match[2] or "").split()) if match else ""
    return form.format(text) if text else ""
