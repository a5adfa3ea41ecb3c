"""Questions for what a sentence holds, with the part that answers left out.

A date, a name or a sum at the end of a clause is masked and asked for: "The audit was completed by
Ruth Okafor" asks "By whom was the audit completed?".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.evaluation.question_drafts import (
    QuestionDraft,
    SourcePage,
    clause,
    lowered,
)
from rag_infer.sentences import sentences

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATE = (
    rf"(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} (?:\d{{1,2}}, )?\d{{4}}"
    r"|\d{4}-\d\d-\d\d|(?:19|20)\d\d)"
)
_NAME = r"[A-Z][\w'’-]+(?: (?:[A-Z]\.|[A-Z][\w'’-]+)){1,3}"
_TIME = r"\d+ (?:minutes|hours|days|working days|weeks|months|years)"
_MONEY = (
    r"(?:[€$£] ?\d[\d.,]*\d|(?:EUR|USD|GBP|CHF) \d[\d.,]*\d"
    r"|\d[\d.,]* (?:euros?|dollars?|pounds?|francs?|EUR|USD|GBP|CHF|€))"
)
_SUBJECT = (
    r"(?P<article>The|Our|Your|An?|All|Each|Every) (?P<subject>(?:[\w'’/-]+ ){0,5}?[\w'’/-]+) "
)
_PASSIVE = re.compile(
    rf"^{_SUBJECT}(?P<verb>is|are|was|were|has been|have been|must be|shall be|will be|may be|"
    r"can be|should be) (?P<participle>\w+(?:ed|wn|ten|ilt|ent|old|ade|ven|ken|sen|aid|ght|und)) "
    rf"(?:by (?P<name>{_NAME})|by (?P<deadline>{_DATE})|(?:on|in) (?P<date>{_DATE})"
    rf"|within (?P<time>{_TIME})|(?:for|at) (?P<sum>{_MONEY}))[.;,]?(?:\s|$)"
)
_ACTIVE = re.compile(
    rf"^{_SUBJECT}(?:(?P<modal>shall|must|will|should) (?P<act>[a-z]+)|"
    r"(?P<verb>pays?|receives?|gets?|earns?|owes?|charges?|holds?|contains?|covers?|"
    r"needs?|requires?|serves?|has|have|seats?|employs?|owns?|offers?|weighs?|uses?)) "
    r"(?:(?:about|at least|at most|up to|an? (?P<noun>[a-z]+) of) )?"
    rf"(?:(?P<sum>{_MONEY})|(?P<number>\d[\d.,]*) (?P<unit>[a-z]+s|[a-z]+(?! [a-z]{{3,}}s\b)))"
    r"[.;,]?(?:\s|$)"
)
_FURTHER_DATE = re.compile(rf"[\s,]*(?:(?:and|or)\s+)?(?:on |in )?{_DATE}")
_AMOUNT = re.compile(
    rf"^{_SUBJECT}(?:amounts? to|totals?|comes? to|is set at|is limited to|is fixed at) "
    rf"(?P<sum>{_MONEY})[.;,]?(?:\s|$)"
)
_PERSON = re.compile(rf"^{_SUBJECT}(?P<verb>is|was) (?P<name>{_NAME})[.,;]?(?:\s(?!\d)|$)")
_ASKED = {
    "name": "By whom", "deadline": "By when", "date": "When", "time": "Within what time",
    "sum": "For how much",
}  # fmt: skip
_NO_ENDS = frozenset(
    "and or that which who not only also it they this may can will must shall should would could "
    "to of in for with".split()
)
_NO_UNITS = frozenset(
    "billion million thousand hundred of to and or per in at on for from times as is are".split()
)


def masked_drafts_of(page: SourcePage) -> Iterator[QuestionDraft]:
    """Questions for masked parts of the clauses of a page."""
    for start, end in sentences(page.text):
        yield from _clauses(clause(page.text[start:end]), page)


def _clauses(sentence: str, page: SourcePage) -> Iterator[QuestionDraft]:
    """The question for the value at the end of a clause, if it has one."""
    if match := _PASSIVE.match(sentence):
        kind = next(name for name in _ASKED if match[name])
        if kind == "date" and _FURTHER_DATE.match(sentence[match.end() :]):
            return  # "closed on 24 December, on 25 December and on Midsummer Eve"
        auxiliary, _, predicate = match["verb"].partition(" ")
        participle = f"{predicate} {match['participle']}".strip()
        question = f"{_ASKED[kind]} {auxiliary} {_subject(match)} {participle}?"
        answer = match[kind]
    elif (match := _ACTIVE.match(sentence)) and match["unit"] not in _NO_UNITS:
        auxiliary, base = _verb(match)
        quantity = "much" if match["sum"] else f"many {match['unit']}"
        if match["noun"]:
            quantity += f" {match['noun']}" * bool(match["sum"])
        question = f"How {quantity} {auxiliary} {_subject(match)} {base}?"
        answer = match["sum"] or f"{match['number']} {match['unit']}"
    elif match := _AMOUNT.match(sentence):
        question, answer = f"How much is {_subject(match)}?", match["sum"]
    elif match := _PERSON.match(sentence):
        question, answer = f"Who {match['verb']} {_subject(match)}?", match["name"]
    else:
        return
    if match["subject"].split()[-1].lower() not in _NO_ENDS:
        yield QuestionDraft(question, answer, sentence, match["subject"], "masked", page)


def _verb(match: re.Match[str]) -> tuple[str, str]:
    """The auxiliary of a question and the verb after its subject: ``does``, ``pay``."""
    if match["modal"]:
        return match["modal"], match["act"]
    base = "have" if match["verb"] == "has" else match["verb"].removesuffix("s")
    return "does" if match["verb"].endswith("s") else "do", base


def _subject(match: re.Match[str]) -> str:
    return f"{match['article'].lower()} {lowered(match['subject'])}"
