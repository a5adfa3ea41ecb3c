"""Which sentences answer a question, and whether any does.

Knows: the order in which sentences are judged, and the fitted weights that make a probability of
their features (``answerable.json``, written by ``training/answerability.py``).
Does not know: how passages were found, how answers are shown.

Three logistic models, each after costlier evidence than the one before. ``first``: which sentences
are worth a closer look? ``rank``: which of them holds the answer, now that each has a vector of its
own and the best passages went through the reader? ``answer``: is the best one right, given it
and its rivals? The last says when the documents do not answer.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.cite.question_type import QuestionProfile, read
from rag_infer.cite.sentence_features import FEATURES, Sentence, rarity, read_sentences
from rag_infer.cite.span_reader import SpanReader, reader
from rag_infer.embed import Embedder
from rag_infer.types import Hit

ANSWER_FEATURES = (
    *(f"best_{name}" for name in FEATURES), "gap", "rivals", "keys", "score", "reader_top",
    "reader_agrees", "nearest",
)  # fmt: skip
PASSAGES = 5
EMBEDDED = 12  # sentences whose own vectors are looked at
READ = 2  # passages that go through the reader
_WINDOW = 220  # characters on either side of a passage's best sentence that the reader sees


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A logistic model: the probability is that of ``bias + weights . features``."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: Sequence[float]) -> float:
        logit = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


@dataclass(frozen=True, slots=True)
class AnswerabilityModel:
    """What ``training/answerability.py`` found."""

    first: LogisticModel
    rank: LogisticModel
    answer: LogisticModel
    threshold: float


@functools.lru_cache(maxsize=1)
def load_answerability_model() -> AnswerabilityModel:
    """The weights that come with the package."""
    stored = json.loads(Path(__file__).with_name("answerable.json").read_text("utf-8"))
    if stored["features"] != list(FEATURES) or stored["answer_features"] != list(ANSWER_FEATURES):
        raise AssertionError("answerable.json was fitted to other features; run training/")

    def model(name: str) -> LogisticModel:
        return LogisticModel(tuple(stored[name]["weights"]), stored[name]["bias"])

    return AnswerabilityModel(model("first"), model("rank"), model("answer"), stored["threshold"])


@dataclass(frozen=True, slots=True)
class AnswerabilityResult:
    """Sentences, best first, each with its probability; and that of the best one's being right."""

    asked: QuestionProfile
    ranked: tuple[tuple[Sentence, float], ...]
    probability: float


def judge(
    question: str, hits: Sequence[Hit], embedder: Embedder, share: Callable[[str], float]
) -> AnswerabilityResult:
    """Judges the sentences of ``hits``, the best of which come first.

    ``share`` tells the share of all passages that hold a word.
    """
    models = load_answerability_model()
    asked = read(question)
    found = read_sentences(asked, hits[:PASSAGES], rarity(asked, share))
    if not found:
        return AnswerabilityResult(asked, (), 0.0)
    chosen = look_closer(question, found, models.first, embedder, reader())
    ranked = ranking(chosen, models.rank)
    return AnswerabilityResult(
        asked, ranked, models.answer.probability(answer_features(asked, ranked))
    )


def look_closer(
    question: str,
    found: Sequence[Sentence],
    first: LogisticModel,
    embedder: Embedder,
    read: SpanReader,
) -> list[Sentence]:
    """The most promising sentences, each with its own cosine and what the reader makes of it."""
    best = sorted(found, key=lambda s: -first.probability(s.features))[:EMBEDDED]
    rows = embedder.embed_queries([question, *(s.text for s in best)])
    cosines = rows[1:] @ rows[0]
    near = [s.with_cosine(float(c)) for s, c in zip(best, cosines, strict=True)]
    near.sort(key=lambda s: -first.probability(s.features))
    return _read(question, near, read)


def ranking(chosen: Sequence[Sentence], rank: LogisticModel) -> tuple[tuple[Sentence, float], ...]:
    """Sentences with the probability of holding the answer, best first."""
    judged = [(s, rank.probability(s.features)) for s in chosen]
    return tuple(sorted(judged, key=lambda pair: -pair[1]))


def answer_features(
    asked: QuestionProfile, ranked: Sequence[tuple[Sentence, float]]
) -> tuple[float, ...]:
    """What ``answer`` is asked about: ``ranked`` are sentences with their rank probabilities."""
    best, score = ranked[0]
    rivals = [p for s, p in ranked[1:] if s.hit.chunk.document_id != best.hit.chunk.document_id]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    read = [s for s, _ in ranked if s.short is not None]
    top = max((s.feature("reader") for s in read), default=-1.0)
    return (
        *best.features,
        score - second,
        max(rivals, default=0.0),
        min(len(asked.keys), 10) / 10,
        _logit(score),
        top,
        float(best.short is not None and best.feature("reader") == top),
        max(s.hit.dense or 0.0 for s, _ in ranked),
    )


def _read(question: str, near: Sequence[Sentence], read: SpanReader) -> list[Sentence]:
    """Lets the reader see the passages of the best sentences, around those sentences."""
    windows: dict[Hit, tuple[int, int]] = {}
    for s in near:
        if len(windows) < READ and s.hit not in windows:
            text = s.hit.chunk.text
            windows[s.hit] = _word_starts(text, s.start - _WINDOW, s.end + _WINDOW)
    texts = [hit.chunk.text[a:b] for hit, (a, b) in windows.items()]
    readings = dict(zip(windows, read.read(question, texts), strict=True))
    seen = []
    for s in near:
        made = None
        if s.hit in windows:
            at = windows[s.hit][0]
            made = readings[s.hit].best(s.start - at, s.end - at)
            if made is not None:
                s = s.with_reading(made[0], made[1] + at, made[2] + at)  # noqa: PLW2901
        seen.append(s)
    return seen


def _word_starts(text: str, start: int, end: int) -> tuple[int, int]:
    """The nearest places inwards that cut no word."""
    start, end = max(0, start), min(len(text), end)
    while 0 < start < end and not text[start - 1].isspace():
        start += 1
    while start < end < len(text) and not text[end].isspace():
        end -= 1
    return start, end


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded)) / 4
