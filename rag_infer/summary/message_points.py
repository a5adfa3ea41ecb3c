# ruff: noqa: E501 - words of two languages
"""Mails and letters: who writes when about what, and what they say; no greeting, no signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.sentences import sentences
from rag_infer.summary.key_points import MAX_POINT_CHARS, KeyPoint, KeyPoints, composed, quote
from rag_infer.types import Page

_COUNT = 6  # the header and five of what is said
_LETTER_LINES = 30  # in which a letter greets
_LINE = re.compile(r"[^\n]*\S[^\n]*|(?<=\n)[^\S\n]*(?=\n)")
_HEADER = re.compile(
    r"(?P<name>From|To|Cc|Bcc|Sent|Date|Subject|Reply-To|Von|An|Kopie|Gesendet|Datum|Betreff):[^\S\n]*(?P<value>.*)",
    re.IGNORECASE,
)
_SHOWN_HEADERS = (
    "subject",
    "betreff",
    "from",
    "von",
    "to",
    "an",
    "date",
    "datum",
    "sent",
    "gesendet",
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|hallo|liebe[rs]?|moin|"
    r"sehr geehrte[rs]?|guten (?:tag|morgen|abend)|servus|to whom it may concern|"
    r"bonjour|ch[eè]re?|hola|estimad[oa]s?|ciao|gentile)\b[^.!?\n]{0,70}[,:!.]?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:(?:with |my |many |all (?:the )?)?(?:best|kind|kindest|warm|warmest)? ?(?:regards|wishes)|best|"
    r"all the best|cheers|many thanks|thanks(?: (?:a lot|again|and \w+|in advance|very much))?|thank you"
    r"(?: (?:very much|in advance|again))?|yours(?: (?:sincerely|faithfully|truly))?|sincerely|respectfully|"
    r"(?:with )?love|mit (?:besten|freundlichen|herzlichen|lieben) grü(?:ß|ss)en|"
    r"(?:viele|beste|liebe|herzliche|schöne|freundliche|lg|vg|mfg)(?: grü(?:ß|ss)e)?(?: aus \w+)?|grü(?:ß|ss)e|"
    r"gruß|hochachtungsvoll|vielen dank(?: im voraus)?|danke(?: im voraus)?|cordialement|saludos|"
    r"(?:see you|talk soon|bis bald|bis dann)[\w ]{0,20})\s*[,.!]?\s*(?:\w+)?\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"(?:--|—|__+|-- |\*\*\*+)\s*$")
_HISTORY = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"originalnachricht)|(?:on|am) .{6,120}(?:wrote|schrieb)\b.{0,80}:\s*$|_{10,}",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\b(?:this|the) (?:e-?mail|message|communication|transmission)\b[^.]{0,120}\b(?:confidential|"
    r"privileged|intended|proprietary)|intended (?:only|solely|exclusively) for|"
    r"(?:not|other than) the (?:intended |named |right )?(?:addressee|recipient)|"
    r"diese (?:e-?mail|nachricht)\b[^.]{0,120}\b(?:vertraulich|bestimmt)|"
    r"nicht der (?:richtige |beabsichtigte |vorgesehene )?(?:adressat|empfänger)|consider the environment|"
    r"\bunsubscribe\b|abbestellen|^sent from (?:my|outlook)|^gesendet von|registered (?:office|in england)|"
    r"amtsgericht|handelsregister|\bhrb \d|geschäftsführer(?:in)?:|virus",
    re.IGNORECASE,
)
_ATTACHMENTS = re.compile(
    r"(?:attachments?|anlagen?|anhänge|enclosures?|encl\.?)\s*:", re.IGNORECASE
)
_CONTACT = re.compile(
    r"\b(?:phone|tel|telefon|mobile?|fax|ext|durchwahl)\b\.?|@\w|https?://|www\.|\+\d[\d ()/-]{6,}",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:it|they|he|she|its|their|his|her|this|these|those|that|such|then|but|and|so|or|also|"
    r"therefore|otherwise|however|both|instead|"
    r"es|sie|er|ihre?|seine?|dies\w*|das|dann|aber|und|oder|auch|deshalb|daher|dafür|dabei|damit|"
    r"dort|sonst|außerdem)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:[-*+•–]|\(?\d{1,2}[.)])\s")
_SUBJECT_LINE = re.compile(
    r"(?:re|subject|betreff|betr|ref|regarding|our reference)\b\.?\s*:?\s", re.IGNORECASE
)


def is_letter(pages: Sequence[Page]) -> bool:
    """Whether a text greets near its beginning and closes as letters do, or has a mail's header."""
    if not pages:
        return False
    lines = [line.strip() for page in pages for line in page.text.splitlines() if line.strip()]
    opening = lines[:_LETTER_LINES]
    names = {m["name"].lower() for line in lines[:6] if (m := _HEADER.match(line.strip("*_ ")))}
    if len(names & {"from", "von", "subject", "betreff"}) and len(names) > 1:
        return True
    greets = next((n for n, line in enumerate(opening) if _GREETING.match(line)), None)
    if greets is None:
        return False
    return any(_CLOSING.match(line) for line in lines[greets + 1 :])


def message_points(pages: Sequence[Page]) -> KeyPoints:
    """The header in one line, then what the message says, sentence by sentence."""
    header = _header(pages)
    body: list[KeyPoint] = []
    for page in pages:
        for start, end in _body(page):
            body += _statements(page, start, end)
    attachments = [point for page in pages for point in _attachments(page)]
    if not body:
        return KeyPoints(tuple(p for p in (header, *attachments) if p is not None))
    points = () if header is None else (header,)
    return KeyPoints(points, (*body, *attachments), count=_COUNT if points else _COUNT - 1)


def _header(pages: Sequence[Page]) -> KeyPoint | None:
    """Subject, sender, receiver and date of a mail; the date and subject of a letter."""
    page = pages[0]
    parts: dict[str, KeyPoint] = {}
    heading = next((b for b in page.blocks[:1] if b.kind == "heading"), None)
    if heading is not None:
        parts["subject"] = quote(page, heading.start, heading.end)
    before: list[tuple[int, int]] = []
    is_mail = False
    for start, end in _lines(page.text):
        line = page.text[start:end].strip("*_ ")
        match = _HEADER.match(line)
        if match and match["value"].strip():
            name = match["name"].lower()
            parts.setdefault(name, quote(page, start, end))
            is_mail = True
        elif is_mail or _GREETING.match(line) or len(before) > _LETTER_LINES:
            break
        elif line:
            before.append((start, end))
    if is_mail:
        return composed(parts[name] for name in _SHOWN_HEADERS if name in parts)
    subject = next(
        (s for s in before if _SUBJECT_LINE.match(page.text[slice(*s)].strip("*_ "))), None
    )
    if subject is None and before:
        last = page.text[slice(*before[-1])].strip()
        # A line of its own above the greeting that is no date and no address.
        if (
            len(last.split()) > 1
            and not any(c.isdigit() for c in last)
            and _is_alone(page.text, before[-1])
        ):
            subject = before[-1]
    date = next((s for s in before if _is_date(page.text[slice(*s)])), None)
    return composed(quote(page, *s) for s in (subject, date) if s is not None)


def _is_date(line: str) -> bool:
    from rag_infer.cite.typed_values import values

    return (
        len(line) < 60
        and re.search(r"\d", line) is not None
        and any(b - a > 5 for a, b in values("date", line))
    )


def _is_alone(text: str, line: tuple[int, int]) -> bool:
    return re.search(r"\n[^\S\n]*\n[^\S\n]*$", text[: line[0]]) is not None


def _lines(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        start = position + (len(line) - len(line.lstrip()) if stripped else 0)
        yield start, start + len(stripped)
        position += len(line)


def _body(page: Page) -> Iterator[tuple[int, int]]:
    """The paragraphs of what is said, without quoted history, signature and attachments."""
    headings = {block.start for block in page.blocks if block.kind == "heading"}
    has_greeting = any(_GREETING.match(page.text[a:b]) for a, b in _lines(page.text))
    is_body = not has_greeting
    has_header = False
    paragraph: list[tuple[int, int]] = []
    paragraphs: list[list[tuple[int, int]]] = []
    after_heading = False
    for start, end in _lines(page.text):
        line = page.text[start:end]
        header = _HEADER.match(line.strip("*_ "))
        begins_message = start in headings
        if not line or begins_message or header or _GREETING.match(line) or line.startswith(">"):
            paragraphs.append(paragraph)
            paragraph = []
            if begins_message:
                after_heading = True
            elif header:
                if (
                    has_header
                    and not after_heading
                    and paragraphs
                    and any(paragraphs)
                    and header["name"].lower() in ("from", "von")
                ):
                    break  # the history of a reply
                has_header, is_body = True, True
            elif _GREETING.match(line):
                is_body, after_heading = True, False
            elif line:
                after_heading = False
            continue
        if _HISTORY.match(line):
            break
        after_heading = False
        if _CLOSING.match(line) or _SIGNATURE.match(line) or _ATTACHMENTS.match(line):
            if is_body and (any(paragraphs) or paragraph or _SIGNATURE.match(line)):
                is_body = False
            paragraphs.append(paragraph)
            paragraph = []
        elif is_body:
            paragraph.append((start, end))
    paragraphs.append(paragraph)
    filled = [p for p in paragraphs if p]
    for number, lines in enumerate(filled):
        is_last = number + 1 == len(filled) and number > 0
        if is_last and _is_signature([page.text[a:b] for a, b in lines]):
            continue
        yield lines[0][0], lines[-1][1]


def _is_signature(lines: Sequence[str]) -> bool:
    """Whether a last paragraph is a name and how to reach it."""
    return all(len(line) < 70 and not line.endswith((".", "?", "!")) for line in lines) and (
        any(_CONTACT.search(line) for line in lines)
        or all(len(line.split()) <= 3 for line in lines)
    )


def _statements(page: Page, start: int, end: int) -> Iterator[KeyPoint]:
    """The sentences of a paragraph; one that leans on the one before goes with it."""
    group: tuple[int, int] | None = None
    first_end = 0
    for a, b in ((start + x, start + y) for x, y in sentences(page.text[start:end])):
        text = page.text[a:b].strip()
        if _DISCLAIMER.search(text):
            break  # and what follows it in its paragraph
        if not text or not any(map(str.isalnum, text)) or _CLOSING.match(text):
            continue
        above = "" if group is None else page.text[slice(*group)].rstrip()
        joined = (
            _LEANS.match(text) is not None
            or above.endswith((":", ","))
            or (_ITEM.match(text) is not None and ":" in above)
        )
        if group is not None and joined and b - group[0] <= MAX_POINT_CHARS:
            group = group[0], b
            continue
        if group is not None:
            yield _point(page, group, first_end)
        group, first_end = (a, b), b
    if group is not None:
        yield _point(page, group, first_end)


def _point(page: Page, group: tuple[int, int], first_end: int) -> KeyPoint:
    point = quote(page, *group)
    if first_end == group[1]:
        return point
    shorter = quote(page, group[0], first_end)
    return KeyPoint(point.text, point.spans, point.section, shorter)


def _attachments(page: Page) -> Iterator[KeyPoint]:
    for block in page.blocks:
        if block.kind == "list" and page.text.startswith("Attachments:", block.start):
            yield quote(page, block.start, min(block.end, block.start + MAX_POINT_CHARS))
