# ruff: noqa: E501 - words of two languages
"""Invoices, orders and receipts: from whom and to whom, number, date, what is to pay, until when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.cite.typed_values import values
from rag_infer.summary.key_points import KeyPoint, KeyPoints, quote
from rag_infer.types import Page

_COUNT = 6
_MAX_LINES = 400
_TITLE_LINES = 10
_TITLE = re.compile(
    r"\b(?:invoice|receipt|purchase order|order confirmation|credit note|pro[- ]?forma|quotation|"
    r"bill|\w*rechnung|quittung|bestellung|auftragsbestätigung|gutschrift|angebot|kassenbon|"
    r"facture|fattura|factura)\b",
    re.IGNORECASE,
)
_MONEY = r"[€£$]?\s?(?:[A-Z]{3}\s)?-?\d[\d.,' ]*(?:\s?(?:[€£$]|[A-Z]{3}\b|Euro))?"
_TOTAL = re.compile(
    r"(?:grand total|total due|amount due|balance due|total payable|amount payable|total to pay|"
    r"total of the order|order total|invoice total|total amount(?: due)?|total incl[^\d]{0,20}|"
    r"total \(?gross\)?|gesamtbetrag|rechnungsbetrag|gesamtsumme|endbetrag|zu zahlen(?:der betrag)?|"
    r"zahlbetrag|bruttobetrag|summe brutto|total|summe|gesamt|paid|bezahlt)\b(?P<more>[^\d\n]{0,40}?)"
    rf"(?P<amount>{_MONEY})",
    re.IGNORECASE,
)
_STRONG_TOTAL = re.compile(
    r"grand|due|payable|to pay|of the order|order total|incl|gross|gesamtbetrag|rechnungsbetrag|"
    r"endbetrag|zahlen|zahlbetrag|brutto",
    re.IGNORECASE,
)
_NET = re.compile(
    r"\b(?:net|sub-?\s?total|netto\w*|zwischensumme|excl|before tax|tax total|vat total)", re.I
)
_DUE = re.compile(
    r"\b(?:payable|due (?:date|by|on|within|in)|pay(?:ment)? (?:by|within|due|terms?)|please pay|"
    r"zahlbar|fällig\w*|zahlungsziel|bitte (?:über)?weisen|zahlen sie|zu begleichen|net \d+ days)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"^(?:(?:tax )?(?:invoice|receipt|order|purchase order|po|credit note|quotation|bill|"
    r"rechnungs?|bestell|auftrags?|beleg|quittungs?)?[\s-]*(?:no|nr|number|nummer|id|#|№)\b\.?|"
    r"(?:invoice|receipt|order|rechnung)\s*#?)\s*[:.]?\s*(?P<id>[A-Z]{0,6}[-/ ]?\d[\w/.-]*|[A-Z]{1,6}-?\w*\d\w*)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(?:(?:invoice|order|receipt|rechnungs|bestell)?[\s-]*(?:date|datum)|date of (?:issue|invoice)|"
    r"issued(?: on)?|dated)\b",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"^(?:from|seller|vendor|supplier|issued by|sold by|ordered by|billed by|von|verkäufer|lieferant|"
    r"rechnungssteller|absender|buyer's office)\b\s*:?\s*\S",
    re.IGNORECASE,
)
_TO = re.compile(
    r"^(?:to|bill(?:ed)? to|invoice to|sold to|customer|client|ship to|an|kunde|kundin|empfänger|"
    r"rechnung an|rechnungsempfänger|supplier|lieferant)\b(?:\s*:\s*|\s+)\S",
    re.IGNORECASE,
)
_TO_LABEL = re.compile(
    r"^(?:bill(?:ed)? to|invoice to|sold to|to|an|rechnung an|kunde|from|von|seller|vendor)\s*:?$",
    re.I,
)
_COMPANY = re.compile(
    r"\b(?:Ltd|LLP|LLC|Inc|plc|PLC|GmbH|AG|KG|OHG|UG|e\.\s?K|Co|Corp|S\.?A|SARL|B\.?V|Limited|GbR|SE|Bros|& Sons)\b\.?"
)
_CURRENCY_HEADER = re.compile(
    r"\b(?:amount|total|price|betrag|preis|summe)\s*\(?(?:in )?(?:[A-Z]{3}|[€£$])\)?", re.I
)
_HAS_CURRENCY = re.compile(r"[€£$]|\b(?:EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|CZK|JPY|CAD|AUD|Euro)\b")

Line = tuple[Page, int, int]


def is_invoice(pages: Sequence[Page]) -> bool:
    """Whether the first lines say invoice, order or receipt, and a line has a total."""
    lines = [_text(line) for line in _lines(pages)]
    opening = [
        line
        for line in lines[:_TITLE_LINES]
        if len(line) <= 60 and not line.endswith((".", "!", "?"))
    ]
    titled = any(_TITLE.search(line) and len(line.split()) <= 8 for line in opening)
    return titled and any(_TOTAL.search(line) for line in lines)


def invoice_points(pages: Sequence[Page]) -> KeyPoints:
    """The total first, then the parties, when it is due, number and date; each its own line."""
    lines = list(_lines(pages))
    total = _total(lines)
    number = _first(lines, lambda t: _NUMBER.match(t) is not None)
    if number is None:
        number = _first(
            lines[:_TITLE_LINES],
            lambda t: _TITLE.search(t) is not None and any(c.isdigit() for c in t) and len(t) < 70,
        )
    date = _first(lines, lambda t: bool(_DATE.match(t)) and _has_date(t))
    if date is None:
        date = _first(
            lines[: 2 * _TITLE_LINES], lambda t: len(t) < 60 and _has_date(t) and not _DUE.search(t)
        )
    due = _first(lines, lambda t: _DUE.search(t) is not None and (_has_date(t) or _has_duration(t)))
    if due is None:
        due = _first(lines, lambda t: _DUE.search(t) is not None)
    sender = _party(lines, _FROM) or _issuer(lines)
    recipient = _party(lines, _TO, but=sender)
    parties = [line for line in (sender, recipient) if line is not None]
    points = [
        total,
        *(_quoted(line) for line in parties),
        *(_quoted(line) for line in (due, number, date) if line is not None),
    ]
    unique = {point.spans: point for point in points if point is not None}
    return KeyPoints(tuple(unique.values()), count=_COUNT)


def _total(lines: Sequence[Line]) -> KeyPoint | None:
    """The line of what is to pay; with the header that names the currency where it has none."""
    totals: list[tuple[bool, int]] = []
    for n, line in enumerate(lines):
        text = _text(line)
        if _TOTAL.search(text) and not _NET.search(text) and len(text) < 140:
            totals.append((_STRONG_TOTAL.search(text) is not None, n))
    if not totals:
        return None
    best = lines[max(totals)[1]]
    point = _quoted(best)
    if _HAS_CURRENCY.search(point.text):
        return point
    for page, start, end in lines:
        if headers := list(_CURRENCY_HEADER.finditer(page.text, start, end)):
            header = quote(page, headers[-1].start(), headers[-1].end())
            return KeyPoint(f"{point.text} ({header.text})", (*point.spans, *header.spans))
    return point


def _party(lines: Sequence[Line], pattern: re.Pattern[str], but: Line | None = None) -> Line | None:
    for n, line in enumerate(lines):
        text = _text(line)
        if line == but:
            continue
        label = _TO_LABEL.match(text)
        if label and pattern.match(f"{text.rstrip(':')}: x") and n + 1 < len(lines):
            below = lines[n + 1]
            if below[0] is line[0] and len(_text(below)) < 100:
                return line[0], line[1], below[2]
        if pattern.match(text) and len(text) < 140 and not _TOTAL.search(text):
            return line
    return None


def _issuer(lines: Sequence[Line]) -> Line | None:
    """The first line near the top that names a firm; else the first line, where it is a name."""
    firm = _first(
        lines[: 2 * _TITLE_LINES],
        lambda t: (
            _COMPANY.search(t) is not None and not _TO.match(t) and len(t) < 120 and "|" not in t
        ),
    )
    if firm is not None or not lines:
        return firm
    top = _text(lines[0])
    is_name = len(top) < 60 and not any(c.isdigit() for c in top) and not _TITLE.search(top)
    return lines[0] if is_name and ":" not in top else None


def _first(lines: Sequence[Line], test: object) -> Line | None:
    return next((line for line in lines if test(_text(line))), None)  # type: ignore[operator]


def _has_date(text: str) -> bool:
    return next(iter(values("date", text)), None) is not None


def _has_duration(text: str) -> bool:
    return next(iter(values("duration", text)), None) is not None


def _quoted(line: Line) -> KeyPoint:
    return quote(*line)


def _text(line: Line) -> str:
    page, start, end = line
    return " ".join(page.text[start:end].split()).strip("#*_ ")


def _lines(pages: Sequence[Page]) -> Iterator[Line]:
    """The lines of the first and the last page, a line with several fields in its parts."""
    count = 0
    for page in pages:
        for match in re.finditer(r"[^\n]*\S[^\n]*", page.text):
            count += 1
            if count > _MAX_LINES:
                return
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            start += len(match[0].lstrip()) - len(match[0].lstrip().lstrip("#- "))
            yield page, start, match.end()
