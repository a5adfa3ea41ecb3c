"""Questions beside what is found for them: what the judges of an answer are fitted on.

SQuAD dev questions (CC BY-SA 4.0) were written beside their paragraphs; those of QED (CC BY-SA 3.0)
were typed into a search engine. A question is asked of the paragraphs of its set as a person would
ask an index, three ways: as it is; with the paragraph that answers taken out; of the other half of
the articles. SQuAD 2.0's unanswerable questions are asked as they are. Invented office folders
(``office_documents.py``) are asked by templates, everyday folders (``everyday_folders.py``) in
words written by hand. The articles that ``benchmarks/answers.py`` measures are searched and never
asked about.
"""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from everyday_folders import EverydayQuestion, folder_names, opened, questions, reads_folder
from office_documents import build
from reader_examples import held_articles, lines, measured_articles, reads

from rag_infer import Index
from rag_infer.answering.extractive_answerer import (
    EXTRACTIVE_TOP_K,
    context_reader,
    prepare_question,
)
from rag_infer.cite import sentence_features
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.question_type import read as read_question
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.cite.text_normalization import Share
from rag_infer.embed import FloatRows, load_embedder
from rag_infer.retrieve import Filter, word_share
from rag_infer.sentences import sentences
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
QUESTIONS = 1500  # of articles that the reader has seen, and as many that it has not
PARAGRAPHS = 5  # that are found for a question of an encyclopedia
OFFICE_FOLDERS = 6
OFFICE_WEIGHT = 0.5  # of an example: there are many, of few templates
EVERYDAY_WEIGHT = 1.5  # there are few, each written by hand
SOURCES = ("squad", "qed", "office", "everyday")
KINDS = ("asked", "paragraph gone", "article gone", "unanswerable")


@dataclass(frozen=True)
class Text:
    id: str
    article: str
    text: str


@dataclass(frozen=True)
class Asked:
    text: str
    context: str  # the paragraph that it is about
    article: str
    answers: tuple[str, ...]  # none: it has no answer
    unseen: bool  # the reader was not trained on it
    every: bool = False  # an answer is complete with all of them only
    everyday: EverydayQuestion | None = None


@dataclass(frozen=True)
class Example:
    kind: str
    about: Asked
    profile: QuestionProfile
    sentences: tuple[Sentence, ...]

    @property
    def right(self) -> list[bool]:
        return [self.kind == "asked" and holds(s, self.about) for s in self.sentences]


class Remembered:
    """The default embedder, which embeds no text twice."""

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self._rows: dict[str, np.ndarray] = {}

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        new = list({t: None for t in texts if t not in self._rows})
        self._rows.update(zip(new, self._embedder.embed_queries(new), strict=True) if new else ())
        return np.stack([self._rows[t] for t in texts])


def squad() -> tuple[list[Text], list[Asked]]:
    texts = [
        Text(p["id"], p["id"].rsplit("#", 1)[0], p["text"])
        for p in lines(DATA / "squad" / "corpus.jsonl.gz")
    ]
    questions = list(lines(DATA / "squad" / "queries.jsonl"))
    measured = measured_articles(q["article"] for q in questions)
    held_names = held_articles(q["article"] for q in questions)
    questions = [q for q in questions if q["article"] not in measured]
    labeled = [
        Asked(
            q["text"],
            q["context_id"],
            q["article"],
            () if q["impossible"] else tuple(q["answers"]),
            q["article"] in held_names,
        )
        for q in questions
    ]
    trained = [a for a in labeled if not a.unseen]
    unseen = [a for a in labeled if a.unseen]
    return texts, [
        a for side in (trained, unseen) for a in random.sample(side, min(QUESTIONS, len(side)))
    ]


def qed() -> tuple[list[Text], list[Asked]]:
    folder = DATA / "reader_train"
    texts = {
        c["id"]: Text(c["id"], c["title"] or c["id"], c["text"])
        for c in lines(folder / "contexts.jsonl.gz")
        if c["id"].startswith("qed-")
    }
    labeled = [
        Asked(
            q["question"],
            q["context_id"],
            texts[q["context_id"]].article,
            tuple(a["text"] for a in q["answers"]),
            not reads(q["context_id"]),
        )
        for q in lines(folder / "questions.jsonl.gz")
        if q["source"] == "qed"
    ]
    return list(texts.values()), random.sample(labeled, min(QUESTIONS, len(labeled)))


def office() -> list[Example]:
    """Questions to invented office folders, whose names differ from folder to folder."""
    examples: list[Example] = []
    for seed in range(1, OFFICE_FOLDERS + 1):
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), seed)
            index = Index.open(Path(scratch) / "index", create=True)
            index.add(Path(scratch) / "files")
            share = word_share(index.engine.snapshot, Filter())
            context_of = context_reader(index.engine)
            for q in lines(Path(scratch) / "questions.jsonl"):
                about = Asked(
                    q["question"],
                    q["documents"][0] if q["documents"] else "",
                    f"office-{q['template']}",
                    tuple(q["answers"]),
                    True,
                    q["kind"] == "list",
                )
                examples += asked_of(index, about, q["answerable"], share, context_of)
    return examples


def everyday() -> list[Example]:
    """Questions to folders written by hand; each folder is one article.

    Every question is asked of another folder too, which is on other subjects.
    """
    examples: list[Example] = []
    names = folder_names()
    for n, folder in enumerate(names):
        with opened(folder) as index:
            share = word_share(index.engine.snapshot, Filter())
            context_of = context_reader(index.engine)
            for q in questions(folder):
                about = everyday_question(q)
                examples += asked_of(index, about, bool(q.quote), share, context_of)
            for q in questions(names[n - 1]):
                about = everyday_question(q)
                examples += asked_elsewhere(index, about, share, context_of)
    return examples


def everyday_question(q: EverydayQuestion) -> Asked:
    """A question of a folder as those of other sources are."""
    answers = (q.answer or q.quote,)
    unseen = not reads_folder(q.folder)
    return Asked(q.text, q.document, q.folder, answers, unseen, everyday=q)


def asked_elsewhere(
    index: Index, about: Asked, share: Share, context_of: ContextOf
) -> Iterator[Example]:
    """A question asked of documents on other subjects."""
    text, _ = prepare_question(index.engine, about.text, Filter())
    profile = read_question(text)
    hits = index.search(profile.text, EXTRACTIVE_TOP_K)
    weights = sentence_features.rarity(profile, share)
    scored = sentence_features.read_sentences(profile, hits, weights, context_of)
    if scored:
        yield Example("article gone", about, profile, tuple(scored))


def asked_of(
    index: Index, about: Asked, answerable: bool, share: Share, context_of: ContextOf
) -> Iterator[Example]:
    """A question asked of all documents, and again without the one that answers."""
    text, _ = prepare_question(index.engine, about.text, Filter())
    profile = read_question(text)
    hits = index.search(profile.text, 2 * EXTRACTIVE_TOP_K)
    kinds = [("asked" if answerable else "unanswerable", hits[:EXTRACTIVE_TOP_K])]
    if answerable:
        gone = [h for h in hits if not h.chunk.document_id.endswith(about.context)]
        kinds.append(("paragraph gone", gone[:EXTRACTIVE_TOP_K]))
    weights = sentence_features.rarity(profile, share)
    for kind, passages in kinds:
        scored = sentence_features.read_sentences(profile, passages, weights, context_of)
        if scored:
            yield Example(kind, about, profile, tuple(scored))


def ask_all(embedder: Remembered, paragraphs: list[Text], questions: list[Asked]) -> list[Example]:
    articles = sorted({p.article for p in paragraphs})
    side = {a: i % 2 for i, a in enumerate(articles)}
    examples: list[Example] = []
    embedder.embed_queries([p.text[a:b] for p in paragraphs for a, b in sentences(p.text)])
    embedder.embed_queries([q.text for q in questions])
    with tempfile.TemporaryDirectory() as scratch:
        indexes = []
        for number in (0, 1):
            path = Path(scratch) / f"half-{number}.jsonl"
            records = [
                {"id": p.id, "text": p.text} for p in paragraphs if side[p.article] == number
            ]
            path.write_text("".join(json.dumps(p) + "\n" for p in records), "utf-8")
            indexes.append(Index.open(Path(scratch) / f"index-{number}", create=True))
            indexes[-1].add(path)
        shares = [word_share(i.engine.snapshot, Filter()) for i in indexes]
        for q in questions:
            own = side[q.article]
            hits = indexes[own].search(q.text, 10)
            gone = [h for h in hits if not h.chunk.document_id.endswith(q.context)]
            ways: list[tuple[str, list[Hit], int]]
            if not q.answers:
                ways = [("unanswerable", hits[:PARAGRAPHS], own)]
            else:
                ways = [
                    ("asked", hits[:PARAGRAPHS], own),
                    ("paragraph gone", gone[:PARAGRAPHS], own),
                ]
                ways.append(("article gone", indexes[1 - own].search(q.text, PARAGRAPHS), 1 - own))
            reading = read_question(q.text)
            for kind, passages, at in ways:
                read = sentence_features.read_sentences(
                    reading, passages, sentence_features.rarity(reading, shares[at])
                )
                if read:
                    examples.append(Example(kind, q, reading, tuple(read)))
    return examples


def holds(sentence: Sentence, question: Asked) -> bool:
    if question.everyday is not None:
        return question.everyday.is_answered_by(sentence.hit, sentence.text)
    if not sentence.hit.chunk.document_id.endswith(question.context):
        return False
    text = sentence.text.lower()
    if question.article.startswith("office-"):
        return (all if question.every else any)(
            re.search(rf"(?<![\w.,]){re.escape(a.lower())}(?!\w)", text) for a in question.answers
        )
    return any(a.lower() in text for a in question.answers)


def source(e: Example) -> str:
    if e.about.everyday is not None:
        return "everyday"
    if e.about.article.startswith("office-"):
        return "office"
    return "qed" if e.about.context.startswith("qed-") else "squad"


def weight_of(e: Example) -> float:
    return {"office": OFFICE_WEIGHT, "everyday": EVERYDAY_WEIGHT}.get(source(e), 1.0)


def unread(e: Example) -> Example:
    """As if there were no reader."""
    places = [FEATURES.index("reader"), FEATURES.index("reader_read")]
    plain = [
        replace(
            s,
            short=None,
            features=tuple(0.0 if n in places else f for n, f in enumerate(s.features)),
        )
        for s in e.sentences
    ]
    return replace(e, sentences=tuple(plain))


def lexical(e: Example) -> Example:
    """As in a language that neither the embedder nor the reader knows."""
    return replace(e, sentences=tuple(replace(s.without_models(), short=None) for s in e.sentences))


def rankable(examples: Sequence[Example]) -> list[Example]:
    """Ranking is learned where there is something to rank."""
    return [e for e in examples if any(e.right)]
