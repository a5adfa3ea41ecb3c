"""Questions beside passages, with the place of the short answer: what the span reader learns from.

All of it may be trained on: the SQuAD dev questions of the evaluation data (CC BY-SA 4.0) but for
HELD articles, PolicyQA (MIT), COVID-QA (Apache 2.0), half of QED (CC BY-SA 3.0) and half of this
project's everyday folders. Passages without the answer are SQuAD 2's unanswerable ones, the likest
other passage of the same source, and what a search of an everyday folder finds besides.
"""

from __future__ import annotations

import collections
import gzip
import json
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from everyday_folders import (
    EverydayQuestion,
    folder_names,
    opened,
    questions,
    reads_folder,
)

from rag_infer import Index
from rag_infer.answering.extractive_answerer import context_reader, prepare_question
from rag_infer.cite.answer_units import answer_units
from rag_infer.embed import load_embedder
from rag_infer.retrieve import Filter
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
HELD = 5  # SQuAD articles that no reader is trained on, the last by name
MEASURED = slice(2, 4)  # of these, in order: no part of the package is fitted on them
# Half of QED's contexts are kept for the models that judge answers (``answerability.py``).
ANSWER_WINDOWS = 2  # around each place that answers, cut differently
LONGEST_ANSWER = 130  # characters of an everyday answer
POLICY = 2500  # questions of PolicyQA, which asks the same few things over and over


@dataclass(frozen=True)
class Example:
    source: str
    group: str
    question: str
    passage: str
    start: int  # of the answer in the passage; -1 when it has none
    end: int
    golds: tuple[str, ...] = ()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return (json.loads(line) for line in text.splitlines())


def squad() -> list[Example]:
    texts = {p["id"]: p["text"] for p in lines(DATA / "squad" / "corpus.jsonl.gz")}
    examples_read = []
    for q in lines(DATA / "squad" / "queries.jsonl"):
        text = texts[q["context_id"]]
        if q["impossible"]:
            examples_read.append(Example("squad", q["article"], q["text"], text, -1, -1))
        else:
            start = q["answer_starts"][0]
            examples_read.append(
                Example(
                    "squad", q["article"], q["text"], text, start, start + len(q["answers"][0]),
                    tuple(q["answers"]),
                )
            )  # fmt: skip
    return examples_read


def held_articles(articles: Iterable[str]) -> set[str]:
    """The SQuAD articles that no reader has seen."""
    return set(sorted(set(articles))[-HELD:])


def measured_articles(articles: Iterable[str]) -> set[str]:
    """The SQuAD articles that nothing has seen: ``benchmarks/answers.py`` asks about them."""
    return set(sorted(held_articles(articles))[MEASURED])


def reads(qed_context: str) -> bool:
    """Whether a reader is trained on this context of QED; the other half is for judging answers."""
    return int(qed_context.rsplit("-", 1)[-1]) % 2 == 0


def others() -> list[Example]:
    texts = {c["id"]: c["text"] for c in lines(DATA / "reader_train" / "contexts.jsonl.gz")}
    by_source: dict[str, list[Example]] = collections.defaultdict(list)
    for q in lines(DATA / "reader_train" / "questions.jsonl.gz"):
        source = q["source"].removesuffix("_dev").removesuffix("_test")
        if source not in ("policyqa", "covidqa", "qed"):
            continue
        if source == "qed" and not reads(q["context_id"]):
            continue
        answer = q["answers"][0]
        text, start = texts[q["context_id"]], answer["start"]
        end = start + len(answer["text"])
        # Long contexts are read in pieces as long as a chunk; the answer stands anywhere in one.
        first = max(0, start - random.randrange(100, 500))
        first = text.rfind(" ", 0, first) + 1 if first else 0
        piece = text[first : max(end, first + 800)]
        by_source[source].append(
            Example(source, q["context_id"], q["question"], piece, start - first, end - first)
        )
    random.shuffle(by_source["policyqa"])
    return [*by_source["policyqa"][:POLICY], *by_source["covidqa"], *by_source["qed"]]


def gone(examples: Sequence[Example], share: float) -> list[Example]:
    """Questions beside the likest passage of the same source that is not their own."""
    embedder = load_embedder()
    batches = []
    for source in sorted({e.source for e in examples} - {"policyqa"}):
        own = [e for e in examples if e.source == source and e.start >= 0]
        passages = sorted({(e.passage, e.group) for e in own})
        vectors = embedder.embed([p for p, _ in passages])
        without_answer = [e for e in own if random.random() < share]
        cosines = embedder.embed([e.question for e in without_answer]) @ vectors.T
        for e, row in zip(without_answer, cosines, strict=True):
            answer = e.passage[e.start : e.end].lower()
            for i in np.argsort(-row)[:10]:
                text, group = passages[int(i)]
                if text != e.passage and answer not in text.lower():
                    batches.append(Example(source, group, e.question, text, -1, -1))
                    break
    return batches


def everyday() -> list[Example]:
    """Everyday questions beside what is found for them, cut and introduced as at a question."""
    examples = []
    for folder in filter(reads_folder, folder_names()):
        with opened(folder) as index:
            context_of = context_reader(index.engine)
            for q in questions(folder):
                text, _ = prepare_question(index.engine, q.text, Filter())
                others = 1 if q.quote else 2  # passages without the answer that it goes with
                for hit in index.search(text, 4):
                    place = _nearest(index, text, hit, q)
                    if place is None or (not place.answers and not others):
                        continue
                    others -= not place.answers
                    label = f"{context_of(hit).label}: "
                    for _ in range(ANSWER_WINDOWS if place.answers else 1):
                        examples += _windows(q, text, hit.chunk.text, place, label)
    return examples


@dataclass(frozen=True)
class _Place:
    """Characters of a passage; whether they answer."""

    start: int
    end: int
    answers: bool


def _nearest(index: Index, text: str, hit: Hit, q: EverydayQuestion) -> _Place | None:
    """The place of a passage that answers, or else the likest unit to the question."""
    passage = hit.chunk.text
    units = [(u.start, u.end) for u in answer_units(passage)]
    for start, end in units:
        if q.is_answered_by(hit, passage[start:end]):
            return _Place(start, end, True)
    if not units or (q.quote and hit.chunk.document_id.endswith(q.document)):
        return None  # the document may say it again in other words
    embedder = index.engine.embedder
    rows = embedder.embed_queries([text, *(passage[a:b] for a, b in units)])
    return _Place(*units[int(np.argmax(rows[1:] @ rows[0]))], False)


def _windows(
    q: EverydayQuestion, text: str, passage: str, place: _Place, label: str
) -> Iterator[Example]:
    """The text around a place; its answer is the quote's few words, or all of a short unit."""
    answer = place.start, place.end
    if place.answers and q.answer:
        at = passage.find(q.answer, place.start, place.end)
        answer = at, at + len(q.answer)
    if place.answers and (answer[0] < 0 or answer[1] - answer[0] > LONGEST_ANSWER):
        return
    first = max(0, place.start - random.randrange(150, 290))
    first = passage.find(" ", first, place.start) + 1 if first else 0
    window = label + passage[first : place.end + random.randrange(150, 290)]
    shift = len(label) - first
    span = (answer[0] + shift, answer[1] + shift) if place.answers else (-1, -1)
    yield Example("everyday", q.folder, text, window, *span)
