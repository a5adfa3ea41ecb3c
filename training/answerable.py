"""Fits the models that pick the sentence that answers and say when none does.

    python training/answerable.py            fits, prints held-out figures, writes answerable.json

Data: the SQuAD dev questions of the evaluation data (CC BY-SA 4.0), split by article, so that
figures are of articles no weight has seen. A question is asked of the paragraphs as a person
would ask an index, three ways: as it is; with the paragraph that answers taken out; of the other
half of the articles. SQuAD 2.0's unanswerable questions are asked as they are. The last three kinds
have no right answer. Needs scikit-learn, which sentence-transformers brings.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag_infer import Index
from rag_infer.cite import evidence
from rag_infer.cite.evidence import ANSWER_FEATURES, FEATURES, Model, Sentence
from rag_infer.cite.question import Question, read
from rag_infer.embed import load_embedder
from rag_infer.retrieve import Filter, word_share
from rag_infer.sentences import sentences
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "squad"
OUT = Path(evidence.__file__).with_name("answerable.json")
FOLDS = 5
QUESTIONS = 5000
REFUSED = 0.75  # of what has no answer, the share that the threshold is to refuse
KINDS = ("asked", "paragraph gone", "article gone", "unanswerable")


@dataclass
class Example:
    kind: str
    article: str
    asked: Question
    sentences: list[Sentence]
    right: list[bool]


def main() -> None:
    random.seed(7)
    examples = collect()
    print(
        len(examples),
        "examples;",
        ", ".join(f"{k} {sum(e.kind == k for e in examples)}" for k in KINDS),
    )
    articles = sorted({e.article for e in examples})
    random.shuffle(articles)
    fold_of = {a: i % FOLDS for i, a in enumerate(articles)}
    probabilities = np.zeros(len(examples))
    correct = np.zeros(len(examples), dtype=bool)
    for fold in range(FOLDS):
        seen = [e for e in examples if fold_of[e.article] != fold]
        rank, answer = fit(seen)
        for i, e in enumerate(examples):
            if fold_of[e.article] == fold:
                probabilities[i], correct[i] = judge(rank, answer, e)
    threshold = report(examples, probabilities, correct)
    rank, answer = fit(examples)
    OUT.write_text(
        json.dumps(
            {
                "about": "logistic models of cite/evidence.py; training/answerable.py, SQuAD dev",
                "features": FEATURES,
                "rank": {"weights": _rounded(rank.weights), "bias": round(rank.bias, 4)},
                "answer_features": ANSWER_FEATURES,
                "answer": {"weights": _rounded(answer.weights), "bias": round(answer.bias, 4)},
                "threshold": round(threshold, 3),
            },
            indent=1,
        )
        + "\n",
        "utf-8",
    )
    for name, w in sorted(zip(FEATURES, rank.weights, strict=True), key=lambda p: -abs(p[1])):
        print(f"  rank {name:18}{w:8.2f}")
    for name, w in sorted(
        zip(ANSWER_FEATURES, answer.weights, strict=True), key=lambda p: -abs(p[1])
    ):
        print(f"  answer {name:22}{w:8.2f}")


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(v, 4) for v in values]


def collect() -> list[Example]:
    with gzip.open(DATA / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        paragraphs = [json.loads(line) for line in file]
    questions = [
        json.loads(line) for line in (DATA / "queries.jsonl").read_text("utf-8").splitlines()
    ]
    questions = random.sample(questions, min(QUESTIONS, len(questions)))
    articles = sorted({p["id"].rsplit("#", 1)[0] for p in paragraphs})
    side = {a: i % 2 for i, a in enumerate(articles)}
    examples: list[Example] = []
    embedder = load_embedder()
    texts = list({p["text"][a:b]: None for p in paragraphs for a, b in sentences(p["text"])})
    rows = embedder.embed(texts)
    vectors = dict(zip(texts, rows, strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        halves = []
        for number in (0, 1):
            path = Path(scratch) / f"half-{number}.jsonl"
            kept = [p for p in paragraphs if side[p["id"].rsplit("#", 1)[0]] == number]
            path.write_text("".join(json.dumps(p) + "\n" for p in kept), "utf-8")
            halves.append(path)
        indexes = [Index.open(Path(scratch) / f"index-{i}", create=True) for i in (0, 1)]
        for path, index in zip(halves, indexes, strict=True):
            index.add(path)
        rest = [word_share(i.snapshot, Filter()) for i in indexes]
        for q in questions:
            own = side[q["article"]]
            vector = embedder.embed_queries([q["text"]])[0]
            hits = indexes[own].search(q["text"], 10)
            far = indexes[1 - own].search(q["text"], 5)
            gone = [h for h in hits if not h.chunk.document.endswith(q["context_id"])]
            ways: list[tuple[str, list[Hit], int]]
            if q["impossible"]:
                ways = [("unanswerable", hits[:5], own)]
            else:
                ways = [("asked", hits[:5], own), ("paragraph gone", gone[:5], own)]
                ways.append(("article gone", far, 1 - own))
            for kind, found, at in ways:
                asked = read(q["text"])
                weights = evidence.rarity(asked, rest[at])
                made = [
                    s.with_cosine(float(vectors[s.text] @ vector)) if s.text in vectors else s
                    for s in evidence.read_sentences(asked, found, weights)
                ]
                if made:
                    right = [kind == "asked" and holds(s, q) for s in made]
                    examples.append(Example(kind, q["article"], asked, made, right))
    return examples


def holds(sentence: Sentence, question: dict[str, object]) -> bool:
    if not sentence.hit.chunk.document.endswith(str(question["context_id"])):
        return False
    answers = question["answers"]
    assert isinstance(answers, list)
    return any(a.lower() in sentence.text.lower() for a in answers)


def fit(examples: Sequence[Example]) -> tuple[Model, Model]:
    # Ranking is learned where there is something to rank.
    own = [e for e in examples if e.kind == "asked" and any(e.right)]
    rank = logistic(
        [s.features for e in own for s in e.sentences], [r for e in own for r in e.right]
    )
    rows, labels = [], []
    for e in examples:
        ranked = sort(rank, e)
        rows.append(evidence.answer_features(e.asked, [(s, p) for s, p, _ in ranked]))
        labels.append(ranked[0][2])
    return rank, logistic(rows, labels)


def logistic(rows: Sequence[Sequence[float]], labels: Sequence[bool]) -> Model:
    x, y = np.array(rows), np.array(labels)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    fitted = LogisticRegression(max_iter=2000, C=0.5).fit((x - mean) / scale, y)
    weights = fitted.coef_[0] / scale
    return Model(tuple(map(float, weights)), float(fitted.intercept_[0] - weights @ mean))


def sort(rank: Model, e: Example) -> list[tuple[Sentence, float, bool]]:
    ranked = [
        (s, rank.probability(s.features), r) for s, r in zip(e.sentences, e.right, strict=True)
    ]
    return sorted(ranked, key=lambda row: -row[1])


def judge(rank: Model, answer: Model, e: Example) -> tuple[float, bool]:
    ranked = sort(rank, e)
    features = evidence.answer_features(e.asked, [(s, p) for s, p, _ in ranked])
    return answer.probability(features), ranked[0][2]


def report(examples: Sequence[Example], p: np.ndarray, correct: np.ndarray) -> float:
    kinds = np.array([e.kind for e in examples])
    asked = kinds == "asked"
    held = np.array([any(e.right) for e in examples])
    print(
        f"best sentence right {correct[asked].mean():.3f}, where its paragraph was found "
        f"{correct[asked & held].mean():.3f}"
    )
    for kind in KINDS[1:]:
        both = asked | (kinds == kind)
        print(f"{kind:16} AUC {roc_auc_score(asked[both], p[both]):.3f}")
    bins = np.clip((p * 10).astype(int), 0, 9)
    error = sum(
        (bins == b).mean() * abs(correct[bins == b].mean() - p[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    )
    print(f"calibration error {error:.3f}")
    none = (kinds == "paragraph gone") | (kinds == "article gone")
    threshold = float(np.quantile(p[none], REFUSED))
    for t in (0.1, 0.2, 0.3, 0.4, 0.5, threshold):
        said = p >= t
        row = " ".join(f"{kind} {1 - said[kinds == kind].mean():.2f}" for kind in KINDS[1:])
        print(
            f"at {t:.2f}: answered {said[asked].mean():.2f}, right of those "
            f"{correct[asked & said].mean():.2f}; refused: {row}"
        )
    return threshold


if __name__ == "__main__":
    main()
