"""What a question asks for, and whether a sentence has such a thing.

The shapes of names, dates, places, reasons, definitions and steps are those of English; question
words of other languages come from ``languages.question_words``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import Literal

from rag_infer.cite.language_words import language_words
from rag_infer.cite.text_normalization import Word, content, words
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values
from rag_infer.languages import ENGLISH
from rag_infer.languages.question_values import question_value
from rag_infer.languages.question_words import knows_question_words, question_words

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
    r"|, as (?:the|they|it|he|she|we|you|others?|this|these|there|most|some|no|all|only)\b"
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
    ``language`` is the code of the language in which it was read, ``text_language`` that of the
    passages, in which its words were parsed.
    """

    text: str
    words: tuple[Word, ...]
    keys: tuple[str, ...]
    type_keys: frozenset[str]
    kind: Kind
    capitals: frozenset[str]
    numbers: frozenset[str]
    language: str = ENGLISH
    text_language: str = ENGLISH

    @property
    def is_english(self) -> bool:
        """Whether both the question and the passages are in English."""
        return self.language == self.text_language == ENGLISH

    @property
    def value_kind(self) -> ValueKind:
        """Which written form its answer has."""
        if self.language == ENGLISH:
            return asked_value(main_clause(self.text))
        return _language_value(self.text, self.language, self.kind)


# "5A" and "E2" name one of several, as names do; "3rd", "90s" and "5kg" do not.
_CODE = re.compile(
    r"(?=.*\d)(?=.*[^\W\d_])(?!\d+(?:st|nd|rd|th|s|[ap]m|[kcmdn]?[mglw]|h|min|[km]b|gb)$)\w+"
)
_QUESTION_MARKS = ("?", "？", "؟", ";")
_CAPITAL_NOUNS = frozenset(("de",))  # capitals say nothing of names where all nouns have one
_ASKED = re.compile(
    rf"\b(?:what|which|whose|how) (?:kinds? of |types? of |sorts? of )?(?:{_any(_HOW_MUCH)}|"
    rf"{_any(_TIME)}|{_any(_PLACE)}|{_any(_PERSON)}|{_any(_COUNT)}|kind|type|sort|name)\b"
)


_SUBJECT = (
    "i|we|you|he|she|it|they|the|a|an|my|our|your|his|her|its|their|this|that|these|those|"
    "somebody|someone|anybody|anyone|nobody|there|working|leaving|using|on|in|at"
)
_ASKING = r"(?:who|whom|whose|what|which|how|where|why|when)"
_CONDITION_FIRST = re.compile(
    rf"^(?:if|when|while|once|as soon as|in case|after|before)\b[^,?]*, *(?=.*\b(?:{_ASKING[3:-1]}|"
    r"is|are|do|does|did|can|may|must|should|will|would|has|have)\b)",
    re.IGNORECASE,
)
_CONDITION_LAST = re.compile(
    rf"(?<=\w) +(?:when|while|if|once|as soon as|in case|where|after|before) +(?:{_SUBJECT}) .*$",
    re.IGNORECASE,
)
_IS_QUESTION = re.compile(
    rf"\b{_ASKING}\b|^(?:is|are|was|were|do|does|did|can|may|must|should|will|has|have)\b",
    re.IGNORECASE,
)
_SENTENCE_BREAK = re.compile(r"(?<=[.!?]) +(?=[A-Z])")


@functools.lru_cache(maxsize=256)
def main_clause(question: str) -> str:
    """The part of a question that asks, without the conditions and statements around it.

    "If we cancel, who pays?" and "Who pays when she is away?" ask for a person, not for a time.
    """
    text = " ".join(question.split())
    asking = [part for part in _SENTENCE_BREAK.split(text) if part.endswith("?")]
    text = asking[-1] if asking else text
    text = _CONDITION_FIRST.sub("", text, count=1)
    rest = _CONDITION_LAST.sub("", text, count=1)
    return rest if _IS_QUESTION.search(rest) else text


def read(text: str, language: str = ENGLISH, text_language: str | None = None) -> QuestionProfile:
    """Reads a question.

    Args:
        text: The question.
        language: Its own, whose question words it has.
        text_language: That of the passages, in which words are compared; its own if None.
    """
    text_language = text_language or language
    parsed = language_words(text, text_language)
    if language == ENGLISH:
        if text_language != ENGLISH:
            stops = {(w.start, w.end) for w in words(text) if w.stop}
            parsed = [replace(w, stop=(w.start, w.end) in stops) for w in parsed]
        plain = " ".join(main_clause(text).lower().replace("’", "'").split())
        kind: Kind = next((k for k, pattern in _KINDS if pattern.search(plain)), "anything")
        type_words = (content(language_words(m[0], text_language)) for m in _ASKED.finditer(plain))
        type_keys = frozenset(w.key for group in type_words for w in group)
        meaning = [w for w in content(parsed) if w.key not in type_keys]
    else:
        wording = question_words(text, language)
        kind = wording.kind if wording else "anything"
        if (
            wording is None
            and knows_question_words(language)
            and text.rstrip().endswith(_QUESTION_MARKS)
        ):
            kind = "yes"
        spans = wording.spans if wording else ()
        outside = [w for w in parsed if not any(a < w.end and w.start < b for a, b in spans)]
        meaning = content(outside)
        type_keys = frozenset(w.key for w in parsed) - {w.key for w in outside}
    if not meaning:
        meaning = content(parsed) or parsed
    capitals = frozenset(
        w.key
        for n, w in enumerate(parsed)
        if (w.capital and n and not w.stop and not w.number)
        or _CODE.fullmatch(text[w.start : w.end])
    )
    return QuestionProfile(
        text=text,
        words=tuple(parsed),
        keys=tuple(dict.fromkeys(w.key for w in meaning)),
        type_keys=type_keys - {w.key for w in meaning},
        kind=kind,
        capitals=capitals if language not in _CAPITAL_NOUNS else frozenset(),
        numbers=frozenset(w.key for w in parsed if w.number),
        language=language,
        text_language=text_language,
    )


def _language_value(text: str, language: str, kind: Kind) -> ValueKind:
    value = question_value(text, language)
    if value is not None:
        return value
    match kind:
        case "time":
            return "date"
        case "number":
            return "count"
        case "person" | "place":
            return "name"
        case "yes":
            return "yes"
        case _:
            return "any"


def offers(question: QuestionProfile, sentence: str, parsed: list[Word]) -> float:
    """How far a sentence has what the question asks for, 0 to 1, beyond what the question says.

    1: it has; 0: it has not; 0.5: there is no telling for this kind of question.
    """
    question_keys = set(question.keys) | question.type_keys
    if not question.is_english:
        if question.kind not in ("time", "number"):
            return 0.5  # names, places and reasons are known by their English forms only
        fresh = any(w.number and w.key not in question_keys for w in parsed)
        if question.kind == "number" and fresh_values(
            "count", sentence, question.text, question.text_language
        ):
            fresh = True  # "drei Monatsmieten"
        return 1.0 if fresh else 0.3  # it may be written in words
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
