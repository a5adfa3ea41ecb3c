"""Values of a kind in a text (amounts, durations, dates, times), and which one is asked for.

``question_type`` says what sort of thing a question wants; this says which written form it has. A
question of no such kind asks for ``any``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Literal

from rag_infer.languages import ENGLISH
from rag_infer.languages.cldr_forms import FormKind, form_pattern
from rag_infer.languages.clusters import WRITTEN_IN_PAIRS

ValueKind = Literal[
    "money",
    "percent",
    "duration",
    "measure",
    "date",
    "clock",
    "count",
    "contact",
    "name",
    "yes",
    "any",
]

COUNT_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|eighteen|twenty|thirty|forty|fifty|sixty|ninety|hundred|hundred and twenty|"
    "zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf"
)
_HOUR = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
# What may follow an hour that is written in words; "from two sides" is none.
_AFTER_HOUR = (
    r"(?=\s*(?:$|[.,;:!?)]|(?:to|and|until|till|in the (?:morning|afternoon|evening)|at night|o'clock|on"
    r" \w+days?|every|each|daily)\b))"
)
_TIME_UNIT = (
    "seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?|nights?|"
    "Sekunden?|Minuten?|Stunden?|Tagen?|Wochen?|Monaten?|Jahren?|Jahr|Tag|Monat"
)
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|januar|februar|märz|mai|juni|juli|oktober|dezember"
)
_CURRENCY = "EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|JPY|CAD|AUD"
# Bounds of a word, which in "电话是021-555" no space shows.
_START, _END = rf"(?:\b|(?<=[{WRITTEN_IN_PAIRS}]))", rf"(?:\b|(?=[{WRITTEN_IN_PAIRS}]))"
# Never begun or ended inside a number: a run of digits costs as much as it is long.
_NUMBER = r"(?<!\d)\d++(?:[.,'\u2009\u00a0]++\d++)*+"
_PATTERNS: dict[ValueKind, re.Pattern[str]] = {
    "money": re.compile(
        rf"(?:{_CURRENCY}|[€£$¥])\s?{_NUMBER}(?:\s?(?:million|billion|thousand|[mk])\b)?"
        rf"|{_NUMBER}\s?(?:(?:million|billion|thousand|Mio\.?)\s?)?"
        rf"(?:(?:{_CURRENCY}|euros?|pounds?|dollars?|francs?|pence|cents?|Euro|Cent)\b|[€£$])",
        re.IGNORECASE,
    ),
    "percent": re.compile(rf"{_NUMBER}\s?(?:%|per ?cent\b|Prozent\b|percentage points?)", re.IGNORECASE),
    "duration": re.compile(
        rf"\b(?:(?:{COUNT_WORD}|a|an|half an?|\d+(?:[.,]\d+)?)(?:[\s-]and[\s-]\w+)?(?:\s?\(\d+\))?)"
        rf"[\s-](?:(?:full|working|calendar|business|consecutive|ganze)\s)?(?:{_TIME_UNIT})\b",
        re.IGNORECASE,
    ),
    "measure": re.compile(
        rf"{_NUMBER}[\s-]?(?:m|km|cm|mm|ft|kg|g|t|l|ml|kB|MB|GB|TB|kW|kWh|metres?|meters?|kilomet(?:re|er)s?|"
        r"miles?|feet|foot|inch(?:es)?|yards?|grams?|tonnes?|tons?|pounds?|litres?|liters?|square \w+|degrees?|"
        r"°C?|pages?|words?|tokens?|characters?|letters?|pieces?|bits?|bytes?)(?!\w)"
    ),
    "date": re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? (?:{_MONTH})\b(?:\.?,? \d{{4}})?"
        rf"|\b(?:{_MONTH})\b\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
        rf"|\b(?:{_MONTH})\b,? \d{{4}}"
        r"|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:19|20)\d\d\b"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s?\b"
        r"|\b(?:end|beginning|middle|last day|first day) of (?:the |each |every )?(?:year|month|quarter|week)\b",
        re.IGNORECASE,
    ),
    "clock": re.compile(
        r"\b\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.|o'clock|Uhr)(?!\w)|\b\d{1,2}:\d\d\b|\b(?:noon|midnight)\b"
        rf"|(?<=\bat )(?:{_HOUR})\b{_AFTER_HOUR}|(?<=\bby )(?:{_HOUR})\b{_AFTER_HOUR}"
        rf"|(?<=\bfrom )(?:{_HOUR})\b{_AFTER_HOUR}|(?<=\buntil )(?:{_HOUR})\b{_AFTER_HOUR}"
        rf"|\b(?:half past|quarter past|quarter to) (?:{_HOUR})\b",
        re.IGNORECASE,
    ),
    "count": re.compile(rf"(?<![\w.,-]){_NUMBER}(?![\w%-])|\b(?:{COUNT_WORD})\b", re.IGNORECASE),
    "contact": re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)\S+\w|\+\d[\d ()/-]{5,}\d"
        r"|\b(?:extension|ext\.?|room|desk|form|Durchwahl|Zimmer)\s[\w-]*\d[\w-]*"
        rf"|(?:\(0\d{{1,4}}\) ?|{_START}(?:0\d[ /-](?=\d{{3}}))?)\d{{3,}}[\d /-]*\d{_END}|{_START}\d{{3}}{_END}",
        re.IGNORECASE,
    ),
}  # fmt: skip

# Tried in this order on the lower-cased question.
_ASKED: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    ("contact", re.compile(r"\b(?:phone|telephone|extension|fax|e-?mail address|mail address|telefonnummer|which number|what number|web ?site|url)\b")),
    ("percent", re.compile(r"\b(?:percent(?:age)?|per cent|prozent|discount|rebate|rabatt|availability|uptime|interest(?: rate)?|zins\w*|what share|which share|royalty|commission rate|vat rate)\b")),
    ("duration", re.compile(
        r"\bhow (?:long|quickly|fast|soon|often|far ahead|much (?:notice|time|warning|leave|holiday|vacation)|many (?:working )?(?:days|weeks|months|years|hours|minutes))\b"
        r"|\bwie (?:lange|schnell|oft)\b|\bfor how long\b"
        r"|\b(?:notice|retention|probation\w*|trial|warranty|response|reaction|delivery|payment|lead|loan|secrecy|cooling[- ]off) (?:periods?|times?|terms?)\b"
        r"|\bperiods? of notice\b|\bkündigungsfrist\b|\b(?:duration|length of)\b|\blaufzeit\b|\bannual leave\b|\bdays of leave\b")),
    ("measure", re.compile(r"\bhow (?:far|tall|wide|deep|heavy|large|big|thick|hot|cold|high up)\b(?! (?:a|is the (?:deposit|fee|budget|discount|penalty))\b)|\b(?:how much|what) (?:does|do|did|may|can|will|would) .*\bweigh\b|\bweight of\b|\bgewicht\b")),
    ("clock", re.compile(r"\b(?:what|which) time\b|\bo'clock\b|\b(?:opening|closing|office) (?:hours|times?)\b|\bum wie ?viel uhr\b")),
    ("date", re.compile(r"\bwhen\b|\bhow (?:late|early)\b|\b(?:latest|last|first|earliest|next|final) (?:possible )?(?:date|day)\b|\b(?:what|which|on which|by what) (?:date|day|year|month|weekday)\b|\bwann\b|\b(?:bis|seit) wann\b|\bdeadline\b|\bdue date\b|\b(?:expiry|end|start|signing) date\b|\bdate of\b|\bwelche[ms]? (?:tag|jahr|datum)\b")),
    ("money", re.compile(
        r"\bwhat (?:do|does|did|will|would|must|should) (?:[\w'’-]+ ){1,5}(?:pay|earn)\b(?! (?:for|with|in)\W*$)|"
        r"\bhow (?:much|expensive|high|big|large) (?:is|are|was|were|did|does|do|will|may|can|must|has|have|rent|money|budget|fee|salary|a|the|deposit|an)\b"
        r"|\bhow much\b(?! (?:holiday|vacation|leave|time|notice))|\bwie ?viel (?:kostet|zahl\w*|geld|beträgt)\b|\bwas kostet\b|\bwie (?:hoch|teuer)\b"
        r"|\b(?:costs?|prices?|fees?|(?<!in )charges?|rents?|salary|wages?|budget|deposit|penalty|premium|amount|sum|payments?|fine|bonus|liability (?:cap|limit)|cap on|liable|rate|gehalt|miete|gebühr|preis|kosten|betrag|kaution)\b")),
    ("count", re.compile(r"\bhow many\b|\bnumber of\b|\bwie ?viele\b|\banzahl\b|\bheadcount\b")),
    ("name", re.compile(r"\bwho\b|\bwhom\b|\bwhose\b|\bwer\b|\bwem\b|\bwen\b|\bwessen\b|\bwhere\b|\bwo\b|\bwohin\b|\b(?:what|which) (?:\w+ )?(?:court|city|country|law|place|room|firm|company|bank|hotel|person|team|agent|supplier|vendor|courier)\b")),
    ("yes", re.compile(r"^(?:is|are|was|were|do|does|did|can|could|should|will|would|has|have|had|may|must|ist|sind|war|hat|haben|darf|dürfen|kann|können|muss|gibt|wird|werden)\b")),
)  # fmt: skip
# The number of an item or a clause is no value.
_LIST_NUMBER = re.compile(
    r"^[^\S\n]*(?:\(\d{1,2}\)|\d{1,2}(?:\.\d{1,2})+\.?|\d{1,2}[.)])\s+", re.MULTILINE
)
# What else a question of the kind may be answered with.
_ALTERNATIVES: dict[ValueKind, tuple[ValueKind, ...]] = {
    "money": ("percent", "count"),
    "percent": ("money",),
    "duration": ("measure", "date", "clock"),
    "measure": ("count",),
    "date": ("duration", "clock"),
    "clock": ("date", "duration"),
    "count": (),
    "contact": (),
}


def asked_value(question: str, *, may_be_yes: bool = True) -> ValueKind:
    """Which written form the answer to a question has.

    Args:
        question: Any question.
        may_be_yes: False where a question word was read: "Was kostet das?" is no yes/no question.
    """
    plain = " ".join(question.lower().replace("’", "'").split())
    *kinds, yes = _ASKED
    if may_be_yes and yes[1].search(plain):
        return "yes"
    return next((kind for kind, pattern in kinds if pattern.search(plain)), "any")


_NO_COUNTS: tuple[ValueKind, ...] = ("date", "money", "percent", "clock")  # with figures in them
# Kinds that are written differently in each language.
_LANGUAGE_KINDS: dict[ValueKind, FormKind] = {
    "money": "money",
    "percent": "percent",
    "duration": "duration",
    "measure": "measure",
    "date": "date",
    "clock": "clock",
}


_LIST = re.compile(
    r"^(?:please )?(?:list|name|give|show|enumerate|nenne|liste)\b|\b(?:what|which|who) (?:are|were) (?:the|all|each)?\b"
    r"|^(?:what|which) (?:\w+ ){0,2}\w{3,}s (?:are|were|do|does|did|have|has|must|can|should|may|is|will|need|count)\b"
    r"|\ball (?:the )?\w+s\b|\bwelche \w+(?:en|er|e) (?:sind|gibt|haben)\b"
)


def asks_list(question: str) -> bool:
    """Whether a question asks for several things."""
    return _LIST.search(" ".join(question.lower().split())) is not None


def values(kind: ValueKind, text: str, language: str = ENGLISH) -> Iterator[tuple[int, int]]:
    """Places in a text that have the form of a kind, in order.

    Args:
        kind: Of the values.
        text: Any text.
        language: The text's. In others than English the forms of its language count as well.
    """
    yield from _places(kind, text, language)


@functools.lru_cache(maxsize=16_384)  # a unit is asked about for each question that finds it
def _places(kind: ValueKind, text: str, language: str) -> tuple[tuple[int, int], ...]:
    pattern = _PATTERNS.get(kind)
    places = [match.span() for match in pattern.finditer(text)] if pattern else []
    if language != ENGLISH and kind in _LANGUAGE_KINDS:
        own = form_pattern(_LANGUAGE_KINDS[kind], language)
        places += [match.span() for match in own.finditer(text)] if own else []
        places = [
            p for p in places if not any(a <= p[0] and p[1] <= b for a, b in places if (a, b) != p)
        ]
    return tuple(sorted(set(places)))


def fresh_values(
    kind: ValueKind, text: str, question: str, language: str = ENGLISH
) -> list[tuple[int, int]]:
    """Those that the question does not name itself."""
    asked = " ".join(question.lower().split())
    parts = (
        [p for other in _NO_COUNTS for p in values(other, text, language)]
        if kind == "count"
        else []
    )
    return [
        (start, end)
        for start, end in values(kind, text, language)
        if not any(a <= start and end <= b for a, b in parts)
        and not _says(asked, text[start:end].lower())
    ]


def _says(text: str, words: str) -> bool:
    """Whether a text has these words, and not as a part of longer ones."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if not (_is_of_word(before) or _is_of_word(after)):
            return True
        start = text.find(words, start + 1)
    return False


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def value_match(kind: ValueKind, text: str, question: str, language: str = ENGLISH) -> float:
    """How far a text has a value of the kind that the question does not name itself.

    Returns:
        1: it has one; 0.6: one of a kind that may serve; 0: it has none; 0.5: the kind has no form.
    """
    if kind not in _PATTERNS:
        return 0.5
    text = _LIST_NUMBER.sub("", text)
    if fresh_values(kind, text, question, language):
        return 1.0
    if kind == "duration" and fresh_values("measure", text, question, language):
        return 1.0  # "how long" asks for a length too
    others = [p for k in _ALTERNATIVES[kind] for p in fresh_values(k, text, question, language)]
    if kind in ("money", "measure"):  # "it lasts forty minutes" says no price and no weight
        durations = list(_places("duration", text, language))
        others = [p for p in others if not any(a < p[1] and p[0] < b for a, b in durations)]
    return 0.6 if others else 0.0
