# ruff: noqa: E501 - words of two languages
"""A contract: who the parties are, what it is about, how long it runs, what is paid, the notice.

Each topic is looked for in the headings of clauses, in words of sentences and labels, and by the
form of value that it has (a date, a duration, an amount), so that no single wording is needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_infer.cite.typed_values import ValueKind, values
from rag_infer.summary.key_points import (
    MAX_POINT_CHARS,
    KeyPoint,
    KeyPoints,
    composed,
    quote,
    quote_unit,
)
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Page

_OPENING_CHARS = 3_000  # in which a contract names its parties
_MAX_PARTIES_CHARS = 600
_MAX_TITLE_CHARS = 110
_TITLE = re.compile(
    r"\b(?:agreements?|contracts?|lease|tenancy|deed|licen[cs]e|memorandum of understanding|"
    r"terms of (?:engagement|employment)|statement of work)\b|"
    r"\b\w*(?:vertrag|vertrags|vereinbarung|vertr[äa]ge)\b",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\b(?:this|the) [\w -]{0,40}(?:agreement|contract|lease|deed|licen[cs]e)\b[^.]{0,80}?"
    r"\b(?:is|was) (?:made|entered into|concluded|dated)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:by and between|between|zwischen)\b\s*:?", re.IGNORECASE)
_ROLE_WORDS = (
    r"landlord|tenant|lessor|lessee|buyer|seller|purchaser|vendor|supplier|customer|client|"
    r"contractor|consultant|employer|employee|licensor|licensee|lender|borrower|provider|"
    r"subscriber|principal|agent|distributor|disclosing party|receiving party|party [ab12]|"
    r"owner|hirer|borrower|service provider|freelancer|company|vermieter(?:in)?|mieter(?:in)?|"
    r"verkäufer(?:in)?|käufer(?:in)?|auftraggeber(?:in)?|auftragnehmer(?:in)?|arbeitgeber(?:in)?|"
    r"arbeitnehmer(?:in)?|lizenzgeber(?:in)?|lizenznehmer(?:in)?|darlehensgeber(?:in)?|"
    r"darlehensnehmer(?:in)?|dienstleister(?:in)?|kund(?:e|in)|lieferant(?:in)?|pächter(?:in)?|"
    r"verpächter(?:in)?|verleiher|entleiher"
)
_ROLE_LINE = re.compile(
    rf"^[^\S\n]*(?:[-*+•]\s+)?(?:\*\*)?(?:the )?(?:{_ROLE_WORDS})(?:\*\*)?\s*:[^\S\n]*(?:\*\*)?"
    r"[^\S\n]*\S[^\n]{1,160}$",
    re.IGNORECASE | re.MULTILINE,
)
_DEFINED_ROLE = re.compile(
    r"\((?:[^()\n]{0,60}?\s)?[\"“„'‘][^\"”“'’\n]{2,40}[\"”“'’]\)|"
    r"[–-]\s?(?:nachfolgend|im folgenden|hereinafter)[^\n–-]{3,60}[–-]",
    re.IGNORECASE,
)
_PARTY_ITEM = re.compile(r"\s*(?:\(?[1-9a-d][.)]|\([1-9a-d]\)|[-*•])\s")
# The noun that a sentence begins with is one that the sentence before has brought up.
_LEANING = re.compile(
    r"(?:\d[\d.]*\s+)?(?:the|die|der|das|diese[rs]?) (?P<noun>[a-zäöü][\w-]{3,}|"
    r"(?<=ie )[A-ZÄÖÜ]\w{4,}|(?<=er )[A-ZÄÖÜ]\w{4,}|(?<=as )[A-ZÄÖÜ]\w{4,})\s+"
    r"(?:do|does|is|are|shall|will|may|can|has|have|was|were|appl\w+|cease\w*|gilt|gelten|"
    r"besteht|bestehen|entfällt|erlischt|ist|sind|wird|werden|hat|haben)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?:\d[\d.]*\s+)?(?:it|they|he|she|its|their|such|these|those|that|"
    r"es|sie|er|dies|diese[rsnm]?|dieselbe\w*|this(?! (?:agreement|contract|lease|licen[cs]e|deed|tenancy|"
    r"employment|engagement))|dieser(?! vertrag)|in (?:this|that|such) case|thereafter|"
    r"otherwise|however|in diesem fall|danach|anschließend)\b",
    re.IGNORECASE,
)


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
        r"evaluate|places and manages|gives|leases|rents|lends|licenses|subject|will (?:build|"
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
        r"\b(?:terminat\w+|notice|cancell?\w*|ending|exit|renewal|term|end)\b|"
        r"kündig\w*|beendigung|vertragsende|laufzeit|dauer"
    ),
    _pattern(
        r"\b(?:notice|terminate[ds]?|cancel\w*|end (?:it|this|the))\b|\b\w*kündig\w*\b|\bfrist\b"
    ),
    ("duration",),
    _pattern(
        r"\b(?:probation\w*|probezeit|audit|inspect\w*|delivery|invoices?|breach|remedied|"
        r"rent increase|mieterhöhung|urlaub|holiday|acceptance|defects?|mängel)\b"
    ),
)


def is_contract(pages: Sequence[Page], title: str | None) -> bool:
    """Whether the first page has the title of a contract and its parties."""
    opening = _opening(pages)
    if opening is None:
        return False
    text = opening.text[:_OPENING_CHARS]
    roles = _DEFINED_ROLE.findall(text)
    has_parties = len(_ROLE_LINE.findall(text)) > 1 or (
        _BETWEEN.search(text) is not None and (len(roles) > 0 or _MADE.search(text) is not None)
    )
    has_title = any(_is_title(line) for line in (title or "", *_first_lines(text)))
    if _MADE.search(text) is not None and len(roles) > 1:
        return True
    return has_title and (has_parties or len(roles) > 1 or _names_two_parties(text))


def contract_points(pages: Sequence[Page], units: Sequence[TextUnit]) -> KeyPoints:
    """The parties, the subject, the term, what is paid and the notice, as far as clauses say."""
    found: list[KeyPoint] = []
    parties = _parties(pages)
    if parties is not None:
        found.append(parties)
    sentences = [u for u in units if not u.is_heading and not _covers(parties, u)]
    for topic in (_SUBJECT, _TERM, _MONEY, _NOTICE):
        best = _best(topic, sentences)
        if best is None:
            continue
        point = _clause(pages, sentences, best)
        if all(set(point.places) != set(other.places) for other in found):
            found.append(point)
    return KeyPoints(tuple(found))


def leaning(units: Sequence[TextUnit]) -> set[tuple[int, int]]:
    """Page and start of the sentences that speak of what the one before has brought up."""
    leans = set()
    for before, unit in pairwise(units):
        if unit.is_heading or before.is_heading or unit.section != before.section:
            continue
        if _leans(unit.text, before.text):
            leans.add((unit.page, unit.start))
    return leans


def _leans(text: str, before: str) -> bool:
    if _PRONOUN.match(text):
        return True
    match = _LEANING.match(text)
    return match is not None and match["noun"].lower().rstrip("s")[:8] in before.lower()


def _opening(pages: Sequence[Page]) -> Page | None:
    return next((page for page in pages if page.text.strip()), None)


def _first_lines(text: str) -> list[str]:
    return [line.strip(" #*_") for line in text.splitlines() if line.strip()][:4]


def _is_title(line: str) -> bool:
    return (
        0 < len(line) <= _MAX_TITLE_CHARS
        and not line.endswith((".", "!", "?", ","))
        and len(line.split()) <= 12
        and _TITLE.search(line) is not None
    )


def _names_two_parties(text: str) -> bool:
    """``between A and B`` in the first sentences."""
    match = _BETWEEN.search(text[:800])
    return (
        match is not None and re.search(r"\b(?:and|und)\b", text[match.end() :][:300]) is not None
    )


def _parties(pages: Sequence[Page]) -> KeyPoint | None:
    page = _opening(pages)
    if page is None:
        return None
    text = page.text
    between = _BETWEEN.search(text, 0, _OPENING_CHARS)
    if between is not None:
        start = _sentence_start(text, between.start())
        end = _parties_end(text, between.end())
        point = quote(page, start, end)
        if end > between.end() and len(point.text) <= _MAX_PARTIES_CHARS:
            return point
        point = quote(page, between.start(), end)
        if len(point.text) <= _MAX_PARTIES_CHARS:
            return point
    lines = [quote(page, m.start(), m.end()) for m in _ROLE_LINE.finditer(text[:_OPENING_CHARS])]
    if len(lines) > 1:
        return composed(lines[:4])
    roles = list(_DEFINED_ROLE.finditer(text[:_OPENING_CHARS]))
    if len(roles) > 1:
        point = quote(
            page, _sentence_start(text, roles[0].start()), _line_end(text, roles[1].end())
        )
        if len(point.text) <= _MAX_PARTIES_CHARS:
            return point
    return None


def _sentence_start(text: str, position: int) -> int:
    """Where the sentence or the paragraph of a position begins."""
    before = text[:position]
    breaks = [
        before.rfind("\n\n"),
        *(m.start() for m in re.finditer(r"[.!?]\s+(?=[A-ZÄÖÜ])", before)),
    ]
    start = max(breaks)
    start = start + 1 if start >= 0 else 0
    line = before.rfind("\n", start)
    # A title right above, without a blank line.
    if line >= 0 and _is_title(text[start:line].strip(" #*_\n")):
        start = line
    return start + len(text[start:]) - len(text[start:].lstrip())


def _parties_end(text: str, position: int) -> int:
    """Where the parties end that follow "between": their list, their roles, or their sentence."""
    window = text[: position + _MAX_PARTIES_CHARS]
    paragraphs = list(re.finditer(r"[^\n]*\S(?:[^\n]|\n(?![^\S\n]*\n))*", window[position:]))
    end = position
    for number, match in enumerate(paragraphs):
        piece = match[0]
        begin = position + match.start()
        clause = re.search(
            r"\n\s*(?:§\s?\d|#{1,6}\s|\d{1,2}[.)]?\s+[A-ZÄÖÜ][^\n]{0,60}\n)", "\n" + piece
        )
        if (
            clause is not None
            and clause.start() == 0
            and not (number == 0 or _DEFINED_ROLE.search(piece) or _PARTY_ITEM.match(piece))
        ):
            break
        is_party = (
            number == 0
            or (_PARTY_ITEM.match(piece) is not None and number < 5)
            or _DEFINED_ROLE.search(piece) is not None
            or re.fullmatch(r"\s*(?:and|und|&)\s*", piece) is not None
            or _ends_open(text[position:end])
        )
        if not is_party or piece.lstrip().startswith("#"):
            break
        roles = list(_DEFINED_ROLE.finditer(piece))
        if roles:
            role_end = begin + roles[-1].end()
            end = _line_end(text, role_end) if text[role_end : role_end + 1] in ";,." else role_end
            stop = re.match(r"[;,.]", text[role_end:])
            end = role_end + (1 if stop else 0)
        else:
            stop = re.search(r"(?<![A-Z][a-z])(?<!Co)(?<!Inc)(?<!Ltd)\.(?=\s|$)", piece)
            end = begin + (stop.end() if stop else len(piece.rstrip()))
            if stop and number == 0:
                break
    return end


def _ends_open(text: str) -> bool:
    """Whether parties that were read so far go on: after "and", a comma or a colon."""
    return re.search(
        r"(?:[:,;]|\b(?:and|und|between|zwischen))\s*$", text
    ) is not None or not re.search(r"\b(?:and|und)\b", text)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _covers(point: KeyPoint | None, unit: TextUnit) -> bool:
    return point is not None and any(
        page == unit.page and start < unit.end and unit.start < end
        for page, start, end in point.places
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
    if topic.other.search(unit.text) or topic.other.search(heading):
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
    return score - 1.0 * (_PRONOUN.match(unit.text) is not None)


def _clause(pages: Sequence[Page], sentences: Sequence[TextUnit], unit: TextUnit) -> KeyPoint:
    """The sentence, with the one before it where it leans on that."""
    point = quote_unit(pages, unit)
    at = next(n for n, other in enumerate(sentences) if other is unit)
    before = sentences[at - 1] if at else None
    if before is None or before.page != unit.page or before.section != unit.section:
        return point
    if not _leans(unit.text, before.text):
        return point
    first = quote_unit(pages, before)
    page = next(p for p in pages if p.number == unit.page)
    both = quote(page, first.places[0][1], unit.end, unit.section)
    return both if len(both.text) <= MAX_POINT_CHARS else point
