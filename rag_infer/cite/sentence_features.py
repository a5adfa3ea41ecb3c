"""How well a sentence of a passage answers a question, in numbers.

No feature depends on the other passages' scores, so that an answer is judged alike in a small
index and a large one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rag_infer.cite.question_type import QuestionProfile, offers
from rag_infer.cite.text_normalization import Word, related, words
from rag_infer.sentences import sentences
from rag_infer.types import Hit

FEATURES = (
    "covered", "near", "passage", "missing", "missing_near", "names_missing", "numbers_missing",
    "asked_missing", "pairs", "offers", "lacks", "offers_person", "offers_time", "offers_place",
    "offers_number", "offers_reason", "offers_definition", "offers_manner", "sentence_cosine",
    "passage_cosine", "length", "asks", "dangling", "new_words", "margin", "reader", "reader_read",
)  # fmt: skip
_KINDS = ("person", "time", "place", "number", "reason", "definition", "manner")
_FACTOID_KINDS = frozenset({"person", "time", "number", "place"})
_DANGLING = frozenset(
    "this that these those it he she they his her their its such however therefore thus".split()
)
_RELATED_WORD_WEIGHT = 0.7
_MAX_READER_SCORE = 12.0  # scores of the reader beyond this say no more


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit's chunk, ``start`` and ``end`` in its text, with its features.

    ``features`` are in the order of FEATURES; the cosine to the question is that of the passage
    until ``with_cosine`` gives the sentence's own. ``short`` is the reader's answer in it, as
    characters of the chunk's text.
    """

    hit: Hit
    start: int
    end: int
    text: str
    features: tuple[float, ...]
    short: tuple[int, int] | None = None

    def with_cosine(self, cosine: float) -> Sentence:
        """With the sentence's own cosine to the question."""
        margin = cosine - (self.hit.dense or 0.0)
        return self._with(sentence_cosine=cosine, margin=margin)

    def with_reading(self, score: float, start: int, end: int) -> Sentence:
        """With the reader's best answer in it and how far it is likelier than no answer."""
        bounded = max(-_MAX_READER_SCORE, min(_MAX_READER_SCORE, score)) / _MAX_READER_SCORE
        return replace(self._with(reader=bounded, reader_read=1.0), short=(start, end))

    def feature(self, name: str) -> float:
        """One of FEATURES."""
        return self.features[FEATURES.index(name)]

    def _with(self, **changed: float) -> Sentence:
        values = list(self.features)
        for name, value in changed.items():
            values[FEATURES.index(name)] = value
        return replace(self, features=tuple(values))


def rarity(profile: QuestionProfile, share: Callable[[str], float]) -> dict[str, float]:
    """The weight of each of the question's words: the rarer among the passages, the heavier.

    ``share`` tells the share of the passages that hold a word, 0 to 1.
    """
    weights: dict[str, float] = {}
    for word in profile.words:
        if word.key in profile.keys and word.key not in weights:
            surface = profile.text[word.start : word.end]
            weights[word.key] = -math.log(max(share(surface), 0.0) * 0.999 + 0.001)
    return weights


def read_sentences(
    profile: QuestionProfile, hits: Sequence[Hit], weights: dict[str, float]
) -> list[Sentence]:
    """Every sentence of the hits with its features, but headings and scraps."""
    results: list[Sentence] = []
    for hit in hits:
        text = hit.chunk.text
        spans, own = _parsed(text)
        context_keys = {w.key for w in words(" ".join((*hit.chunk.heading, hit.title or "")))}
        everything = context_keys.union(*({w.key for w in ws} for ws in own))
        passage = _cover(profile.keys, everything, weights)
        names = _absent(profile.capitals, everything)
        numbers = _absent(profile.numbers, everything)
        for i, (start, end) in enumerate(spans):
            sentence = text[start:end]
            if len(own[i]) < 3 or sentence.strip("# ") in hit.chunk.heading:
                continue
            keys = {w.key for w in own[i]}
            around = context_keys.union(*({w.key for w in ws} for ws in own[max(0, i - 1) : i + 2]))
            covered = _cover(profile.keys, keys, weights)
            near = _cover(profile.keys, around, weights)
            offered = offers(profile, sentence, own[i])
            values = {
                "covered": covered.share,
                "near": near.share,
                "passage": passage.share,
                "missing": passage.missing,
                "missing_near": near.missing,
                "names_missing": names,
                "numbers_missing": numbers,
                "asked_missing": _absent(profile.type_keys, around),
                "pairs": _pairs(profile, own[i]),
                "offers": offered,
                "lacks": float(profile.kind in _FACTOID_KINDS and offered == 0.0),
                **{f"offers_{k}": (offered - 0.5) * (profile.kind == k) for k in _KINDS},
                "sentence_cosine": hit.dense or 0.0,
                "passage_cosine": hit.dense or 0.0,
                "length": math.log(1 + len(own[i])) / 4,
                "asks": float(sentence.rstrip().endswith("?")),
                "dangling": float(own[i][0].key in _DANGLING and i == 0),
                "margin": 0.0,
                "reader": 0.0,
                "reader_read": 0.0,
                "new_words": min(
                    1.0, sum(not w.stop and w.key not in profile.keys for w in own[i]) / 8
                ),
            }
            results.append(
                Sentence(hit, start, end, sentence, tuple(values[name] for name in FEATURES))
            )
    return results


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[list[tuple[int, int]], list[list[Word]]]:
    """Sentences of a passage and the words of each; good passages are found again and again."""
    spans = sentences(text)
    return spans, [words(text[a:b]) for a, b in spans]


@dataclass(frozen=True, slots=True)
class _Cover:
    share: float
    missing: float  # of the weight, that of the heaviest word that is not there


def _cover(keys: Sequence[str], present: set[str], weights: dict[str, float]) -> _Cover:
    total = sum(weights[k] for k in keys)
    if not total:
        return _Cover(0.0, 0.0)
    covered = worst = 0.0
    for k in keys:
        if k in present:
            covered += weights[k]
        elif len(k) >= 4 and any(related(k, h) for h in present if h[:1] == k[:1]):
            covered += _RELATED_WORD_WEIGHT * weights[k]
            worst = max(worst, (1 - _RELATED_WORD_WEIGHT) * weights[k])
        else:
            worst = max(worst, weights[k])
    return _Cover(covered / total, worst / 7)


def _absent(expected: Iterable[str], present: set[str]) -> float:
    named = list(expected)
    return sum(k not in present for k in named) / len(named) if named else 0.0


def _pairs(profile: QuestionProfile, parsed: Sequence[Word]) -> float:
    """The share of the question's neighbouring words that are near each other here too."""
    pairs = list(zip(profile.keys, profile.keys[1:], strict=False))
    if not pairs:
        return 0.5
    places: dict[str, list[int]] = {}
    for n, w in enumerate(w for w in parsed if not w.stop):
        places.setdefault(w.key, []).append(n)
    close = sum(
        any(abs(x - y) <= 2 for x in places.get(a, ()) for y in places.get(b, ())) for a, b in pairs
    )
    return close / len(pairs)
