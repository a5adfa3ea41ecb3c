# ruff: noqa: E501 - words of two languages
"""Minutes of a meeting: what was decided, who does what until when, when the next meeting is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from rag_infer.cite.typed_values import values
from rag_infer.summary.key_points import (
    MAX_POINT_CHARS,
    KeyPoint,
    KeyPoints,
    mark_length,
    quote,
    quote_unit,
)
from rag_infer.summary.leaning import leans
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Page

_MAX_TITLE_CHARS = 110
_COUNT = 8  # points where no number was asked for: decisions and actions come in pairs
_TITLE = re.compile(
    r"(?<!\d )(?<!\d)\bminutes\b(?! (?:late|ago|before|after|long))|\bmeeting (?:notes|record|summary)\b|"
    r"\bnotes (?:of|from) the [\w ]{0,30}meeting\b|\w*protokoll\b|niederschrift|"
    r"besprechungsnotiz\w*|gesprächsnotiz\w*|sitzungsbericht",
    re.IGNORECASE,
)
_DECISION_WORD = r"decisions?|decided|resolved|resolutions?|agreed|approved|beschl(?:uss|üsse|ossen)|entscheidung(?:en)?|einigung"
_ACTION_WORD = (
    r"actions?(?: (?:items?|points?))?|action|to-?\s?dos?|tasks?|next steps?|follow-?ups?|"
    r"aufgaben?|maßnahmen?|nächste schritte|offene punkte|aufträge|auftrag"
)
_NEXT_WORD = (
    r"(?:date of (?:the )?)?next (?:\w+ )?(?:meeting|session|call)|nächste[srn]? (?:\w+ )?"
    r"(?:sitzung|besprechung|termin|treffen|meeting)|nächstes treffen|folgetermin"
)
_PRESENT_WORD = (
    r"present|attendees|attendance|participants|attending|in attendance|anwesend(?:e)?|teilnehmer(?:innen)?|"
    r"teilnehmende"
)
_DATE_WORD = r"date|datum|held on|tag"
_Role = Literal["decision", "action", "next", "present", "date"]
_WORDS: dict[_Role, str] = {
    "next": _NEXT_WORD,
    "decision": _DECISION_WORD,
    "action": _ACTION_WORD,
    "present": _PRESENT_WORD,
    "date": _DATE_WORD,
}
_LABELS: tuple[tuple[_Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(rf"(?:\*\*|__)?(?:{words})\b[^:\n.]{{0,24}}(?:\*\*|__)?:", re.IGNORECASE))
    for role, words in _WORDS.items()
)
_HEADINGS: tuple[tuple[_Role, re.Pattern[str]], ...] = tuple(
    (
        role,
        re.compile(rf"\W*(?:\d+[.)]?\s*)?(?:{words})(?:\s+(?:and|und)\s+\w+)?\W*$", re.IGNORECASE),
    )
    for role, words in _WORDS.items()
)
_DECIDED = re.compile(
    r"\b(?:(?:was|were|is|are|has been|have been|unanimously) (?:decided|resolved|agreed|approved|adopted|elected|"
    r"rejected|postponed|chosen)|(?:board|committee|team|council|members?|meeting|group|we|assembly|"
    r"management|directors?|all|everyone) (?:unanimously |also |has |have )?(?:decided|resolved|agreed|approved|adopted|"
    r"voted|elected|accepted|rejected)|motion (?:was )?(?:carried|passed))\b|"
    r"\b(?:beschließt|beschloss|beschlossen|einstimmig|genehmigt\w*|abgelehnt|angenommen|gewählt|"
    r"verabschiedet|einigt\w* sich|stimmt\w* zu)\b",
    re.IGNORECASE,
)
_DUE = re.compile(
    r"\b(?:by|until|before|no later than|due|bis(?: zum| zur)?|spätestens)\s+(?:the )?",
    re.IGNORECASE,
)
_OWNER = re.compile(
    r"(?:\[[ xX]\]\s*)?(?:(?:Ms|Mr|Mrs|Dr|Frau|Herr)\.? )?[A-ZÄÖÜ][\w.'’-]+(?: [A-ZÄÖÜ][\w.'’-]+){0,2}"
    r"(?:\s*[:–—-]\s|\s+(?:will|shall|to|is to|wird|soll|[a-zäöü]+(?:s|t|en))\b)"
)
_LABEL = re.compile(r"(?:\*\*|__)?[^\W\d_][^:\n]{1,40}:(?:\*\*|__)?\s*")
_OBJECT_PRONOUN = re.compile(r"\b(?:him|her|them|ihn|ihm)\b", re.IGNORECASE)
_NEXT = re.compile(rf"\b(?:{_NEXT_WORD})\b", re.IGNORECASE)
_OWNER_COLUMN = re.compile(
    r"\b(?:owner|who|responsible|assignee|person|wer|verantwortlich\w*|zuständig)\b", re.I
)
_DUE_COLUMN = re.compile(
    r"\b(?:due|deadline|by when|when|date|bis|frist|termin|wann|fällig)\b", re.I
)
_ABOUT: tuple[_Role, ...] = ("date", "present")
_MARKERS = re.compile(
    rf"^\W*(?:{_PRESENT_WORD}|apologies|entschuldigt|{_DECISION_WORD}|{_ACTION_WORD}|{_NEXT_WORD}|"
    r"agenda|tagesordnung|chair(?:ed by)?|leitung|protokollführ\w*|TOP \d)\b",
    re.IGNORECASE | re.MULTILINE,
)


def is_minutes(pages: Sequence[Page], title: str | None, name: str) -> bool:
    """Whether a title speaks of minutes and the text has their lines, or decisions."""
    text = "\n".join(page.text for page in pages[:2])[:20_000]
    lines = [line.strip(" #*_") for line in text.splitlines() if line.strip()][:3]
    stem = re.sub(r"[_\W]+", " ", name.rpartition("/")[2])
    titles = [line for line in (title or "", stem, *lines) if len(line) <= _MAX_TITLE_CHARS]
    has_title = any(_TITLE.search(line) and not line.endswith(".") for line in titles)
    marks = {m[0].strip(" #*_-\n\t").lower()[:6] for m in _MARKERS.finditer(text)}
    decided = len(_DECIDED.findall(text))
    return (has_title and (len(marks) > 0 or decided > 0)) or (
        len(marks) > 3 and _find(_LABELS, "present", text)
    )


def _find(labels: Sequence[tuple[_Role, re.Pattern[str]]], role: _Role, text: str) -> bool:
    return any(pattern.search(text) for name, pattern in labels if name == role)


def minutes_points(pages: Sequence[Page], units: Sequence[TextUnit]) -> KeyPoints:
    """Decisions and actions in order, the next meeting, then the date and who was there."""
    by_role: dict[_Role, list[TextUnit]] = {}
    for role, unit in _roles(units):
        by_role.setdefault(role, []).append(unit)
    if "date" not in by_role:
        by_role["date"] = [
            unit for unit in units[:3] if next(iter(values("date", unit.text)), None)
        ]
    outcomes = by_role.get("decision", []) + by_role.get("action", [])
    if not outcomes:
        return KeyPoints(())
    ordered = _alternating(by_role.get("decision", []), by_role.get("action", []))
    before = {after.span: unit for unit, after in pairwise(units)}
    first = [_with_antecedent(pages, unit, before.get(unit.span)) for unit in ordered]
    following = [quote_unit(pages, unit) for unit in by_role.get("next", [])[:1]]
    about = [quote_unit(pages, unit) for role in _ABOUT for unit in by_role.get(role, [])[:1]]
    # The next meeting is not crowded out by many decisions, nor the date by anything.
    count = max(_COUNT, 1)
    reserved = len(following) + len(about[:1])
    points = (
        first[: count - reserved] + following + about[:1] + first[count - reserved :] + about[1:]
    )
    return KeyPoints(
        tuple(_unique(points)), count=count, noun=("decision or action", "decisions and actions")
    )


def _with_antecedent(pages: Sequence[Page], unit: TextUnit, before: TextUnit | None) -> KeyPoint:
    """A decision, with the sentence before it where it speaks of what that names."""
    point = quote_unit(pages, unit)
    if before is None or before.is_heading or before.page != unit.page:
        return point
    if (
        before.section != unit.section
        or " | " in unit.text
        or _role_of(_LABELS, _bare(before.text))
    ):
        return point
    outcome = _LABEL.sub("", _bare(unit.text))
    if not (_OBJECT_PRONOUN.search(outcome) or leans(outcome, before.text)):
        return point
    page = next(page for page in pages if page.number == unit.page)
    start = quote_unit(pages, before).spans[0][1]
    both = quote(page, start, unit.end, unit.section)
    return both if len(both.text) <= MAX_POINT_CHARS else point


def _bare(text: str) -> str:
    return text[mark_length(text, 0, len(text)) :]


def _alternating(decisions: Sequence[TextUnit], actions: Sequence[TextUnit]) -> list[TextUnit]:
    """A decision, an action, a decision, ..., so that a limit leaves some of both."""
    mixed: list[TextUnit] = []
    for number in range(max(len(decisions), len(actions))):
        mixed += [*decisions[number : number + 1], *actions[number : number + 1]]
    return mixed


def _unique(points: Sequence[KeyPoint]) -> list[KeyPoint]:
    return list({point.spans: point for point in points}.values())


def _roles(units: Sequence[TextUnit]) -> Iterator[tuple[_Role, TextUnit]]:
    """What each sentence, item or row of minutes is, where it is one of their parts."""
    current: _Role | None = None  # of a heading or a lead-in
    is_action_table = False
    section: tuple[str, ...] = ()
    for unit in units:
        bare = _bare(unit.text)
        if unit.is_heading:
            current = _role_of(_HEADINGS, bare)
            section = unit.section
            is_action_table = False
            continue
        if unit.section != section:
            current, section = None, unit.section
        if (lead_in := _role_of(_HEADINGS, bare.rstrip(":"))) and len(bare) < 50:
            current = lead_in
            continue
        if " | " in unit.text:
            if _OWNER_COLUMN.search(unit.text) and _DUE_COLUMN.search(unit.text):
                is_action_table = True
            elif set(unit.text) <= set("|-: "):
                pass
            elif is_action_table or current in ("action", "decision"):
                yield (current or "action"), unit
            continue
        is_action_table = False
        role = _role_of(_LABELS, bare) or _spoken_role(bare)
        if role is None and current in ("decision", "action", "next"):
            role = current if len(bare.split()) > 1 else None
        if role is not None:
            yield role, unit


def _role_of(labels: Sequence[tuple[_Role, re.Pattern[str]]], text: str) -> _Role | None:
    return next((role for role, pattern in labels if pattern.match(text)), None)


def _spoken_role(text: str) -> _Role | None:
    if _NEXT.search(text) and next(iter(values("date", text)), None):
        return "next"
    due = _DUE.search(text)
    if due and _OWNER.match(text) and any(a >= due.start() for a, _ in values("date", text)):
        return "action"
    return "decision" if _DECIDED.search(text) else None
