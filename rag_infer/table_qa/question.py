# ruff: noqa: E501 - patterns read best on one line
"""A question about a table: its words, the operation it asks for, and what it compares with."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rag_infer.cite.text_normalization import NUMBER_WORDS, Word
from rag_infer.table_qa.content_words import content_words
from rag_infer.tables.columns import parse_date

Operation = Literal[
    "lookup", "count", "sum", "avg", "median", "max", "min", "difference", "growth", "share", "list"
]
Comparator = Literal[">", ">=", "<", "<=", "between", "!="]

_OPERATIONS: tuple[tuple[Operation, str], ...] = (
    ("growth", r"(?:percent(?:age)?|relative|%) (?:change|growth|increase|decrease|difference)|"
               r"growth rate|(?:change|growth|increase|decrease) (?:in|as a) (?:percent(?:age)?|%)|"
               r"by how (?:many|much) percent|grow(?:th)? in percent"),
    ("share", r"(?:what|which) (?:percent(?:age)?|share|proportion|fraction)(?: of)?|"
              r"how many percent(?: of)?|(?:percentage|share|proportion) of|in percent of"),
    ("difference", r"(?:what is the )?difference|how (?:much|many) (?:more|less|fewer|higher|lower|"
                   r"longer|older|larger|bigger|taller|greater)\b|(?:the )?(?:change|increase|decrease) "
                   r"(?:in|of|between|from)|by how much"),
    ("count", r"how many(?: times| different| distinct| of)?|(?:what is )?(?:the )?(?:total )?"
              r"(?:number|count) of(?: different| distinct)?|count(?: the| of)?|how often"),
    ("avg", r"(?:on )?average|mean(?! by)"),
    ("median", r"median"),
    ("sum", r"(?:in |sum )?total(?: of)?|sum(?: of)?|altogether|combined|in all|add(?:ed)? up"),
    ("max", r"(?:the )?(?:highest|maximum|largest|biggest|greatest|most|max|longest|tallest|oldest|"
            r"heaviest|dearest|costliest|most expensive|latest|newest|best paid|deepest)"),
    ("min", r"(?:the )?(?:lowest|minimum|smallest|fewest|least|min|shortest|cheapest|lightest|"
            r"least expensive|earliest|youngest)"),
)  # fmt: skip
_PATTERNS = tuple(
    (operation, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE))
    for operation, pattern in _OPERATIONS
)
# "The serial number of the freezer": the word before says which number it is, and counts nothing.
_NAMED_NUMBER = re.compile(
    r"\b(?:the|what(?:['’]s)?|its|their|our)\s+(?!(?:total|average|mean|median|exact|overall|combined|"
    r"actual|current|whole|full|entire|same|annual|yearly|monthly|weekly|daily|record|\w+est|most|"
    r"minimum|maximum|max|min|approximate|sum|large|high|low|small|great)\b)[^\W\d]{2,} "
    r"(?=(?:number|count) of\b)",
    re.IGNORECASE,
)
_SMALL = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NUMBER = (
    rf"[$€£]?\s*(\d[\d,. ]*\d|\d|{_SMALL})\s*(k|m|thousand|million|billion)?\b"
    r"(?!\s*[-–]\s*\d)"
)
_COMPARATORS: tuple[tuple[Comparator, re.Pattern[str]], ...] = (
    ("between", re.compile(rf"\bbetween\s+{_NUMBER}\s+and\s+{_NUMBER}", re.IGNORECASE)),
    (">=", re.compile(rf"\b(?:at least|no less than|not less than|from|since|minimum of)\s+{_NUMBER}"
                      rf"(?!\s*(?:to|until|through)\b)", re.IGNORECASE)),
    ("<=", re.compile(rf"\b(?:at most|up to|no more than|not more than|maximum of|until)\s+{_NUMBER}",
                      re.IGNORECASE)),
    (">", re.compile(rf"\b(?:(?:more|greater|higher|larger|bigger|longer|older|later|better) than|over|"
                     rf"above|exceed(?:s|ing)?|after)\s+{_NUMBER}", re.IGNORECASE)),
    ("<", re.compile(rf"\b(?:(?:less|fewer|lower|smaller|shorter|younger|earlier|worse) than|under|"
                     rf"below|before)\s+{_NUMBER}", re.IGNORECASE)),
    (">=", re.compile(rf"(?<![\w.,]){_NUMBER}(?:\s+[a-z]+){{0,2}}\s+or\s+"
                      rf"(?:more|above|higher|over|older|greater|later|longer|larger|up)\b", re.IGNORECASE)),
    ("<=", re.compile(rf"(?<![\w.,]){_NUMBER}(?:\s+[a-z]+){{0,2}}\s+or\s+"
                      rf"(?:less|fewer|below|lower|under|younger|earlier|shorter|smaller)\b", re.IGNORECASE)),
)  # fmt: skip
# "Below age 18", "over the age of 60": what is compared stands between the bound and its figure.
_QUANTITY = re.compile(
    r"\b(?P<bound>(?:more|greater|higher|larger|bigger|longer|older|less|fewer|lower|smaller|shorter|"
    r"younger) than|at least|at most|over|above|under|below)\s+(?:(?:an?|the)\s+)?(?P<quantity>age|"
    r"price|value|cost|height|weight|length|width|depth|amount|score|rate|speed|distance|salary|rent|"
    r"size|area|population)\s+(?:of\s+)?(?=[$€£]?\d)",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:difference|chang\w+|growth|grow|grew|increas\w+|decreas\w+|rise|rose|fall|fell|declin\w+|"
    r"drop(?:s|ped)?|go(?:es|ne)? (?:up|down)|went (?:up|down)|by how (?:much|many))\b",
    re.IGNORECASE,
)
# "Paid by card", "won by Spain" say who did it.
_DOERS = "ed won made held sold tten run driven paid spent bought sent done given taken".split()
_GROUP_BY = re.compile(
    "".join(f"(?<!{ending} )" for ending in _DOERS)
    + r"\b(?:grouped )?by(?!\s+(?:all|any|the end)\b)\s+(?:the\s+)?|"
    r"\b(?:per|for each|for every|in each|of each)\s+(?:the\s+)?"
)
_TOP = re.compile(
    r"\b(top|bottom|highest|lowest|largest|smallest|first|last|best|worst|cheapest|dearest|oldest|"
    r"biggest)\s+(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"n['’]t\b|\b(?:not|no(?!\.| of\b)|none|without|except|excluding|other than|never)\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^\s*(?:please\s+)?(?:list|show|give|name|which|what|who)\b.*|\ball\b", re.IGNORECASE
)
_SEQUENCE = re.compile(
    r"\b(?:next|previous|consecutive\w*|in a row|right after|right before|immediately|directly|"
    r"preced\w+|follow(?:s|ed|ing)|listed(?=\s+(?:right|directly|immediately|just|next|first|last|"
    r"before|after|above|below|between|under|at|as))|before|after|below|above|behind|ahead|between|until|since|"
    r"prior|subsequent\w*|last|final|first|second|third|alone|besides|than|compared)\b",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(
    r"\b(?:neither|nor|both|same|either|else|besides|apart from|at the same time|"
    r"(?:more|less|fewer|\w{2,}er)\b.{1,80}\bor|fastest|slowest|closest|farthest|furthest|and (?:what|which|who|when|where|how)|correlat\w+|why|explain|how come|predict|should)\b",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[\s-]+\w+")
_ONLY = re.compile(r"\bonly\b", re.IGNORECASE)
_SCALE = {"k": 1000, "thousand": 1000, "m": 10**6, "million": 10**6, "billion": 10**9}
_COUNTS = {w: n for n, w in enumerate("two three four five six seven eight nine ten".split(), 2)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A bound on a figure; ``start`` is where it stands in the question."""

    comparator: Comparator
    value: Decimal
    upper: Decimal | None
    start: int
    end: int
    day: datetime.date | None = None  # of a bound in time; ``value`` is its year


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its words marked.

    Attributes:
        text: As it was asked.
        content: Words with a meaning that no operation or comparison takes up.
        operations: What it may ask for, the first mentioned first; empty for a look-up.
        comparisons: Bounds on figures.
        asked: The words right after "which", "what" or "how many": what the answer is called.
        top: How many of the best are wanted, with their direction; None for one.
        group_start: Where "by", "per" or "for each" ends, or -1.
        negated: It says "not", "no", "without".
        plural: It asks for all that fit.
        unsupported: It says something that no plan can hold.
        only: It says that just one row fits.
        sequences: Words of order or comparison with the word after each ("first aid").
        only_sequences: Nothing else makes it unsupported.
    """

    text: str
    content: tuple[Word, ...]
    operations: tuple[Operation, ...]
    comparisons: tuple[Comparison, ...]
    asked: tuple[Word, ...]
    wh: str
    top: tuple[str, int] | None
    group_start: int
    negated: bool
    plural: bool
    unsupported: bool
    only: bool = False
    sequences: tuple[str, ...] = ()
    only_sequences: bool = False


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = (
    rf"(?P<day>\d{{4}}-\d\d-\d\d|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:of\s+)?\d{{4}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}})"
    rf"|(?P<month>{_MONTH},?\s+(?:of\s+)?\d{{4}})"
)
_DAY_BOUNDS: tuple[tuple[Comparator, str], ...] = (
    (">=", r"(?:since|from|starting(?: on)?|on or after)"),
    ("<=", r"(?:until|through|up to|on or before)"),
    (">", r"(?:after|later than)"),
    ("<", r"(?:before|prior to|earlier than)"),
)
_DAY_PATTERNS = tuple(
    (comparator, re.compile(rf"\b{word}\s+(?:{_DAY})(?!\w)", re.IGNORECASE))
    for comparator, word in _DAY_BOUNDS
)

_BESIDE = re.compile(
    r"\b(?:next|previous|just|right|directly|immediately|comes?|came|preced\w+|follow\w*)\b",
    re.IGNORECASE,
)


def with_quantity_first(text: str) -> str:
    """A question with what is compared before its bound: "age below 18" for "below age 18"."""
    return _QUANTITY.sub(lambda match: f"{match['quantity']} {match['bound']} ", text)


def day_bounds(text: str) -> list[Comparison]:
    """Bounds in time that a question sets by a day or a month: "before 9 November 1997"."""
    bounds: list[Comparison] = []
    if _BESIDE.search(text):
        return bounds  # "right after 3 October 1981" is the next row
    for comparator, pattern in _DAY_PATTERNS:
        for match in pattern.finditer(text):
            if comparator == ">=" and re.match(r"\s+(?:to|until|through)\b", text[match.end() :]):
                continue  # a range
            plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)|\bof\s", "", match["day"] or match["month"])
            day = parse_date(re.sub(r"(?<=[a-zA-Z])[.,](?=\s)", "", plain))
            if day is None:
                continue
            if match["month"] and comparator in (">", "<="):
                following = datetime.date(day.year + day.month // 12, day.month % 12 + 1, 1)
                day = following - datetime.timedelta(days=1)
            bounds.append(Comparison(comparator, Decimal(day.year), None, *match.span(), day))
    return bounds


_WH = re.compile(
    r"\b(?P<wh>which|what|whose|who|whom|when|where|how many|how much|how long|how old|how often|"
    r"list|show(?: me)?|name|give(?: me)?)\b",
    re.IGNORECASE,
)
_ASKED_END = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|will|with|of|in|on|for|that|who|which|at|"
    r"from|by|to|and|or|between|than)\b|[?,.]",
    re.IGNORECASE,
)


def parse_question(text: str, *, days: bool = True) -> Question:
    """Marks the words of a question.

    Args:
        text: As it was asked.
        days: Bounds by a day or month are read; without, their words are words like others.
    """
    consumed: list[tuple[int, int]] = []
    top = None
    if match := _TOP.search(text):
        number = match[2].lower()
        count = _COUNTS.get(number) or int(number) if number.isdigit() else _COUNTS[number]
        if count < 200:
            worst = match[1].lower() in (
                "bottom",
                "lowest",
                "smallest",
                "worst",
                "cheapest",
                "last",
            )
            top = ("min" if worst else "max", count)
            consumed.append(match.span())
    comparisons = day_bounds(text) if days else []
    consumed += [(c.start, c.end) for c in comparisons]
    for comparator, pattern in _COMPARATORS:
        if comparator in ("between", ">=", "<=") and _CHANGE.search(text):
            continue  # "the change between 2023 and 2024" has two sides, not bounds
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in consumed):
                continue
            value = _number(match[1], match[2])
            upper = _number(match[3], match[4]) if comparator == "between" else None
            if value is None or (comparator == "between" and upper is None):
                continue
            comparisons.append(Comparison(comparator, value, upper, *match.span()))
            consumed.append(match.span())
    operations = _operations(text, consumed)
    kinds = {o for _, o in operations}
    # "the average number of", "the change in the average": two steps, of which none is said.
    mixed = "avg" in kinds and not kinds.isdisjoint(("count", "difference", "growth"))
    group = _GROUP_BY.search(text)
    wh, asked_start = "", -1
    if match := _WH.search(text):
        wh, asked_start = match["wh"].lower(), match.end()
    asked_end = -1
    if asked_start >= 0:
        end = _ASKED_END.search(text, asked_start)
        asked_end = end.start() if end else len(text)
        cuts = [start for start, _ in consumed if start >= asked_start]
        if wh not in ("how many", "how much"):
            asked_end = min([asked_end, *cuts])  # "which genre holds the most titles"
        if wh in ("who", "whom", "when", "where"):
            asked_end = asked_start  # what follows is what they do
    parsed = content_words(text)
    content = tuple(
        w for w in parsed
        if not any(start <= w.start < end for start, end in consumed)
    )  # fmt: skip
    asked = tuple(w for w in parsed if asked_start <= w.start < asked_end)
    plural = bool(
        re.match(r"\s*(?:please\s+)?(?:list|show|give|name)\b", text, re.IGNORECASE)
        or re.search(
            r"\b(?:which|what)\s+(?:\w+\s+){0,3}?(?:are|were|have|do)\b", text, re.IGNORECASE
        )
        or re.match(r"\s*who\s+(?!is\b|was\b|has the\b|had the\b)", text, re.IGNORECASE)
        or re.search(r"\ball\b", text, re.IGNORECASE)
        or (asked and wh in ("which", "what") and is_plural(text[asked[-1].start : asked[-1].end]))
    )
    beyond = mixed or _UNSUPPORTED.search(text) is not None
    sequences = _sequences(text, consumed, operations)
    return Question(
        text, content, tuple(dict.fromkeys(o for _, o in operations)), tuple(comparisons), asked,
        wh, top, group.end() if group else -1, _is_negated(text, comparisons), plural,
        beyond or bool(sequences), _ONLY.search(text) is not None, sequences,
        bool(sequences) and not beyond,
    )  # fmt: skip


def _operations(text: str, consumed: list[tuple[int, int]]) -> list[tuple[int, Operation]]:
    """What a question asks to be done, each with its place, which is added to ``consumed``."""
    operations: list[tuple[int, Operation]] = []
    named_numbers = {match.end() for match in _NAMED_NUMBER.finditer(text)}
    for operation, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in consumed):
                continue
            if operation == "count" and match.start() in named_numbers:
                continue
            operations.append((match.start(), operation))
            consumed.append(match.span())
    return sorted(operations)


def _sequences(
    text: str, consumed: list[tuple[int, int]], operations: list[tuple[int, Operation]]
) -> tuple[str, ...]:
    """What says where rows stand, or compares, other than by a bound that was understood.

    Each with the word after it, as it may be part of a name: "first aid".
    """
    two_sided = any(o in ("difference", "growth") for _, o in operations)
    phrases = []
    for match in _SEQUENCE.finditer(text):
        if any(start <= match.start() < end for start, end in consumed):
            continue
        if match[0].lower() in ("between", "than") and two_sided:
            continue
        following = _NEXT_WORD.match(text, match.end())
        phrases.append((match[0] + (following[0] if following else "")).lower())
    return tuple(phrases)


def _is_negated(text: str, comparisons: list[Comparison]) -> bool:
    """Whether a question says "not" or "no" other than in a bound: "no more than 5"."""
    return any(
        not any(c.start <= match.start() < c.end for c in comparisons)
        for match in _NEGATION.finditer(text)
    )


def is_plural(word: str) -> bool:
    """Whether a word looks like an English plural."""
    lowered = word.lower()
    return lowered.endswith("s") and not lowered.endswith(("ss", "us", "is"))


def _number(digits: str, scale: str | None) -> Decimal | None:
    plain = NUMBER_WORDS.get(digits.lower(), digits.replace(" ", "").rstrip(".,"))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"\d+(?:\.\d+)?", plain) or len(plain) > 18:
        return None
    return Decimal(plain) * _SCALE.get((scale or "").lower(), 1)
