"""Which sentences answer a question, and whether any does.

The weights (``answerable.json``) are written by ``training/answerability.py``.

Four models, each after costlier evidence than the one before. ``first``: which sentences are worth
a vector of their own? ``second``: which passages are worth reading, now that they have one?
``rank``: which sentence holds the answer, now that the best passages went through the reader?
``answer``: is the best one right, given it and its rivals? The last says when the documents do not
answer.

These know English. Other languages, and questions in another language than the passages, have
judges of their own (``language_judges``).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag_infer.cite.agreement import agree
from rag_infer.cite.document_context import ContextOf, title_context
from rag_infer.cite.feed_forward import FeedForwardModel
from rag_infer.cite.language_judges import (
    LanguageJudges,
    language_ranking,
    load_language_judges,
)
from rag_infer.cite.logistic import logit
from rag_infer.cite.own_language_units import own_language_first
from rag_infer.cite.question_language import question_language, text_language
from rag_infer.cite.question_type import QuestionProfile, read
from rag_infer.cite.sentence_features import FEATURES, Sentence, rarity, read_sentences
from rag_infer.cite.span_reader import SpanReader, reader
from rag_infer.embed import Embedder
from rag_infer.embed.language_coverage import known_languages
from rag_infer.embed.similarity import cosine_floor, scaled
from rag_infer.languages import ENGLISH
from rag_infer.types import Hit

ANSWER_FEATURES = (
    *(f"best_{name}" for name in FEATURES), "gap", "rivals", "keys", "score", "reader_top",
    "reader_agrees", "nearest",
)  # fmt: skip
MAX_PASSAGES = 12
MAX_EMBEDDED_SENTENCES = 12  # sentences whose own vectors are looked at
MAX_READ_PASSAGES = 2  # passages that go through the reader
_READER_WINDOW_CHARS = (
    220  # characters on either side of a passage's best sentence that the reader sees
)


@dataclass(frozen=True, slots=True)
class AnswerabilityModel:
    """What ``training/answerability.py`` found."""

    first: FeedForwardModel
    second: FeedForwardModel
    rank: FeedForwardModel
    answer: FeedForwardModel
    threshold: float

    def probability(
        self, profile: QuestionProfile, ranked: Sequence[tuple[Sentence, float]]
    ) -> float:
        """The probability that the first of ranked sentences is right."""
        return self.answer.probability(answer_features(profile, ranked))


@functools.lru_cache(maxsize=1)
def load_answerability_model() -> AnswerabilityModel:
    """The weights that come with the package."""
    stored = json.loads(Path(__file__).with_name("answerable.json").read_text("utf-8"))
    if stored["features"] != list(FEATURES) or stored["answer_features"] != list(ANSWER_FEATURES):
        raise AssertionError("answerable.json was fitted to other features; run training/")

    return AnswerabilityModel(
        FeedForwardModel.from_dict(stored["first"]),
        FeedForwardModel.from_dict(stored["second"]),
        FeedForwardModel.from_dict(stored["rank"]),
        FeedForwardModel.from_dict(stored["answer"]),
        stored["threshold"],
    )


@dataclass(frozen=True, slots=True)
class AnswerabilityResult:
    """Sentences, best first, each with its probability; and that of the best one's being right."""

    profile: QuestionProfile
    ranked: tuple[tuple[Sentence, float], ...]
    probability: float

    @property
    def threshold(self) -> float:
        """The probability from which on an answer is given."""
        return _judges(self.profile).threshold


def judge(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    context_of: ContextOf = title_context,
) -> AnswerabilityResult:
    """Judges the sentences of ``hits``, the best of which come first.

    ``share`` tells the share of all passages that hold a word.
    """
    language = question_language(question, hits)
    languages = _passage_languages(language, hits[:MAX_PASSAGES], embedder)
    if language == ENGLISH and set(languages.values()) <= {ENGLISH}:
        return _judge_english(question, hits, embedder, share, context_of)
    return _judge_language(question, language, languages, embedder, share, context_of)


def rejudged(result: AnswerabilityResult) -> AnswerabilityResult:
    """The result after its order was changed: the probability is that of the new best sentence."""
    probability = _judges(result.profile).probability(result.profile, result.ranked)
    return replace(result, probability=probability)


def _judges(profile: QuestionProfile) -> AnswerabilityModel | LanguageJudges:
    return load_answerability_model() if profile.is_english else load_language_judges()


def _passage_languages(language: str, hits: Sequence[Hit], embedder: Embedder) -> dict[Hit, str]:
    """The language of each passage.

    An English question is judged by English judges if the best passage is in English, and where no
    vectors could compare it with another language.
    """
    if language == ENGLISH and (
        not hits
        or not knows_other_languages(embedder)
        or text_language(hits[0].chunk.text) == ENGLISH
    ):
        return dict.fromkeys(hits, ENGLISH)
    return {hit: text_language(hit.chunk.text, language) for hit in hits}


def knows_other_languages(embedder: Embedder, *languages: str) -> bool:
    """Whether an embedder is known to be trained on other languages than English, and on these."""
    languages_of = known_languages(embedder) or frozenset()
    return len(languages_of) > 1 and languages_of.issuperset(languages)


def _judge_english(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    context_of: ContextOf,
) -> AnswerabilityResult:
    models = load_answerability_model()
    profile = read(question)
    candidates = read_sentences(profile, hits[:MAX_PASSAGES], rarity(profile, share), context_of)
    if not candidates:
        return AnswerabilityResult(profile, (), 0.0)
    promising = best_of(candidates, models.first, MAX_EMBEDDED_SENTENCES)
    compared = with_cosines(question, promising, embedder)
    examined = with_readings(question, best_of(compared, models.second), reader())
    ranked = ranking(examined, models.rank)
    return AnswerabilityResult(profile, ranked, models.probability(profile, ranked))


def _judge_language(
    question: str,
    language: str,
    languages: dict[Hit, str],
    embedder: Embedder,
    share: Callable[[str], float],
    context_of: ContextOf,
) -> AnswerabilityResult:
    """As ``judge``, whatever the languages of question and passages."""
    models = load_language_judges()
    profile, candidates = language_candidates(question, language, languages, share, context_of)
    if not candidates:
        return AnswerabilityResult(profile, (), 0.0)
    knows = knows_other_languages(embedder, language, *languages.values())
    if not knows:
        candidates = [s.without_models() for s in candidates]
    promising = [s for s, _ in language_ranking(profile, candidates, models.first)]
    examined = promising[:MAX_EMBEDDED_SENTENCES]
    if knows:
        examined = with_cosines(question, examined, embedder)
    likely = language_ranking(profile, examined, models.rank)
    ranked = tuple(own_language_first(likely))
    profile = read(question, language, languages[ranked[0][0].hit])
    probability = models.probability(profile, ranked)
    if ranked[0] is not likely[0]:  # saying it in the own language makes it no surer
        probability = min(probability, models.probability(profile, likely))
    return AnswerabilityResult(profile, ranked, probability)


def language_candidates(
    question: str,
    language: str,
    languages: dict[Hit, str],
    share: Callable[[str], float],
    context_of: ContextOf,
) -> tuple[QuestionProfile, list[Sentence]]:
    """The units of passages, compared with the question in the language of each passage.

    Returns:
        The question as it is read for the first passage, and the units.
    """
    candidates: list[Sentence] = []
    profiles = {of: read(question, language, of) for of in dict.fromkeys(languages.values())}
    for of, profile in profiles.items():
        hits = [hit for hit, own in languages.items() if own == of]
        candidates += read_sentences(profile, hits, rarity(profile, share), context_of)
    return next(iter(profiles.values()), read(question, language)), candidates


def best_of(
    sentences: Sequence[Sentence], model: FeedForwardModel, most: int | None = None
) -> list[Sentence]:
    """The ``most`` best sentences by a model, all of them when None, best first."""
    return [sentence for sentence, _ in ranking(sentences, model)[:most]]


def with_cosines(
    question: str, sentences: Sequence[Sentence], embedder: Embedder
) -> list[Sentence]:
    """The sentences with their own cosines to the question and to its aspect."""
    aspects = list(dict.fromkeys([question, *(s.aspect or question for s in sentences)]))
    rows = embedder.embed_queries([*aspects, *(with_setting(s) for s in sentences)])
    cosines = scaled(rows[len(aspects) :] @ rows[: len(aspects)].T, cosine_floor(embedder))
    return [
        s.with_cosine(float(own[0]), float(own[aspects.index(s.aspect or question)]))
        for s, own in zip(sentences, cosines, strict=True)
    ]


def with_setting(sentence: Sentence) -> str:
    """A unit with what it presupposes within its document, as it is embedded."""
    return f"{sentence.setting}: {sentence.text}" if sentence.setting else sentence.text


def ranking(
    candidates: Sequence[Sentence], rank: FeedForwardModel
) -> tuple[tuple[Sentence, float], ...]:
    """Sentences with the probability of holding the answer, best first."""
    rows = rank.probabilities([s.features for s in candidates])
    scored = [(s, float(p)) for s, p in zip(candidates, rows, strict=True)]
    return tuple(sorted(scored, key=lambda pair: -pair[1]))


def answer_features(
    profile: QuestionProfile, ranked: Sequence[tuple[Sentence, float]]
) -> tuple[float, ...]:
    """What ``answer`` is asked about: ``ranked`` are sentences with their rank probabilities."""
    best, score = ranked[0]
    others = [(s, p) for s, p in ranked[1:] if not s.overlaps(best)]  # a copy is no rival
    rivals: list[float] = []
    second = 0.0
    for s, p in others:
        if agree(best, s):
            continue
        second = max(second, p)
        if s.hit.chunk.document_id != best.hit.chunk.document_id:
            rivals.append(p)
    readable = [s for s, _ in ranked if s.short is not None]
    top = max((s.feature("reader") for s in readable), default=-1.0)
    return (
        *best.features,
        score - second,
        max(rivals, default=0.0),
        min(len(profile.keys), 10) / 10,
        logit(score) / 4,
        top,
        float(best.short is not None and best.feature("reader") == top),
        max(s.feature("passage_cosine") for s, _ in ranked),
    )


def with_readings(
    question: str, candidates: Sequence[Sentence], read: SpanReader
) -> list[Sentence]:
    """Lets the reader see the passages of the first sentences, around those sentences."""
    windows: dict[Hit, tuple[int, int]] = {}
    prefixes: dict[Hit, str] = {}
    for s in candidates:
        if len(windows) < MAX_READ_PASSAGES and s.hit not in windows:
            text = s.hit.chunk.text
            windows[s.hit] = _word_starts(
                text, s.start - _READER_WINDOW_CHARS, s.end + _READER_WINDOW_CHARS
            )
            prefixes[s.hit] = f"{s.context}: " if s.context else ""
    texts = [prefixes[hit] + hit.chunk.text[a:b] for hit, (a, b) in windows.items()]
    readings = dict(zip(windows, read.read(question, texts), strict=True))
    results = []
    for s in candidates:
        span = None
        if s.hit in windows:
            prefix = len(prefixes[s.hit])  # whose words are no part of the passage
            at = windows[s.hit][0] - prefix
            span = readings[s.hit].best(max(s.start - at, prefix), s.end - at)
            if span is not None:
                s = s.with_reading(span[0], span[1] + at, span[2] + at)  # noqa: PLW2901
        results.append(s)
    return results


def _word_starts(text: str, start: int, end: int) -> tuple[int, int]:
    """The nearest places inwards that cut no word."""
    start, end = max(0, start), min(len(text), end)
    while 0 < start < end and not text[start - 1].isspace():
        start += 1
    while start < end < len(text) and not text[end].isspace():
        end -= 1
    return start, end
