"""Questions generated from the documents themselves, without a model.

Sentences and lines of a form whose question is certain are turned around: "The rent is 900 euros"
asks "What is the rent?", "Deposit: 900 euros" likewise, a definition asks what its subject is, and
a question-answer pair asks itself. Unanswerable ones ask of one document what only another one
tells. Wording stays close to the documents, so that the figures are an upper bound of what people
find who word their questions themselves; ``overlap`` says how close.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_infer.evaluation.matching import tokens
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.sentences import sentences

MAX_OVERLAP = 0.9  # a question that repeats more of its sentence than this is left out
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
_VERB_QUESTIONS = {
    "start": "When does the {subject} start?", "end": "When does the {subject} end?",
    "expire": "When does the {subject} expire?", "begin": "When does the {subject} begin?",
    "open": "When does the {subject} open?", "close": "When does the {subject} close?",
    "cost": "How much does the {subject} cost?", "last": "How long does the {subject} last?",
    "take": "How long does the {subject} take?",
}  # fmt: skip
_MAX_KEY_WORDS, _MAX_TERM_WORDS, _MAX_FIELD_WORDS = 4, 3, 6
_NO_KEYS = frozenset(
    "the a an note notes example examples see for if when in on at to from and or q a question "
    "answer http https warning tip source figure table page".split()
)
_PRONOUNS = frozenset({"it", "this", "that", "these", "those", "they", "there", "he", "she", "we"})


@dataclass(frozen=True, slots=True)
class GeneratedQuestion:
    """A question generated from a text, with the share of its words that the sentence has."""

    question: EvalQuestion
    overlap: float


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The text of a page of a document."""

    document_id: str
    title: str | None
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Draft:
    question: str
    answer: str
    quote: str
    subject: str
    kind: str
    page: SourcePage


def generate_questions(
    pages: Sequence[SourcePage], count: int, *, seed: int = 0, unanswerable_share: float = 0.2
) -> list[GeneratedQuestion]:
    """Makes questions from texts: spread over documents and kinds, each asked once.

    Args:
        pages: The texts.
        count: Most questions that are generated; fewer where the texts do not give as many.
        seed: Another seed makes another choice.
        unanswerable_share: Share of the questions that no document answers.

    Returns:
        The questions with ids ``generated-1`` and on, each with document, page and quote.
    """
    generator = random.Random(seed)  # noqa: S311 - chooses questions, no secret
    drafts = _unique([draft for page in pages for draft in _drafts(page)])
    generator.shuffle(drafts)
    unanswerable = _near_misses(drafts, pages, int(count * unanswerable_share), generator)
    selected = _spread(drafts, count - len(unanswerable))
    generated: list[GeneratedQuestion] = []
    for number, draft in enumerate(selected, 1):
        question = EvalQuestion(
            id=f"generated-{number}",
            question=draft.question,
            answers=(draft.answer,),
            documents=(draft.page.document_id,),
            page=draft.page.number,
            quote=draft.quote,
            kind=draft.kind,
        )
        generated.append(GeneratedQuestion(question, _overlap(draft)))
    for number, text in enumerate(unanswerable, len(generated) + 1):
        question = EvalQuestion(
            f"generated-{number}", text, answerable=False, kind="unanswerable"
        )  # fmt: skip
        generated.append(GeneratedQuestion(question, 0.0))
    return generated


def _drafts(page: SourcePage) -> Iterator[_Draft]:
    for pair in _PAIR.finditer(page.text):
        question = pair["question"].strip()
        yield _Draft(question, pair["value"].strip(), pair[0], question, "pair", page)
    for line in page.text.splitlines():
        is_title = line.strip("# ") == page.title
        if not is_title and (field := _KEY_VALUE.match(line.strip())):
            yield from _field_drafts(field, page)
    for start, end in sentences(page.text):
        sentence = " ".join(page.text[start:end].split())
        yield from _sentence_drafts(sentence, page)


def _field_drafts(field: re.Match[str], page: SourcePage) -> Iterator[_Draft]:
    subject, value = field["subject"].strip(), field["value"].strip()
    words = subject.split()
    first = words[0].lower()
    if len(words) > _MAX_KEY_WORDS or first in _NO_KEYS or value.endswith((":", "?")):
        return
    if len(value.split()) <= _MAX_FIELD_WORDS:
        article = "" if _is_name(subject) else "the "
        yield from _draft(field, f"What is {article}{_lowered(subject)}?", value, "field", page)
    elif len(words) <= _MAX_TERM_WORDS:
        sentence = value.split(". ", 1)[0]
        question = f"What does {_lowered(subject)} mean?"
        yield from _draft(field, question, sentence, "definition", page)


def _sentence_drafts(sentence: str, page: SourcePage) -> Iterator[_Draft]:
    if dated := _DATED.match(sentence):
        subject = _lowered(dated["subject"])
        question = _VERB_QUESTIONS[dated["verb"].removesuffix("s")].format(subject=subject)
        yield from _draft(dated, question, _first_part(dated["value"]), "fact", page)
    elif fact := _FACT.match(sentence):
        value = _first_part(fact["value"])
        if not value.split()[0].endswith(("ed", "ing")):  # "was opened on": not what it is
            subject = f"{fact['article'].lower()} {_lowered(fact['subject'])}"
            yield from _draft(fact, f"What {fact['verb']} {subject}?", value, "fact", page)
    elif definition := _DEFINITION.match(sentence):
        subject = _lowered(definition["subject"])
        question = f"What {definition['verb']} {subject}?"
        yield from _draft(definition, question, definition["value"], "definition", page)


def _draft(
    match: re.Match[str], question: str, answer: str, kind: str, page: SourcePage
) -> Iterator[_Draft]:
    subject, answer = match["subject"].strip(), answer.strip(" .")
    words = subject.lower().split()
    too_long = len(answer.split()) > _MAX_ANSWER_WORDS and kind != "definition"
    if len(words) > _MAX_SUBJECT_WORDS or words[0] in _PRONOUNS or too_long or not tokens(answer):
        return
    yield _Draft(question, answer, match[0].strip(), subject, kind, page)


def _first_part(value: str) -> str:
    """A value without the clause that follows it: ``900 euros, due on the first``."""
    return re.split(r"(?<!\d),\s|,\s(?!\d)|\s\(|\s(?:and|but|which|if|unless|when)\s", value)[0]


def _is_name(subject: str) -> bool:
    """Whether a subject needs no article: a code or a word in capitals."""
    return any(word.isupper() or any(c.isdigit() for c in word) for word in subject.split())


def _lowered(subject: str) -> str:
    """The subject inside a sentence: a first word that is no name or acronym is in lower case."""
    first, _, further_words = subject.partition(" ")
    if not first.istitle() or any(c.isdigit() for c in first):
        return subject
    is_common = first.lower() in ("the", "a", "an") or not further_words or further_words.islower()
    return f"{first.lower()} {further_words}".strip() if is_common else subject


def _unique(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Drafts whose question is asked of one place only, and does not repeat its sentence."""
    by_question: dict[str, list[_Draft]] = {}
    for draft in drafts:
        by_question.setdefault(" ".join(tokens(draft.question)), []).append(draft)
    return [
        same[0]
        for same in by_question.values()
        if len(same) == 1 and _overlap(same[0]) <= MAX_OVERLAP
    ]


def _overlap(draft: _Draft) -> float:
    """The share of the words of the sentence that the question repeats."""
    quote = set(tokens(draft.quote))
    return len(quote & set(tokens(draft.question))) / len(quote) if quote else 1.0


def _spread(drafts: Sequence[_Draft], count: int) -> list[_Draft]:
    """Drafts selected in turns over the documents, and in each over the kinds."""
    by_document: dict[str, dict[str, list[_Draft]]] = {}
    for draft in drafts:
        kinds = by_document.setdefault(draft.page.document_id, {})
        kinds.setdefault(draft.kind, []).append(draft)
    queues = [_alternating(list(kinds.values())) for kinds in by_document.values()]
    return _alternating(queues)[: max(count, 0)]


def _alternating(queues: Sequence[Sequence[_Draft]]) -> list[_Draft]:
    longest = max(map(len, queues), default=0)
    return [queue[n] for n in range(longest) for queue in queues if n < len(queue)]


def _near_misses(
    drafts: Sequence[_Draft], pages: Sequence[SourcePage], count: int, generator: random.Random
) -> list[str]:
    """Questions about a document that only another one answers.

    The subject must share no word with any text of the document that it is asked of.
    """
    texts: dict[str, set[str]] = {}
    titles: dict[str, str] = {}
    for page in pages:
        texts.setdefault(page.document_id, set()).update(tokens(page.text))
        titles[page.document_id] = page.title or page.document_id.rsplit("/", 1)[-1]
    others = sorted(titles)
    generated: list[str] = []
    for draft in drafts:
        if len(generated) >= count:
            break
        if draft.kind not in ("fact", "field"):
            continue
        words = {word for word in tokens(draft.subject) if len(word) > 2}
        strangers = [
            d for d in others if d != draft.page.document_id and words.isdisjoint(texts[d])
        ]
        if words and strangers:
            question = draft.question[0].lower() + draft.question[1:]
            generated.append(f"According to {titles[generator.choice(strangers)]}, {question}")
    return generated
