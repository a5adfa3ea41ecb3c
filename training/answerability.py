"""Fits the models that pick the sentence that answers and say when none does.

    python training/answerability.py            fits, prints held-out figures, writes
    answerable.json

Data: ``answer_examples.py``.

The models before the reader (``span_reader.py``) are fitted on everything; those that weigh its
judgement on what it has not seen, by folds of articles, so that every figure is of articles that
neither has seen. Figures without the reader and by words alone are printed beside those with it.
Needs scikit-learn, which sentence-transformers brings.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from answer_examples import (
    KINDS,
    SOURCES,
    Example,
    Remembered,
    ask_all,
    everyday,
    holds,
    lexical,
    office,
    qed,
    rankable,
    source,
    squad,
    unread,
    weight_of,
)
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from span_reader import overlap

from rag_infer.cite import sentence_features
from rag_infer.cite.answerability import (
    ANSWER_FEATURES,
    MAX_EMBEDDED_SENTENCES,
    answer_features,
    best_of,
    ranking,
    with_cosines,
    with_readings,
)
from rag_infer.cite.feed_forward import FeedForwardModel
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.cite.span_reader import SpanReader
from rag_infer.embed import Embedder

OUT = Path(sentence_features.__file__).with_name("answerable.json")
FOLDS = 5
THRESHOLD = 0.24  # right of what is answered in .86 of everyday questions of unseen folders
MAX_WRONG_SENTENCES = 20  # of an example, that ranking is learned from
HIDDEN_UNITS = 16
DECAY = 0.3
SEEDS = tuple(range(7, 17))  # of the networks whose logits are averaged


def main() -> None:
    random.seed(7)
    embedder = Remembered()
    examples = [*ask_all(embedder, *squad()), *ask_all(embedder, *qed())]
    examples += [*office(), *everyday()]
    first = fit_rank(examples)
    compared = [with_own_cosines(embedder, e, first) for e in examples]
    second = fit_rank(compared)
    for name, stage, stage_model in (("first", examples, first), ("second", compared, second)):
        kept(name, stage, stage_model)
    reader = SpanReader()
    unseen = [
        replace(
            e, sentences=tuple(with_readings(e.profile.text, best_of(e.sentences, second), reader))
        )
        for e in compared
        if e.about.unseen
    ]
    for name, used in (
        ("by words alone", [lexical(e) for e in unseen]),
        ("without the reader", [unread(e) for e in unseen]),
        ("with it", unseen),
    ):
        print(f"{name}: {len(used)} examples")
        crossed(used)
    # What the reader was trained on teaches all but what its judgement is worth.
    everything = [*unseen, *(unread(e) for e in compared if not e.about.unseen)]
    rank = fit_rank(everything)
    answer = fit_answer(rank, everything)
    OUT.write_text(
        json.dumps(
            {
                "about": "networks of cite/answerability.py, by training/answerability.py",
                "features": FEATURES,
                "first": first.to_dict(),
                "second": second.to_dict(),
                "rank": rank.to_dict(),
                "answer_features": ANSWER_FEATURES,
                "answer": answer.to_dict(),
                "threshold": THRESHOLD,
            },
            indent=1,
        )
        + "\n",
        "utf-8",
    )


def crossed(examples: Sequence[Example]) -> None:
    """Prints figures of models that have not seen the articles they judge."""
    articles = sorted({e.about.article for e in examples})
    random.Random(7).shuffle(articles)
    fold_of = {a: i % FOLDS for i, a in enumerate(articles)}
    probabilities = np.zeros(len(examples))
    best: list[Sentence] = [examples[0].sentences[0]] * len(examples)
    for fold in range(FOLDS):
        trained = [e for e in examples if fold_of[e.about.article] != fold]
        rank = fit_rank(trained)
        answer = fit_answer(rank, trained)
        for i, e in enumerate(examples):
            if fold_of[e.about.article] == fold:
                ranked = ranking(e.sentences, rank)
                best[i] = ranked[0][0]
                probabilities[i] = answer.probability(answer_features(e.profile, ranked))
    for name in SOURCES:
        own = [i for i, e in enumerate(examples) if source(e) == name]
        print(f" {name}")
        report([examples[i] for i in own], probabilities[own], [best[i] for i in own])


def with_own_cosines(embedder: Remembered, e: Example, first: FeedForwardModel) -> Example:
    """With what is compared at a question: the best sentences by ``first``."""
    promising = best_of(e.sentences, first, MAX_EMBEDDED_SENTENCES)
    own = with_cosines(e.profile.text, promising, cast(Embedder, embedder))
    return replace(e, sentences=tuple(own))


def kept(name: str, examples: Sequence[Example], stage_model: FeedForwardModel) -> None:
    """Prints how often a right sentence is among the first few by a model."""
    for wanted in SOURCES:
        own = rankable([e for e in examples if source(e) == wanted])
        places = [
            next(n for n, s in enumerate(best_of(e.sentences, stage_model)) if holds(s, e.about))
            for e in own
        ]
        shares = " ".join(f"{n}: {np.mean([p < n for p in places]):.3f}" for n in (1, 3, 12, 20))
        print(f"{name}, {wanted}: right among the best {shares}")


def fit_rank(examples: Sequence[Example]) -> FeedForwardModel:
    rows, labels, weights = [], [], []
    for e in rankable(examples):
        wrong = [s for s, right in zip(e.sentences, e.right, strict=True) if not right]
        right = [s for s, right in zip(e.sentences, e.right, strict=True) if right]
        some = random.sample(wrong, min(MAX_WRONG_SENTENCES, len(wrong)))
        rows += [s.features for s in (*right, *some)]
        labels += [True] * len(right) + [False] * len(some)
        weights += [weight_of(e)] * (len(right) + len(some))
    return network(rows, labels, weights)


def fit_answer(rank: FeedForwardModel, examples: Sequence[Example]) -> FeedForwardModel:
    rows, labels = [], []
    for e in examples:
        ranked = ranking(e.sentences, rank)
        rows.append(answer_features(e.profile, ranked))
        labels.append(e.kind == "asked" and holds(ranked[0][0], e.about))
    return network(rows, labels, [weight_of(e) for e in examples])


def network(
    rows: Sequence[Sequence[float]],
    labels: Sequence[bool],
    weights: Sequence[float],
    seeds: Sequence[int] = SEEDS,
) -> FeedForwardModel:
    """The mean logit of networks of one hidden layer, which is one network of their units.

    Early stopping and decay keep each from learning single questions.
    """
    x, y, w = np.array(rows), np.array(labels), np.array(weights)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    parts = [
        MLPClassifier(
            (HIDDEN_UNITS,), alpha=DECAY, learning_rate_init=2e-3, batch_size=256, max_iter=60,
            early_stopping=True, n_iter_no_change=6, random_state=seed,
        ).fit((x - mean) / scale, y, sample_weight=w)
        for seed in seeds
    ]  # fmt: skip
    hidden = np.concatenate([part.coefs_[0].T for part in parts]) / scale
    return FeedForwardModel(
        hidden,
        np.concatenate([part.intercepts_[0] for part in parts]) - hidden @ mean,
        np.concatenate([part.coefs_[1][:, 0] for part in parts]) / len(parts),
        float(np.mean([part.intercepts_[1][0] for part in parts])),
    )


def report(examples: Sequence[Example], p: np.ndarray, best: Sequence[Sentence]) -> None:
    kinds = np.array([e.kind for e in examples])
    answerable = kinds == "asked"
    has_answer = np.array([any(e.right) for e in examples])
    correct = np.array(
        [e.kind == "asked" and holds(s, e.about) for e, s in zip(examples, best, strict=True)]
    )
    print(
        f"  best sentence right {correct[answerable].mean():.3f}, where its paragraph was found "
        f"{correct[answerable & has_answer].mean():.3f}"
    )
    read = [
        overlap(s.hit.chunk.text[s.short[0] : s.short[1]], max(e.about.answers, key=len))
        for e, s, a in zip(examples, best, answerable, strict=True)
        if a and s.short is not None
    ]
    if read:
        print(f"  F1 of the reader's words in it {np.mean(read):.3f}")
    for kind in KINDS[1:]:
        if (kinds == kind).any():
            both = answerable | (kinds == kind)
            print(f"  {kind:16} AUC {roc_auc_score(answerable[both], p[both]):.3f}")
    bins = np.clip((p * 10).astype(int), 0, 9)
    error = sum(
        (bins == b).mean() * abs(correct[bins == b].mean() - p[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    )
    print(f"  calibration error {error:.3f}")
    for t in (THRESHOLD, 0.2, 0.3, 0.4, 0.5):
        answered = p >= t
        row = " ".join(
            f"{kind} {1 - answered[kinds == kind].mean():.2f}"
            for kind in KINDS[1:]
            if (kinds == kind).any()
        )
        print(
            f"  at {t:.2f}: answered {answered[answerable].mean():.2f}, right of those "
            f"{correct[answerable & answered].mean():.2f}; refused: {row}"
        )


if __name__ == "__main__":
    main()
