"""Whether a text is a contract, and who its parties are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.summary.key_points import KeyPoint, composed, mark_length, quote
from rag_infer.summary.leaning import PRONOUN
from rag_infer.types import Page

_OPENING_CHARS = 3_000  # in which a contract names its parties
_MAX_PARTIES_CHARS = 600
_MAX_TITLE_CHARS = 110
_TITLE = re.compile(
    r"\b(?:agreements?|contracts?|lease|tenancy|deed|licen[cs]e|memorandum of understanding|"
    r"terms of (?:engagement|employment|service)|mandate|loan facility|statement of work)\b|"
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
    rf"\((?:the |der |die )?(?:{_ROLE_WORDS})\)|"
    r"[–-]\s?(?:nachfolgend|im folgenden|hereinafter)[^\n–-]{3,60}[–-]",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"\bgovern(?:ing|ed by)\b|\b(?:signed|accepted) (?:for|by|in|online)\b|gerichtsstand|"
    r"anwendbares recht|in witness whereof",
    re.IGNORECASE,
)
_TOP_CHARS = 800
_SENTENCE_BREAK = re.compile(r"\n[^\S\n]*\n\s*|(?<=[.!?])\s+(?=[A-ZÄÖÜ])")
_SENTENCE_END = re.compile(r"(?<![A-Z][a-z])(?<!\bCo)(?<!\bInc)(?<!\bLtd)[.:](?=\s|$)")
_PARAGRAPH = re.compile(r"[^\n]*\S(?:[^\n]|\n(?![^\S\n]*\n))*")


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
    if len(roles) > 1 and _MADE.search(text) is not None:
        return True
    if len(_DEFINED_ROLE.findall(text[:_TOP_CHARS])) > 1 and any(
        _LEGAL.search(page.text) for page in pages
    ):
        return True
    return has_title and (has_parties or len(roles) > 1 or _names_two_parties(text))


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


def contract_parties(pages: Sequence[Page]) -> KeyPoint | None:
    """The quote that names the parties, or their labeled lines; None where none were found."""
    page = _opening(pages)
    if page is None:
        return None
    text = page.text[:_OPENING_CHARS]
    roles = list(_DEFINED_ROLE.finditer(text))
    between = _BETWEEN.search(text)
    if between is not None and not (roles and roles[0].end() + 200 < between.start()):
        point = _first_parties(page, between.start(), between.end())
        if point is not None:
            return point
    lines = [
        quote(page, m.start() + mark_length(text, m.start(), m.end()), m.end())
        for m in _ROLE_LINE.finditer(text)
    ]
    if len(lines) > 1:
        return composed(lines[:4])
    if len(roles) > 1:
        return _first_parties(page, roles[0].start(), roles[0].start())
    return None


def _first_parties(page: Page, at: int, position: int) -> KeyPoint | None:
    """From the sentence that names the parties to the end of the last; from the word on if long."""
    end = _parties_end(page.text, position)
    for start in (_sentence_start(page.text, at), at):
        point = quote(page, start, end)
        if end > position and len(point.text) <= _MAX_PARTIES_CHARS:
            return point
    return None


def _sentence_start(text: str, position: int) -> int:
    """Where the sentence of a position begins, or that before it where it leans on that."""
    starts = [0]
    for match in _SENTENCE_BREAK.finditer(text, 0, position):
        above = text[starts[-1] : match.start()].rstrip()
        if "\n" not in match[0] or not above.endswith((":", ",")):
            starts.append(match.end())
    start = starts.pop()
    while starts and PRONOUN.match(text, start) and "\n\n" not in text[starts[-1] : start]:
        start = starts.pop()
    line = text.rfind("\n", start, position)
    # A title right above, without a blank line.
    if line >= 0 and _is_title(text[start:line].strip(" #*_\n")):
        start = line + 1
    return start


def _parties_end(text: str, position: int) -> int:
    """Where the parties end that begin at a position: after the second role, or their sentence."""
    end = position
    for match in _PARAGRAPH.finditer(text, position, position + _MAX_PARTIES_CHARS):
        if end > position and not _goes_on(text[position:end], match[0]):
            break
        last = None
        for role in _DEFINED_ROLE.finditer(text, match.start(), match.end()):
            between = text[last or match.start() : role.start()]
            if last is not None and re.search(r"[.:]\s+[A-ZÄÖÜ]", between):
                break  # a term that a later sentence defines
            last = role.end()
        if last is not None:
            tail = re.match(r"\s?(?:and|und|;|,|\.|; and|to)+", text[last : match.end()])
            end = last + (tail.end() if tail else 0)
        else:
            stop = _SENTENCE_END.search(match[0])
            end = match.start() + (stop.end() if stop else len(match[0].rstrip()))
    return end


def _goes_on(parties: str, paragraph: str) -> bool:
    """Whether a paragraph names further parties, after those that were read so far."""
    if len(_DEFINED_ROLE.findall(parties)) > 1 and not re.search(
        r"(?:;|,|and|und)$", parties.rstrip()
    ):
        return False
    if paragraph.lstrip().startswith(("#", "§")):
        return False
    is_open = (
        re.search(r"(?:[,;]|\b(?:and|und|to|between|zwischen|by))$", parties.rstrip()) is not None
    )
    return is_open or re.search(r"\b(?:and|und)\b", parties) is None
