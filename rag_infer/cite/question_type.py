"""What a question asks for, and whether a sentence has such a thing.

Question words and the shapes of names, dates, numbers, places, reasons, definitions and steps are
those of English. A question in another language asks for ``anything``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag_infer.cite.text_normalization import Word, content, words

Kind = Literal[
    "person", "time", "place", "number", "reason", "definition", "manner", "yes", "thing",
    "anything",
]  # fmt: skip

_PERSON = r"""person|people|man|woman|president|king|queen|emperor|author|writer|scientist|actor|
    actress|singer|artist|director|leader|inventor|founder|player|coach|minister|engineer|
    philosopher|politician|poet|composer|architect|governor|general|doctor|historian"""
_TIME = "year|years|date|day|month|century|decade|era|time|period|season|weekday"
_PLACE = """city|country|state|place|town|county|continent|region|river|island|location|village|
    street|district|nation|province|building|area|port|airport"""
_COUNT = "number|percentage|percent|proportion|fraction|share|amount"
_AMOUNT = (
    _COUNT
    + """|population|price|cost|rate|ratio|size|length|width|height|depth|weight|distance|
    temperature|speed|age|duration|area|value|limit|threshold|default|maximum|minimum|score|
    budget|salary|frequency"""
)
_HOW_MUCH = """many|much|long|far|tall|old|fast|large|big|high|deep|wide|heavy|often|hot|cold|few|
    small|quickly|soon|late|early|expensive"""


def _any(names: str) -> str:
    return "(?:" + "".join(names.split()) + ")"


# Tried in this order; each is searched for in the lower-cased question.
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("number", re.compile(rf"\bhow {_any(_HOW_MUCH)}\b")),
    ("time", re.compile(rf"\bwhen\b|\b(?:what|which) {_any(_TIME)}\b|\bhow (?:recently|long ago)")),
    ("reason", re.compile(r"\bwhy\b|\bhow come\b|\bwhat (?:\w+ )?(?:reasons?|causes?d?)\b|\bfor what reason")),
    ("place", re.compile(rf"\bwhere\b|\b(?:what|which) (?:\w+ )?{_any(_PLACE)}\b")),
    ("person", re.compile(rf"\bwhos?e?m?\b|\b(?:what|which) (?:\w+ )?{_any(_PERSON)}\b|\bwhat (?:is|was) the (?:\w+ )?name of the {_any(_PERSON)}")),
    ("number", re.compile(rf"\b(?:what|which) (?:is |was |are |were )?(?:the |a |an )?(?:\w+ ){{0,2}}{_any(_AMOUNT)}\b")),
    ("definition", re.compile(r"^(?:what|who) (?:is|are|was|were) (?:an? |the )?[\w'-]+(?: [\w'-]+){0,2}\?*$|\bwhat do(?:es)? .*\b(?:mean|stand for|refer to)\b|^define\b|\bdefinition of\b|\bmeaning of\b")),
    ("manner", re.compile(r"\bhow (?:do|does|did|can|could|is|are|was|were|to|should|would|has|have|might)\b")),
    ("thing", re.compile(r"\b(?:what|which)\b")),
    ("yes", re.compile(r"^(?:is|are|was|were|do|does|did|can|could|should|will|would|has|have|had|may|must)\b")),
)  # fmt: skip

_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_DATE = re.compile(
    rf"\b(?:1[0-9]|20)\d\d(?:s|\b)|\b(?:{_MONTH})\.? \d|\d (?:{_MONTH})\b|\b\d{{1,2}}(?:st|nd|rd|th) century"
    r"|\bcentur(?:y|ies)\b|\b\d{3,4} (?:bc|ad|bce|ce)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:today|yesterday|tomorrow|nightly|daily|weekly|monthly|yearly|annually|noon|midnight)\b"
    r"|\b(?:spring|summer|autumn|winter)\b|\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b"
    r"|\b(?:days?|weeks?|months?|years?|decades?|hours?|minutes?) (?:after|before|later|earlier|ago)\b"
    r"|\b(?:after|before|until|during|once|whenever|when|while|since) (?=\w)"
)  # fmt: skip
_REASON = re.compile(
    r"\b(?:because|due to|owing to|in order to|so that|so as to|as a result|results? (?:from|in)|"
    r"caus(?:e|ed|es|ing)|led to|leads? to|therefore|thus|hence|since|in response to|thanks to|"
    r"reasons?|why|for fear|to (?:avoid|prevent|allow|ensure|protect|reduce|make|keep|help|give|gain)|"
    r"which means|means that|otherwise|unless)\b"
)
_MANNER = re.compile(
    r"\bby \w+ing\b|\bby (?:means|way)\b|\busing\b|\bthrough\b|\bvia\b|\bwith (?:a|an|the)\b|"
    r"\bfirst\b|\bthen\b|\bin (?:a|an|the same|this) (?:way|manner)\b|\w+ly\b"
)
_PLACE_WORD = re.compile(
    r"\b(?:in|at|near|from|to|on|of|into|through|across|around)\s+(?:the )?[A-Z]"
)
_PLACE_PLAIN = re.compile(
    r"\b(?:in|at|near|on|inside|under|within|into|from) (?:the|a|an|its|their)? ?\w"
)
_AMOUNT_WORD = re.compile(
    r"\b(?:dozens?|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|double|"
    r"none|several|majority|percent|per cent)\b|%"
)  # fmt: skip
_DEFINING = re.compile(
    r"\b(?:is|are|was|were) (?:a|an|the|one|any|how|what|where|when|defined|known|called|said)\b|"
    r"\b(?:refers? to|means?|denotes?|describes?|stands? for|consists? of|is defined as|is when)\b"
    r"|^[^.;]{2,60}(?::| - | – | — )"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuestionProfile:
    """A question as read: its words, its meaningful words, what it asks for.

    ``keys`` are the keys of the words that carry meaning, in order, each once; the words that
    only say what is asked for (``year`` of "what year") are in ``type_keys`` and not in ``keys``.
    """

    text: str
    words: tuple[Word, ...]
    keys: tuple[str, ...]
    type_keys: frozenset[str]
    kind: Kind
    capitals: frozenset[str]
    numbers: frozenset[str]


_ASKED = re.compile(
    rf"\b(?:what|which|whose|how) (?:kinds? of |types? of |sorts? of )?(?:{_any(_HOW_MUCH)}|"
    rf"{_any(_TIME)}|{_any(_PLACE)}|{_any(_PERSON)}|{_any(_COUNT)}|kind|type|sort|name)\b"
)


def read(text: str) -> QuestionProfile:
    """Reads a question."""
    plain = " ".join(text.lower().replace("’", "'").split())
    kind: Kind = next((k for k, pattern in _KINDS if pattern.search(plain)), "anything")
    parsed = words(text)
    type_keys = frozenset(w.key for m in _ASKED.finditer(plain) for w in content(words(m[0])))
    meaning = [w for w in content(parsed) if w.key not in type_keys]
    if not meaning:
        meaning = content(parsed) or parsed
    capitals = frozenset(
        w.key for n, w in enumerate(parsed) if w.capital and n and not w.stop and not w.number
    )
    return QuestionProfile(
        text=text,
        words=tuple(parsed),
        keys=tuple(dict.fromkeys(w.key for w in meaning)),
        type_keys=type_keys - {w.key for w in meaning},
        kind=kind,
        capitals=capitals,
        numbers=frozenset(w.key for w in parsed if w.number),
    )


def offers(question: QuestionProfile, sentence: str, parsed: list[Word]) -> float:
    """How far a sentence has what the question asks for, 0 to 1, beyond what the question says.

    1: it has; 0: it has not; 0.5: there is no telling for this kind of question.
    """
    question_keys = set(question.keys) | question.type_keys
    lowered = sentence.lower()
    match question.kind:
        case "person":
            return _names(parsed, question_keys)
        case "time":
            fresh = any(w.number and w.key not in question_keys for w in parsed)
            dated = _DATE.search(lowered) is not None
            return 1.0 if fresh and dated else 0.6 if fresh or dated else 0.0
        case "number":
            fresh = any(w.number and w.key not in question_keys for w in parsed)
            return 1.0 if fresh else 0.6 if _AMOUNT_WORD.search(lowered) else 0.0
        case "place":
            if _PLACE_WORD.search(sentence) and _names(parsed, question_keys):
                return 1.0
            return 0.5 if _PLACE_PLAIN.search(lowered) else 0.0
        case "reason":
            return 1.0 if _REASON.search(lowered) else 0.0
        case "manner":
            return 1.0 if _MANNER.search(lowered) else 0.0
        case "definition":
            return _defines(question, sentence, lowered)
        case _:
            return 0.5


def _names(parsed: list[Word], question_keys: set[str]) -> float:
    """1 for a capitalised word within the sentence that the question lacks, less at its start."""
    inside = any(w.capital and not w.stop and w.key not in question_keys for w in parsed[1:])
    if inside:
        return 1.0
    first = (
        bool(parsed)
        and parsed[0].capital
        and not parsed[0].stop
        and parsed[0].key not in question_keys
    )
    return 0.5 if first else 0.0


def _defines(question: QuestionProfile, sentence: str, lowered: str) -> float:
    """1 when the thing asked about comes before a defining verb, near the beginning."""
    match = _DEFINING.search(lowered)
    if match is None:
        return 0.0
    before = {w.key for w in words(sentence[: match.end()])}
    return 1.0 if set(question.keys) <= before else 0.3
