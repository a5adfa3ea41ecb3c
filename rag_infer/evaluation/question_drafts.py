"""Sentences and lines of a certain form, turned around into questions.

"The rent is 900 euros" asks "What is the rent?", "Deposit: 900 euros" likewise, a definition asks
what its subject is, and a question-answer pair asks itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag_infer.evaluation.matching import tokens
from rag_infer.sentences import sentences

_MAX_ANSWER_WORDS = 14
_MAX_SUBJECT_WORDS = 8
_VALUE = r"(?=[^.\n]*\d)[^.\n;]{1,90}(?:\.\d+)?[^.\n;]{0,30}"
_SUBJECT = r"(?:[A-Za-z][\w'’/-]*\s+){0,7}[A-Za-z][\w'’/-]*"
_FACT = re.compile(
    rf"^(?P<article>The|Our|Your|An?)\s+(?P<subject>{_SUBJECT})\s+(?P<verb>is|are|was|were)\s+"
    rf"(?P<value>{_VALUE})[.;]?$"
)
_DATED = re.compile(
    rf"^(?P<article>The|Our|Your|An?)\s+(?P<subject>{_SUBJECT})\s+"
    r"(?P<verb>starts?|ends?|expires?|begins?|opens?|closes?|costs?|lasts?|takes?)\s+"
    rf"(?P<value>{_VALUE})[.;]?$"
)
_DEFINITION = re.compile(
    r"^(?P<subject>(?:An?\s|The\s)?[A-Z][\w'’-]*(?:\s[\w'’-]+){0,4})\s+(?P<verb>is|are)\s+"
    r"(?P<value>(?:an?|the)\s[^.\n]{12,160})\.?$"
)
_KEY_VALUE = re.compile(
    r"^[-*]?\s*\**(?P<subject>[A-Z][\w'’/ -]{2,48}?)\**\s*:\**\s+(?P<value>\S[^\n]{0,79})$"
)
_PAIR = re.compile(
    r"^\**(?:Q|Question|F|Frage)\s*[.:]\**\s*(?P<question>[^\n]{8,200}\?)\s*\n+"
    r"\**(?:A|Answer|Antwort)\s*[.:]\**\s*(?P<value>[^\n]{2,400})$",
    re.M,
)
VERB_QUESTIONS = {
    "start": "When does the {subject} start?", "end": "When does the {subject} end?",
    "expire": "When does the {subject} expire?", "begin": "When does the {subject} begin?",
    "open": "When does the {subject} open?", "close": "When does the {subject} close?",
    "cost": "How much does the {subject} cost?", "last": "How long does the {subject} last?",
    "take": "How long does the {subject} take?",
}  # fmt: skip
_MAX_KEY_WORDS, _MAX_TERM_WORDS, _MAX_FIELD_WORDS = 4, 3, 6
_NO_KEYS = frozenset(
    "the a an note notes example examples see for if when in on at to from and or q a question "
    "present absent excused apologies answer frage antwort http https warning tip source figure "
    "table page".split()
)
_NO_SUBJECTS = frozenset("hence thus therefore then there here however so but and also now".split())
_VERBS = frozenset("is are was were has have had will can may must shall should".split())
PARTICIPLES = frozenset(
    "built bought cut done drawn due given held kept led left lent made met paid put read run sent "
    "set shown shut sold taken told written".split()
)
# "is available 99 % of the year" says how it is, not what it is.
_ADJECTIVES = frozenset(
    "open valid due free subject full ready closed equal part likely present absent".split()
)
_ADJECTIVE_ENDS = ("able", "ible", "ed", "ing")
_NUMBERING = re.compile(r"^(?:(?:§\s*)?\d+(?:\.\d+)*[.)]?|\(?[a-z\d]{1,2}\)|[-*•])\s+(?=[A-Z])")
_TITLE_LINE = re.compile(r"\s*(?P<title>[^\n\d]{4,80})\n[ \t]*\n\s*\S")
_PRONOUNS = frozenset({"it", "this", "that", "these", "those", "they", "there", "he", "she", "we"})


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The text of a page of a document."""

    document_id: str
    title: str | None
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question with the words that answer it, and the sentence or line that they stand in.

    Attributes:
        question: What is asked.
        answer: The words that answer.
        quote: The sentence or line.
        subject: What is asked about.
        kind: The form of the text: ``fact``, ``field``, ``cell``, ``pair``, ``definition``.
        page: Where it stands.
        context: The place that is asked of, where others answer the question too:
            ``According to the lease,``.
    """

    question: str
    answer: str
    quote: str
    subject: str
    kind: str
    page: SourcePage
    context: str = ""

    @property
    def full_question(self) -> str:
        """The question with its context before it."""
        if not self.context:
            return self.question
        first = self.question.split(maxsplit=1)[0]
        is_lowered = first.isalpha() and not first.isupper()
        begin = self.question[0].lower() if is_lowered else self.question[0]
        return f"{self.context} {begin}{self.question[1:]}"


def drafts_of(page: SourcePage) -> Iterator[QuestionDraft]:
    """Questions that the sentences, lines and pairs of a page answer."""
    for pair in _PAIR.finditer(page.text):
        question = pair["question"].strip()
        yield QuestionDraft(question, pair["value"].strip(), pair[0], question, "pair", page)
    title = page.title or _title_line(page.text)
    for line in page.text.splitlines():
        is_title = line.strip("# ") == title
        if not is_title and (field := _KEY_VALUE.match(line.strip())):
            yield from _field_drafts(field, page)
    for start, end in sentences(page.text):
        yield from _sentence_drafts(clause(page.text[start:end]), page)


def question_pairs(text: str) -> str:
    """The questions of a text with their answers, as a list of frequent questions has them."""
    return "\n\n".join(pair[0] for pair in _PAIR.finditer(text))


def _title_line(text: str) -> str | None:
    """The first line of a text, if it stands alone and holds no figure: "Move: project report"."""
    match = _TITLE_LINE.match(text)
    return match["title"] if match else None


def clause(sentence: str) -> str:
    """A sentence on one line, without the number or bullet before it."""
    return _NUMBERING.sub("", " ".join(sentence.split()))


def _field_drafts(field: re.Match[str], page: SourcePage) -> Iterator[QuestionDraft]:
    subject, value = field["subject"].strip(), field["value"].strip()
    words = subject.split()
    first = words[0].lower()
    if len(words) > _MAX_KEY_WORDS or first in _NO_KEYS or value.endswith((":", "?")):
        return
    asked = VERB_QUESTIONS.get(words[-1].removesuffix("s")) if is_verb(words[-1]) else None
    if asked is not None and len(words) > 1:  # "Registration closes: 7 November"
        question = asked.format(subject=lowered(" ".join(words[:-1])))
        yield from _draft(field, question, value, "field", page)
    elif len(value.split()) <= _MAX_FIELD_WORDS:
        article = "" if _is_name(subject) else "the "
        yield from _draft(field, f"What is {article}{lowered(subject)}?", value, "field", page)
    elif len(words) <= _MAX_TERM_WORDS and not any(c.isdigit() for c in value.split()[0]):
        sentence = value.split(". ", 1)[0]
        yield from _draft(field, f"What is the {lowered(subject)}?", sentence, "definition", page)


def _sentence_drafts(sentence: str, page: SourcePage) -> Iterator[QuestionDraft]:
    dated = _DATED.match(sentence)
    if dated and not _VERBS & set(dated["subject"].lower().split()):
        subject = lowered(dated["subject"])
        question = VERB_QUESTIONS[dated["verb"].removesuffix("s")].format(subject=subject)
        yield from _draft(dated, question, first_part(dated["value"]), "fact", page)
    elif fact := _FACT.match(sentence):
        value = first_part(fact["value"])
        first = value.split()[0]
        if not first.endswith(_ADJECTIVE_ENDS) and first not in PARTICIPLES | _ADJECTIVES:
            # "was opened on" and "is shut off" are not what it is
            subject = f"{fact['article'].lower()} {lowered(fact['subject'])}"
            yield from _draft(fact, f"What {fact['verb']} {subject}?", value, "fact", page)
    elif definition := _DEFINITION.match(sentence):
        subject = definition["subject"]
        first = subject.split()[0].lower()
        if first in _NO_SUBJECTS:
            return
        # A word that is nowhere in lower case is a name.
        if f" {first}" in page.text or first in ("a", "an", "the"):
            subject = lowered(subject)
        question = f"What {definition['verb']} {subject}?"
        yield from _draft(definition, question, definition["value"], "definition", page)


def _draft(
    match: re.Match[str], question: str, answer: str, kind: str, page: SourcePage
) -> Iterator[QuestionDraft]:
    subject, answer = match["subject"].strip(), answer.strip(" .")
    words = subject.lower().split()
    too_long = len(answer.split()) > _MAX_ANSWER_WORDS and kind != "definition"
    if len(words) > _MAX_SUBJECT_WORDS or words[0] in _PRONOUNS or too_long or not tokens(answer):
        return
    yield QuestionDraft(question, answer, match[0].strip(), subject, kind, page)


def first_part(value: str) -> str:
    """A value without the clause that follows it: ``900 euros, due on the first``."""
    return re.split(r"(?<!\d),\s|,\s(?!\d)|\s\((?!\d)|\s(?:and|but|which|if|unless|when)\s", value)[
        0
    ]


def is_verb(word: str) -> bool:
    """Whether a label is a verb that a question of its own asks for: ``closes``, ``costs``."""
    return word.endswith("s") and word.lower().removesuffix("s") in VERB_QUESTIONS


def _is_name(subject: str) -> bool:
    """Whether a subject needs no article: a code or a word in capitals."""
    return any(word.isupper() or any(c.isdigit() for c in word) for word in subject.split())


def lowered(subject: str) -> str:
    """The subject inside a sentence: a first word that is no name or acronym is in lower case."""
    first, _, further_words = subject.partition(" ")
    if not first.istitle() or any(c.isdigit() for c in first):
        return subject
    is_common = first.lower() in ("the", "a", "an") or not further_words or further_words.islower()
    return f"{first.lower()} {further_words}".strip() if is_common else subject
