"""Questions for what a sentence, a row or a section holds, with the part that answers left out.

A date, a name or a sum at the end of a clause is masked and asked for: "The audit was completed by
Ruth Okafor" asks "By whom was the audit completed?". A cell of a table is asked for by its row and
its column, and a heading by what its section says first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.evaluation.question_drafts import (
    QuestionDraft,
    SourcePage,
    clause,
    first_part,
    is_verb,
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
    rf"^{_SUBJECT}(?P<verb>pays?|receives?|gets?|earns?|owes?|charges?|holds?|contains?|covers?|"
    r"needs?|requires?|serves?|has|have|seats?|employs?|owns?|offers?|weighs?|uses?) "
    rf"(?:(?:about|at least|at most|up to|a fee of|a sum of) )?"
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
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_RULE = re.compile(r"^\s*\|(?:\s*:?-{2,}:?\s*\|)+\s*$")
_HEADING = re.compile(r"^#{1,4}\s+(?:\d[\d.]*\s+)?(?P<title>[A-Z][^\n#|]{4,60}?)\s*$")
_MAX_CELL_WORDS, _MAX_HEADING_WORDS, _MIN_SENTENCE_WORDS = 6, 3, 6
_NO_ENDS = frozenset(
    "and or that which who not only also it they this may can will must shall should would could "
    "to of in for with".split()
)
_NO_UNITS = frozenset(
    "billion million thousand hundred of to and or per in at on for from times as is are".split()
)
_NO_TOPICS = frozenset(
    "a an how if is more less no not one two three four five what when where which who why do does "
    "can use make keep get see after before".split()
)
_MAX_ROWS = 40


def masked_drafts_of(page: SourcePage) -> Iterator[QuestionDraft]:
    """Questions for masked parts of clauses, cells of tables and sections of a page."""
    for start, end in sentences(page.text):
        yield from _clauses(clause(page.text[start:end]), page)
    lines = page.text.splitlines()
    yield from _cells(lines, page)
    yield from _sections(lines, page)


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
        base = "have" if match["verb"] == "has" else match["verb"].removesuffix("s")
        auxiliary = "does" if match["verb"].endswith("s") else "do"
        quantity = "much" if match["sum"] else f"many {match['unit']}"
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


def _subject(match: re.Match[str]) -> str:
    return f"{match['article'].lower()} {lowered(match['subject'])}"


def _cells(lines: Sequence[str], page: SourcePage) -> Iterator[QuestionDraft]:
    """Cells of Markdown tables, each named by its header and the first cell of its row."""
    for number, line in enumerate(lines):
        if not _RULE.match(line) or not number:
            continue
        header = _split(lines[number - 1])
        for row in lines[number + 1 : number + 1 + _MAX_ROWS]:
            cells = _split(row)
            if len(cells) != len(header) or len(cells) < 2:
                break
            name = cells[0]
            if not name or not name[0].isalpha() or len(name.split()) > _MAX_CELL_WORDS:
                continue
            for column, cell in list(zip(header, cells, strict=True))[1:]:
                is_usable = column and cell and len(cell.split()) <= _MAX_CELL_WORDS
                is_usable = is_usable and not is_verb(column)  # "closes", of Sunday
                if is_usable and any(c.isalnum() for c in cell) and column[0].isalpha():
                    question = f"What is the {lowered(column)} of {lowered(name)}?"
                    yield QuestionDraft(question, cell, row.strip(), name, "cell", page)


def _split(line: str) -> list[str]:
    match = _ROW.match(line)
    return [cell.strip(" *`") for cell in match["cells"].split("|")] if match else []


def _sections(lines: Sequence[str], page: SourcePage) -> Iterator[QuestionDraft]:
    """What a section says first, asked for by its heading; any quote of it is right."""
    for number, line in enumerate(lines):
        match = _HEADING.match(line)
        if match is None or match["title"] == page.title or match["title"].endswith("?"):
            continue
        title = match["title"]
        text = next((text.strip() for text in lines[number + 1 : number + 3] if text.strip()), "")
        sentence = first_part(text) if len(text) > 400 else text
        words = title.split()
        is_prose = sentence[:1].isupper() and "|" not in sentence
        if (
            len(words) <= _MAX_HEADING_WORDS
            and words[0].lower() not in _NO_TOPICS
            and is_prose
            and len(sentence.split()) >= _MIN_SENTENCE_WORDS
        ):
            question = f"What applies to {lowered(title)}?"
            yield QuestionDraft(question, "", sentence, title, "section", page)
