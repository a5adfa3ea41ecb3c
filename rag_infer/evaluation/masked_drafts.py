"""Questions for what a sentence, a row or a section holds, with the part that answers left out.

A date, a name or a sum at the end of a clause is masked and asked for: "The audit was completed by
Ruth Okafor" asks "By whom was the audit completed?". A cell of a table is asked for by its row and
its column, and a heading by what its section says first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.evaluation.question_drafts import QuestionDraft, SourcePage, first_part, lowered
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
_CLAUSE = re.compile(
    r"^(?P<article>The|Our|Your|An?) (?P<subject>(?:[\w'’/-]+ ){0,5}[\w'’/-]+) "
    r"(?P<verb>is|are|was|were) (?P<participle>\w+(?:ed|wn|ten|ilt|ent|old|ade|ven|ken|sen|aid)) "
    rf"(?:(?P<agent>by (?P<name>{_NAME}))|(?P<when>(?:on|in) (?P<date>{_DATE}))"
    rf"|(?P<within>within (?P<time>{_TIME})))[.;,]?(?:\s|$)"
)
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_RULE = re.compile(r"^\s*\|(?:\s*:?-{2,}:?\s*\|)+\s*$")
_HEADING = re.compile(r"^#{1,4}\s+(?:\d[\d.]*\s+)?(?P<title>[A-Z][^\n#|]{4,60}?)\s*$")
_MAX_CELL_WORDS, _MAX_HEADING_WORDS, _MIN_SENTENCE_WORDS = 6, 3, 6
_NO_TOPICS = frozenset(
    "a an how if is more less no not one two three four five what when where which who why do does "
    "can use make keep get see after before".split()
)
_MAX_ROWS = 40


def masked_drafts_of(page: SourcePage) -> Iterator[QuestionDraft]:
    """Questions for masked parts of clauses, cells of tables and sections of a page."""
    for start, end in sentences(page.text):
        sentence = " ".join(page.text[start:end].split())
        if match := _CLAUSE.match(sentence):
            yield _masked(match, sentence, page)
    lines = page.text.splitlines()
    yield from _cells(lines, page)
    yield from _sections(lines, page)


def _masked(match: re.Match[str], sentence: str, page: SourcePage) -> QuestionDraft:
    subject = f"{match['article'].lower()} {lowered(match['subject'])}"
    asked = f"{match['verb']} {subject} {match['participle']}?"
    if match["name"]:
        question, answer = f"By whom {asked}", match["name"]
    elif match["date"]:
        question, answer = f"When {asked}", match["date"]
    else:
        question, answer = f"Within what time {asked}", match["time"]
    return QuestionDraft(question, answer, sentence, match["subject"], "masked", page)


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
