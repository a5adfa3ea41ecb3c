"""The sentences of a document that could stand in a summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_infer.summary.text_units import PageSpan, TextUnit, text_units
from rag_infer.types import Page

_MIN_CHARS, _MAX_CHARS = 45, 420  # characters; a third of that where words are not parted by spaces
_MIN_WORDS = 7
_MIN_LETTER_SHARE = 0.68  # share of letters among what is no space
_MAX_CAPITALIZED_SHARE = (
    0.45  # share of capitalised words: above, it is a title, a list of names, an address
)
_BOILERPLATE_REPEATS = (
    3  # times that a sentence stands in a document, from which on it is furniture
)

# What it refers to comes before it, and would be missing.
_DANGLING = re.compile(
    r"(?:this|that|these|those|it|its|they|their|them|he|she|his|her|such|however|therefore|thus|"
    r"hence|moreover|furthermore|in addition|additionally|also|but|and|or|so|nor|yet|then|"
    r"nevertheless|nonetheless|consequently|accordingly|similarly|likewise|otherwise|instead|"
    r"meanwhile|afterwards?|the (?:former|latter|following|above)|as (?:such|a result|noted|"
    r"described|discussed|shown|mentioned)|for (?:example|instance|this reason|more)|in (?:this|"
    r"these|such) |on the other hand|see |refer to |note that |we also|both |again)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:(?:see|refer to|shown in|described in|listed in|included in|set forth (?:in|under)|"
    r"contained in)\s+(?:the |our |also )?[“\"']?(?:fig|table|note|item|section|appendix|exhibit|"
    r"part|page|chapter|annex|schedule)|(?:the following|as follows|listed below|set forth below|"
    r"table below|above table|following table)\b)",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"forward-looking|safe harbor|incorporated (?:herein )?by reference|pursuant to (?:section|"
    r"rule|item|the requirements)|securities exchange act|check ?mark|hereby|hereto|herein\b|"
    r"thereof|"
    r"thereto|undersigned|all rights reserved|copyright|©|registered trademark|"
    r"without limitation|"
    r"in witness whereof|notwithstanding|no assurance|undue reliance|indemnif|"
    r"accounting (?:polic|estimate|standard|principle|pronouncement)|generally accepted|"
    r"reclassif|disclosure controls|internal control|capitalized terms|fair value|"
    r"this (?:agreement|indenture|supplemental)|"
    r"the (?:executive|employer|indenture|trustee|issuer)s? (?:shall|may|is|are)\b|"
    r"terms and conditions|governing law|isbn|doi\.org|https?://|www\.|@\w+\.\w|\.{4,}|…{2,}|_{3,}",
    re.IGNORECASE,
)
_BACK_MATTER = re.compile(
    r"^\W*(?:\d+[.\d]*\W+)?(?:references|bibliography|literature|works cited|notes and references|"
    r"(?:table of )?contents|index|glossary|acknowledge?ments?|signatures?|exhibits?|"
    r"exhibit index|further reading|external links|see also|copyright|legal notices?|disclaimers?|"
    r"about the authors?|cautionary .*|forward.looking .*)\W*$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?。！？।؟…][\"'”’»）)\]」』]*$")
_BEGINS = re.compile(r"(?!\(?\d{1,2}\)|[(*]|NOTE\b|[A-Z]\. )[\"'“‘«(]*[^\W_a-z]")
_FORMALITY = re.compile(
    r"(?:From|To|Cc|Bcc|Sent|Date|Subject|Von|An|Betreff|Datum):|(?:hello|hi|dear|hallo|liebe\w*|"
    r"sehr geehrte\w*|best regards|kind regards|regards|yours|sincerely|thanks|viele grüße|"
    r"mit freundlichen)\b[^.!?]{0,40}$|-- ?$",
    re.IGNORECASE,
)
_MIN_LESSER_WORDS = 4
_MIN_SHORT_CHARS, _MIN_SHORT_WORDS = 8, 3
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@dataclass(frozen=True, slots=True)
class Statement:
    """``page.text[start:end]``, or a point composed of several quotes, of which it is the first.

    ``order`` counts the statements of the document from 0.
    """

    page: int
    start: int
    end: int
    text: str
    section: tuple[str, ...]
    order: int
    first: bool  # of its section
    spans: tuple[PageSpan, ...] = ()  # what a composed point quotes; of a sentence itself only


def statements(pages: Sequence[Page], *, every_section: bool = False) -> list[Statement]:
    """The sentences of the pages that could stand in a summary, in order.

    With ``every_section``, a section that has none is represented by its first sentence. Of a text
    in which none could, such as a short mail, a list or a table, the lines and sentences stand for
    it that say most.
    """
    return statements_of(list(text_units(pages)), every_section=every_section)


def statements_of(units: Sequence[TextUnit], *, every_section: bool = False) -> list[Statement]:
    """As ``statements``, of units that were read already."""
    candidates: list[Statement] = []
    lesser: list[Statement] = []
    first_sentences: dict[tuple[str, ...], Statement] = {}
    sections: set[tuple[str, ...]] = set()
    for unit in units:
        text, path = unit.text, unit.section
        if unit.is_heading or any(_BACK_MATTER.match(name) for name in path):
            continue
        statement = Statement(*unit.span, text, path, len(candidates), path not in sections)
        if is_self_contained(text):
            sections.add(path)
            candidates.append(statement)
        elif len(text) <= _MAX_CHARS:
            if _ENDS.search(text):
                first_sentences.setdefault(path, statement)
            lesser.append(replace(statement, order=len(lesser)))
    if not candidates:
        candidates = _substitutes(lesser)
    times = Counter(s.text.lower() for s in candidates)
    unique: dict[str, Statement] = {}
    for s in candidates:
        if times[s.text.lower()] < _BOILERPLATE_REPEATS:
            unique.setdefault(s.text.lower(), s)
    if not every_section:
        return list(unique.values())
    covered = {s.section for s in unique.values()}
    added = [s for path, s in first_sentences.items() if path not in covered]
    return sorted((*unique.values(), *added), key=lambda s: (s.page, s.start))


def short_sentences(units: Sequence[TextUnit]) -> list[Statement]:
    """The whole sentences of a text that say something, short ones too, in order.

    One that leans on the sentence before it is left out, and so is what is furniture anywhere.
    """
    short = []
    for number, unit in enumerate(units):
        text = unit.text
        if unit.is_heading or any(_BACK_MATTER.match(name) for name in unit.section):
            continue
        is_whole = _ENDS.search(text) is not None and not text.endswith("?")
        if not is_whole or not _MIN_SHORT_CHARS <= len(text) <= _MAX_CHARS:
            continue
        wide = len(_WIDE.findall(text)) > len(text) / 4
        if not wide and len(text.split()) < _MIN_SHORT_WORDS:
            continue
        bare = text.lstrip("-*+•1234567890.) ")
        if _DANGLING.match(bare) or _FORMALITY.match(bare) or _POINTING.search(text):
            continue
        if any(map(str.isalpha, text)):
            is_first = number == 0 or units[number - 1].section != unit.section
            short.append(Statement(*unit.span, text, unit.section, number, is_first))
    return short


def _substitutes(lesser: Sequence[Statement]) -> list[Statement]:
    """Whole sentences if there are any, else lines; without greetings and the fields of mails."""
    said = [s for s in lesser if not _FORMALITY.match(s.text) and any(map(str.isalpha, s.text))]
    whole = [s for s in said if _ENDS.search(s.text) and len(s.text.split()) >= _MIN_LESSER_WORDS]
    return whole or said


def is_self_contained(text: str) -> bool:
    """Whether a sentence says something by itself: in prose, leaning on nothing before it."""
    wide = len(_WIDE.findall(text)) > len(text) / 4
    scale = 3 if wide else 1
    if not _MIN_CHARS <= len(text) * scale <= _MAX_CHARS or not _ENDS.search(text):
        return False
    words = text.split()
    if not wide:
        if len(words) < _MIN_WORDS or not _BEGINS.match(text) or _DANGLING.match(text):
            return False
        capitalized = sum(w[0].isupper() for w in words[1:] if w[0].isalpha())
        if capitalized > _MAX_CAPITALIZED_SHARE * len(words):
            return False
    dense = text.replace(" ", "")
    if sum(c.isalpha() for c in dense) < _MIN_LETTER_SHARE * len(dense):
        return False
    return not (_FORMULA.search(text) or _POINTING.search(text) or text.endswith("?"))
