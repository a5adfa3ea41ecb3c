"""Fits the models that pick the sentence that answers and say when none does.

    python training/answerability.py            fits, prints held-out figures, writes
    answerable.json

Data: the SQuAD dev questions of the evaluation data (CC BY-SA 4.0), which were written beside their
paragraphs, and QED (CC BY-SA 3.0), whose questions people typed into a search engine. A question is
asked of the paragraphs of its set as a person would ask an index, three ways: as it is; with the
paragraph that answers taken out; of the other half of the articles. SQuAD 2.0's unanswerable
questions are asked as they are. The last three kinds have no right answer. The articles that
``benchmarks/answers.py`` measures are searched and never asked about.

The models before the reader (``span_reader.py``) are fitted on everything; those that weigh its
judgement on what it has not seen, by folds of articles, so that every figure is of articles that
neither has seen. Figures without the reader and by words alone are printed beside those with it.
Needs scikit-learn, which sentence-transformers brings.
"""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from office_documents import build
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from span_reader import held_articles, lines, measured_articles, overlap, reads

from rag_infer import Index
from rag_infer.answering.extractive_answerer import context_reader, prepare_question
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
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.question_type import read as read_question
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.cite.span_reader import SpanReader
from rag_infer.embed import Embedder, FloatRows, load_embedder
from rag_infer.retrieve import Filter, word_share
from rag_infer.sentences import sentences
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
OUT = Path(sentence_features.__file__).with_name("answerable.json")
FOLDS = 5
QUESTIONS = 1500  # of articles that the reader has seen, and as many that it has not
THRESHOLD = 0.22  # half of what is fitted on has no answer, of what people ask less
OFFICE_FOLDERS = 6
OFFICE_WEIGHT = 0.5  # of an example: there are many, of few templates
MAX_WRONG_SENTENCES = 20  # of an example, that ranking is learned from
HIDDEN_UNITS = 16
DECAY = 0.3
SEEDS = (7, 8, 9, 10, 11)  # of the networks whose logits are averaged
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


def main() -> None:
    random.seed(7)
    embedder = Remembered()
    examples = [*ask_all(embedder, *squad()), *ask_all(embedder, *qed()), *office(embedder)]
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
    by_words = [lexical(e) for e in everything]
    lexical_rank = fit_rank(by_words)
    lexical_answer = fit_answer(lexical_rank, by_words)
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
                "lexical_rank": lexical_rank.to_dict(),
                "lexical_answer": lexical_answer.to_dict(),
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
    for name in ("squad", "qed", "office"):
        own = [i for i, e in enumerate(examples) if source(e) == name]
        print(f" {name}")
        report([examples[i] for i in own], probabilities[own], [best[i] for i in own])


def source(e: Example) -> str:
    if e.about.article.startswith("office-"):
        return "office"
    return "qed" if e.about.context.startswith("qed-") else "squad"


def with_own_cosines(embedder: Remembered, e: Example, first: FeedForwardModel) -> Example:
    """With what is compared at a question: the best sentences by ``first``."""
    promising = best_of(e.sentences, first, MAX_EMBEDDED_SENTENCES)
    own = with_cosines(e.profile.text, promising, cast(Embedder, embedder))
    return replace(e, sentences=tuple(own))


def kept(name: str, examples: Sequence[Example], stage_model: FeedForwardModel) -> None:
    """Prints how often a right sentence is among the first few by a model."""
    for wanted in ("squad", "qed", "office"):
        own = rankable([e for e in examples if source(e) == wanted])
        places = [
            next(n for n, s in enumerate(best_of(e.sentences, stage_model)) if holds(s, e.about))
            for e in own
        ]
        shares = " ".join(f"{n}: {np.mean([p < n for p in places]):.3f}" for n in (1, 3, 12, 20))
        print(f"{name}, {wanted}: right among the best {shares}")


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


def office(embedder: Remembered) -> list[Example]:
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
                text, _ = prepare_question(index.engine, q["question"], Filter())
                profile = read_question(text)
                hits = index.search(profile.text, 10)
                kinds = [("asked" if q["answerable"] else "unanswerable", hits[:5])]
                if q["answerable"]:
                    gone = [h for h in hits if not h.chunk.document_id.endswith(about.context)]
                    kinds.append(("paragraph gone", gone[:5]))
                weights = sentence_features.rarity(profile, share)
                for kind, passages in kinds:
                    scored = sentence_features.read_sentences(
                        profile, passages, weights, context_of
                    )
                    if scored:
                        examples.append(Example(kind, about, profile, tuple(scored)))
    return examples


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
                ways = [("unanswerable", hits[:5], own)]
            else:
                ways = [("asked", hits[:5], own), ("paragraph gone", gone[:5], own)]
                ways.append(("article gone", indexes[1 - own].search(q.text, 5), 1 - own))
            reading = read_question(q.text)
            for kind, passages, at in ways:
                read = sentence_features.read_sentences(
                    reading, passages, sentence_features.rarity(reading, shares[at])
                )
                if read:
                    examples.append(Example(kind, q, reading, tuple(read)))
    return examples


def holds(sentence: Sentence, question: Asked) -> bool:
    if not sentence.hit.chunk.document_id.endswith(question.context):
        return False
    text = sentence.text.lower()
    if question.article.startswith("office-"):
        return (all if question.every else any)(
            re.search(rf"(?<![\w.,]){re.escape(a.lower())}(?!\w)", text) for a in question.answers
        )
    return any(a.lower() in text for a in question.answers)


def weight_of(e: Example) -> float:
    return OFFICE_WEIGHT if source(e) == "office" else 1.0


def rankable(examples: Sequence[Example]) -> list[Example]:
    """Ranking is learned where there is something to rank."""
    return [e for e in examples if any(e.right)]


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
    rows: Sequence[Sequence[float]], labels: Sequence[bool], weights: Sequence[float]
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
        for seed in SEEDS
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
