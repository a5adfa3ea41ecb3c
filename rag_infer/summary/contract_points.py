# ruff: noqa: E501 - words of two languages
"""A contract: who the parties are, what it is about, how long it runs, what is paid, the notice.

Each topic is looked for in the headings of clauses, in words of sentences and labels, and by the
form of value that it has (a date, a duration, an amount), so that no single wording is needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.cite.typed_values import ValueKind, values
from rag_infer.summary.contract_parties import contract_parties
from rag_infer.summary.key_points import (
    MAX_POINT_CHARS,
    KeyPoint,
    KeyPoints,
    quote,
    quote_unit,
)
from rag_infer.summary.leaning import PRONOUN, leans
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Page


@dataclass(frozen=True, slots=True)
class _Topic:
    heading: re.Pattern[str]
    words: re.Pattern[str]
    kinds: tuple[ValueKind, ...]
    other: re.Pattern[str]  # what tells that a sentence is on something else


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_SUBJECT = _Topic(
    _pattern(
        r"\b(?:subject|purpose|services?|scope|goods|premises|property|position|duties|object|"
        r"licen[cs]e|grant|appointment|supply|work|facility|loan|engagement|job|role|sale|"
        r"letting|deliverables|rental)\b|"
        r"gegenstand|leistung|mietsache|mietobjekt|tätigkeit|aufgaben|zweck|kaufsache|überlassung"
    ),
    _pattern(
        r"\b(?:lets|supply|supplies|provides?|provide|grants?|appoints?|employed as|employs|sells?|"
        r"perform|performs|delivers?|agrees to|advises|engages|maintains?|makes available|"
        r"evaluate|places|manages|gives|leases|rents|lends|licenses|subject|will (?:build|"
        r"clean|write|design|paint|deliver|provide|supply|work as)|works? as|hires)\b|"
        r"\b(?:vermietet|liefert|verkauft|erbringt|überlässt|beauftragt|übernimmt|eingestellt|"
        r"gewährt|beschäftigt|verpflichtet sich|leistet|gegenstand|mietet)\b"
    ),
    (),
    _pattern(
        r"\b(?:liability|confidential|law of|terminate|haftung|gerichtsstand|rent is|fee is)\b"
    ),
)
_TERM = _Topic(
    _pattern(
        r"\b(?:term|duration|commencement|start|period|repayment|maturity|renewal|tenancy)\b|"
        r"laufzeit|\bdauer\b|vertragsdauer|mietdauer|mietzeit|beginn|vertragsbeginn|mietverhältnis|"
        r"arbeitsverhältnis"
    ),
    _pattern(
        r"\b(?:expires?|expiry|continues?|remains? in force|commence\w*|begins?|starts?|ends?|"
        r"terminates? automatically|for (?:a|an) (?:\w+ )?(?:term|period)|term (?:is|shall|of)|"
        r"in force|until|duration|valid (?:from|until|for)|runs? (?:from|for|until)|"
        r"indefinite|maturity|repaid in full|effective (?:date|from|on)|lasts?|start date|"
        r"end date)\b|"
        r"\b(?:beginnt|endet|läuft|gilt (?:ab|bis|für)|tritt .{0,40}in kraft|unbestimmte|befristet|"
        r"laufzeit|dauer|\w*beginn|\w*ende|bis zum|geschlossen)\b"
    ),
    ("date", "duration"),
    _pattern(
        r"\b(?:liability|invoices?|payable|pays?|paid|probation\w*|redecorat\w*|warrant\w*|surviv\w*|"
        r"delivery|deposit|haftung|rechnung\w*|zahlbar|fällig|probezeit|urlaub\w*|verjähr\w*|"
        r"gewährleistung|garantie|holiday|vacation|confidential\w*)\b"
    ),
)
_MONEY = _Topic(
    _pattern(
        r"\b(?:price|prices|fees?|rent|salary|pay|payments?|remuneration|charges?|compensation|"
        r"consideration|commission|amount|loan|interest|cost|costs|wages?|royalt\w+)\b|"
        r"vergütung|miete|mietzins|preis|entgelt|gehalt|honorar|zahlung|kaufpreis|lohn|gebühr"
    ),
    _pattern(
        r"\b(?:price|fees?|rent|salary|pays?|receives?|payable|charges?|brokerage|loan of|commission|"
        r"royalt\w+|remuneration|costs?|wages?|per (?:hour|day|month|year|unit|annum))\b|"
        r"\b(?:\w*miete|\w*preis|\w*gehalt|\w*entgelt|\w*vergütung|\w*honorar|zahlt|beträgt|"
        r"\w*lohn|stundensatz|\w*gebühr)\b"
    ),
    ("money", "percent"),
    _pattern(
        r"\b(?:liabilit\w+|liable|damages|exceed|deposit|penalt\w+|insur(?:ed|ance of)|late|overdue|"
        r"bonus|budget|credit of|haft\w*|kaution|vertragsstrafe|verzug|schadensersatz|betriebskosten|"
        r"nebenkosten)\b"
    ),
)
_NOTICE = _Topic(
    _pattern(
        r"\b(?:terminat\w+|notice|cancell?\w*|ending|exit)\b|kündig\w*|beendigung|vertragsende"
    ),
    _pattern(
        r"\b(?:notice|terminate[ds]?|cancel\w*|end (?:it|this|the))\b|\b\w*kündig\w*\b|\bfrist\b"
    ),
    ("duration",),
    _pattern(
        r"(?<!after the )(?<!nach der )(?<!after )\b(?:probation\w*|probezeit)\b|\b(?:audit|inspect\w*|delivery|invoices?|breach|remedied|"
        r"rent increase|mieterhöhung|urlaub|holiday|acceptance|defects?|mängel)\b"
    ),
)


_NOTICE_WORD = re.compile(r"\bnotice\b|\w*kündigungsfrist|\bfrist\b", re.IGNORECASE)


def contract_points(pages: Sequence[Page], units: Sequence[TextUnit]) -> KeyPoints:
    """The parties, the subject, the term, what is paid and the notice, as far as clauses say."""
    points: list[KeyPoint] = []
    parties = contract_parties(pages)
    if parties is not None:
        points.append(parties)
    sentences = [u for u in units if not u.is_heading and not _covers(parties, u)]
    for topic in (_SUBJECT, _TERM, _MONEY, _NOTICE):
        best = _best(topic, sentences)
        if best is None:
            continue
        point = _clause(pages, sentences, best)
        # A sentence on two topics is quoted once, in the longer quote of the two.
        points = [other for other in points if not _within(other, point)]
        if not any(_within(point, other) for other in points):
            points.append(point)
    return KeyPoints(tuple(points))


def _within(inner: KeyPoint, outer: KeyPoint) -> bool:
    """Whether every span of a point lies within spans of another."""
    return all(
        any(p == page and a <= start and end <= b for p, a, b in outer.spans)
        for page, start, end in inner.spans
    )


def _covers(point: KeyPoint | None, unit: TextUnit) -> bool:
    return point is not None and any(
        page == unit.page and start < unit.end and unit.start < end
        for page, start, end in point.spans
    )


def _best(topic: _Topic, sentences: Sequence[TextUnit]) -> TextUnit | None:
    best, best_score = None, 0.0
    for number, unit in enumerate(sentences):
        score = _score(topic, unit)
        if topic is _SUBJECT and score:
            score -= min(number, 40) / 20  # a contract says it near its beginning
        if score > best_score:
            best, best_score = unit, score
    return best


def _score(topic: _Topic, unit: TextUnit) -> float:
    """How surely a sentence says what a topic is about; 0 where it does not."""
    if not 12 <= len(unit.text) <= MAX_POINT_CHARS + 200:
        return 0.0
    heading = unit.section[-1] if unit.section else ""
    in_heading = topic.heading.search(heading) is not None and len(unit.section) > 0
    in_words = topic.words.search(unit.text) is not None
    has_value = any(next(iter(values(kind, unit.text)), None) for kind in topic.kinds)
    if topic.other.search(unit.text) or (
        topic in (_SUBJECT, _MONEY) and topic.other.search(heading)
    ):
        return 0.0
    if topic.kinds and not (in_words and (has_value or (in_heading and topic is _MONEY))):
        # An indefinite term has no date.
        is_indefinite = re.search(r"indefinite|unbestimmte", unit.text, re.I)
        if not (topic is _TERM and is_indefinite):
            return 0.0
        has_value = True
    if not topic.kinds and not (in_words or in_heading):
        return 0.0
    if topic is _SUBJECT and not in_words and not unit.text.rstrip().endswith("."):
        return 0.0
    score = 2.0 * in_heading + 2.0 * in_words + 1.5 * has_value
    if topic is _NOTICE and _NOTICE_WORD.search(unit.text):
        score += 1.0
    return score - 1.0 * (PRONOUN.match(unit.text) is not None)


def _clause(pages: Sequence[Page], sentences: Sequence[TextUnit], unit: TextUnit) -> KeyPoint:
    """The sentence, with the one before it where it leans on that."""
    point = quote_unit(pages, unit)
    at = next(n for n, other in enumerate(sentences) if other is unit)
    before = sentences[at - 1] if at else None
    if before is None or before.page != unit.page or before.section != unit.section:
        return point
    if not leans(unit.text, before.text):
        return point
    first = quote_unit(pages, before)
    page = next(p for p in pages if p.number == unit.page)
    both = quote(page, first.spans[0][1], unit.end, unit.section)
    return both if len(both.text) <= MAX_POINT_CHARS else point
