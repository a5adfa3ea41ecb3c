"""Made questions in other words than those of the documents.

The question word follows the kind of the answer ("How much", "When", "Who"), common words are
replaced by synonyms, and some questions are framed as people frame them. Nothing is replaced that
could change what is asked for: the words of the answer and names stay.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from rag_infer.evaluation.question_drafts import QuestionDraft

_MONEY = re.compile(r"(?:[€$£]\s?\d|\d[\d.,]*\s?(?:€|euros?|dollars?|pounds?|EUR|USD|GBP|CHF)\b)")
_DATE = re.compile(r"\b(?:\d{1,2} [A-Z][a-z]+|[A-Z][a-z]+ \d{1,2},|\d{4}-\d\d-\d\d)", re.ASCII)
_PERSON = re.compile(r"(?:(?:Dr|Mr|Ms|Mrs|Prof)\.? )?[A-Z][a-z]+(?: [A-Z]\.?)?(?: [A-Z][a-z'’-]+)+")
_PERSON_FIRST = re.compile(rf"{_PERSON.pattern}(?:,|$)")
_ROLES = frozenset(
    "landlord tenant manager director author owner contact chair chairman president treasurer "
    "secretary editor seller buyer client supplier employer instructor teacher coordinator officer "
    "trainer coach leader auditor broker captain librarian curator".split()
)
_TIME_WORDS = frozenset("date day time year month period deadline".split())
_PLAIN = re.compile(r"What (?P<verb>is|are|was|were) (?P<subject>.+)\?")
# Pairs that mean the same in documents of any kind; each is replaced as a whole word only.
_SYNONYMS = {
    "begin": "start", "start": "begin", "end": "finish", "expire": "run out", "fee": "charge",
    "salary": "pay", "vehicle": "car", "children": "kids",
    "telephone": "phone", "phone": "telephone", "maximum": "highest", "minimum": "lowest",
    "duration": "length", "requirement": "condition", "required": "needed", "annual": "yearly",
    "yearly": "annual", "completed": "finished", "purchased": "bought", "established": "founded",
    "location": "place", "holiday": "vacation", "vacation": "holiday", "premises": "building",
}  # fmt: skip
_FRAMES = (
    "Can you tell me {question}", "I would like to know {question}", "Do you know {question}",
)  # fmt: skip
_SYNONYM_SHARE, _FRAME_SHARE = 0.7, 0.25


def rephrased(draft: QuestionDraft, generator: random.Random) -> QuestionDraft:
    """A draft whose question is asked in other words; the same draft where there are none."""
    if draft.kind == "pair":
        return draft  # already in a person's words
    question = _typed(draft)
    if generator.random() < _SYNONYM_SHARE:
        question = _with_synonyms(question, draft)
    if generator.random() < _FRAME_SHARE and (plain := _PLAIN.fullmatch(question)):
        embedded = f"what {plain['subject']} {plain['verb']}"
        question = generator.choice(_FRAMES).format(question=embedded)
        question += "." if question.startswith("I ") else "?"
    return replace(draft, question=question)


def _typed(draft: QuestionDraft) -> str:
    plain = _PLAIN.fullmatch(draft.question)
    if plain is None or draft.kind not in ("fact", "field"):
        return draft.question
    words = draft.subject.lower().split()
    clause = f"{plain['verb']} {plain['subject']}?"
    if _MONEY.search(draft.answer):
        return f"How much {clause}"
    if _DATE.match(draft.answer) and not _TIME_WORDS & set(words):
        return f"When {clause}"
    if words[-1] in _ROLES and _PERSON_FIRST.match(draft.answer):
        return f"Who {clause}"
    return draft.question


def _with_synonyms(question: str, draft: QuestionDraft) -> str:
    def other(match: re.Match[str]) -> str:
        word = match[0]
        is_in_answer = word in draft.answer.lower().split()
        return word if is_in_answer else _SYNONYMS.get(word, word)

    return re.sub(r"\b[a-z]+\b", other, question)
