"""Are questions answered with the right words, and are those without an answer declined?

    python benchmarks/answers.py                     all questions, about five minutes
    python benchmarks/answers.py --questions 200     a sample of each kind

SQuAD as open retrieval: the 2,067 dev paragraphs are one index, nobody says which one a question
is about. Exact match and F1 are SQuAD's own (Rajpurkar et al. 2016), of the short answer where
there is one and of the quoted sentences otherwise; answering and refusing is judged on SQuAD 2.0
(2018), whose unanswerable questions were written to look answerable beside their paragraph. ClapNQ
asks real questions (Rosenthal et al. 2024), half of which the passages do not answer. Beside the
product's judgement stands the plainest one: the cosine of the best passage, with its best threshold
for these very questions. Only the two articles of SQuAD are asked about that nothing was fitted on,
neither the reader nor the judges (MEASURED of ``training/span_reader.py``); all are searched.

Of each set are printed too: plainly right and plainly wrong (the grade "confident"), risk against
coverage (how many of the surest half, three quarters and all answers are wrong) and the expected
calibration error of the probability of being right, in ten bins of equal size (Guo et al. 2017).
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import os
import random
import re
import string
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from peers.toolkits import keep

from rag_infer import Answer, AskOptions, Index
from rag_infer.cite.answerability import load_answerability_model
from rag_infer.types import CONFIDENT_PROBABILITY

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
UNSEEN = ("Victoria_(Australia)", "Victoria_and_Albert_Museum")  # nothing was fitted on them
CALIBRATION_BINS = 10
AIMS = {"paragraph in top 5": 0.95, "quotes hold a gold answer": 0.80, "balanced accuracy": 0.70}


@dataclass(frozen=True)
class Question:
    text: str
    paragraph: str  # its id: the one that answers, or that it was written beside
    golds: tuple[str, ...]  # none: it has no answer
    sets: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    question: Question
    retrieved: bool  # its paragraph is among the five passages
    quoted: bool  # the quotes hold a gold answer
    exact: float
    f1: float
    probability: float
    cosine: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=None, help="of each kind at most")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there; set RAG_EVAL_DATA")
    random.seed(7)
    report = {"squad": squad(options.questions), "clapnq": clapnq(options.questions)}
    keep("answers", report, publish=options.publish)


def squad(most: int | None) -> dict[str, Any]:
    paragraphs = list(lines(DATA / "squad" / "corpus.jsonl.gz"))
    questions = list(lines(DATA / "squad" / "queries.jsonl"))
    squad_questions = [
        Question(
            q["text"],
            q["context_id"],
            () if q["impossible"] else tuple(q["answers"]),
            tuple(q["in"]),
        )
        for q in questions
        if q["article"] in UNSEEN
    ]
    judged = judge([(p["id"], p["text"]) for p in paragraphs], sample(squad_questions, most))
    answerable = [j for j in judged if j.question.golds]
    print(f"SQuAD, open over {len(paragraphs)} paragraphs")
    print(f"  {len(answerable)} answerable questions, an answer given to every one:")
    retrieved = fmean(j.retrieved for j in answerable)
    aim("paragraph in top 5", retrieved)
    quoted = fmean(j.quoted for j in answerable)
    row("quotes hold a gold answer, asked to answer always", quoted)
    threshold = load_answerability_model().threshold
    answered = fmean(j.quoted and j.probability >= threshold for j in answerable)
    aim("quotes hold a gold answer", answered)
    for name in ("v1", "v2"):
        own = [j for j in answerable if name in j.question.sets]
        exact, f1 = 100 * fmean(j.exact for j in own), 100 * fmean(j.f1 for j in own)
        print(f"  {name}: EM {exact:.1f}  F1 {f1:.1f}  ({len(own)} questions, answers or not)")
    second = [j for j in judged if "v2" in j.question.sets]
    figures = decided("SQuAD 2.0", second)
    aim("balanced accuracy", figures["balanced"])
    f1 = 100 * fmean(
        (j.f1 if j.probability >= threshold else 0.0)
        if j.question.golds
        else float(j.probability < threshold)
        for j in second
    )
    print(f"  SQuAD 2.0's own F1, no answer counted as right where there is none: {f1:.1f}")
    return {"top5": retrieved, "held": quoted, "held_at_threshold": answered, **figures}


def clapnq(most: int | None) -> dict[str, Any]:
    texts: dict[str, str] = {}
    questions = []
    for q in lines(DATA / "clapnq" / "questions.jsonl.gz"):
        (passage,) = q["passages"]
        name = f"passage-{len(texts)}"
        texts[name] = f"{passage['title']}\n\n{passage['text']}"
        golds = tuple(
            s for sentence_ids in q["selected_sentences"] for s in sentence_ids if s.strip()
        )
        questions.append(Question(q["text"], name, golds if q["answerable"] else (), ("clapnq",)))
    judged = judge(list(texts.items()), sample(questions, most))
    answerable = [j for j in judged if j.question.golds]
    print(f"ClapNQ, open over {len(texts)} passages")
    retrieved = fmean(j.retrieved for j in answerable)
    row("paragraph in top 5", retrieved)
    row("quotes hold a sentence that annotators chose", fmean(j.quoted for j in answerable))
    return {"top5": retrieved, **decided("ClapNQ", judged)}


def judge(paragraphs: Sequence[tuple[str, str]], questions: Sequence[Question]) -> list[Judged]:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "paragraphs.jsonl"
        path.write_text(
            "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in paragraphs), "utf-8"
        )
        index = Index.open(Path(scratch) / "index", create=True)
        index.add(path)
        always = AskOptions(min_confidence=0.0)
        return [judgement(q, index.ask(q.text, options=always)) for q in questions]


def judgement(question: Question, answer: Answer) -> Judged:
    answered = [c.span.quote for c in answer.citations]
    short = answer.short_answer.quote if answer.short_answer is not None else " ".join(answered)
    quotes = " ".join(" ".join(answered).split()).lower()
    return Judged(
        question,
        any(h.document_id.endswith(f"#{question.paragraph}") for h in answer.hits[:5]),
        any(" ".join(g.split()).lower() in quotes for g in question.golds),
        max((float(plain(short) == plain(g)) for g in question.golds), default=0.0),
        max((overlap(short, g) for g in question.golds), default=0.0),
        answer.probability or 0.0,
        max((h.dense or 0.0 for h in answer.hits), default=0.0),
    )


def decided(name: str, judged: Sequence[Judged]) -> dict[str, float]:
    """Answering what has an answer, refusing what has none."""
    has = np.array([bool(j.question.golds) for j in judged])
    sentence_ids = load_answerability_model().threshold
    retrieved: dict[str, float] = {}
    print(f"  to answer or not, {has.sum()} questions with an answer and {(~has).sum()} without:")
    for title, values in (
        ("the product", [j.probability for j in judged]),
        ("cosine alone", [j.cosine for j in judged]),
    ):
        scores = np.array(values)
        best = max(np.unique(scores), key=lambda t: balanced(scores >= t, has))
        threshold = sentence_ids if title == "the product" else best
        answered = scores >= threshold
        print(
            f"    {title:14} answered {answered[has].mean():.3f}"
            f"  refused {1 - answered[~has].mean():.3f}"
            f"  balanced {balanced(answered, has):.3f}  at best {balanced(scores >= best, has):.3f}"
            f"  AUC {auc(scores, has):.3f}"
        )
        if title == "the product":
            retrieved = {"balanced": balanced(answered, has), "auc": auc(scores, has)}
        else:
            retrieved["auc_cosine"] = auc(scores, has)
    return {**retrieved, **reliability(judged)}


def reliability(judged: Sequence[Judged]) -> dict[str, float]:
    """How far the probability of being right can be trusted, over all questions of a set."""
    right = np.array([j.quoted and bool(j.question.golds) for j in judged], dtype=float)
    p = np.array([j.probability for j in judged])
    has = np.array([bool(j.question.golds) for j in judged])
    confident = p >= CONFIDENT_PROBABILITY
    threshold = load_answerability_model().threshold
    order = np.argsort(-p)
    answered = order[: int((p >= threshold).sum())]
    risks = {
        f"risk at {share:.0%} coverage": 1
        - right[answered[: max(1, int(share * len(answered)))]].mean()
        for share in (0.5, 0.75, 1.0)
    }
    bins = [b for b in np.array_split(np.argsort(p), CALIBRATION_BINS) if len(b)]
    error = sum(len(b) * abs(p[b].mean() - right[b].mean()) for b in bins) / len(p)
    figures = {
        "refused of those with an answer": float((p[has] < threshold).mean()),
        "plainly right, of those with an answer": float((confident & (right > 0))[has].mean()),
        "plainly wrong, of all": float((confident & (right == 0)).mean()),
        **{k: float(v) for k, v in risks.items()},
        "calibration error": float(error),
    }
    for name, value in figures.items():
        print(f"    {name:42}{value:7.3f}")
    return figures


def balanced(answered: np.ndarray, has: np.ndarray) -> float:
    return float((answered[has].mean() + 1 - answered[~has].mean()) / 2)


def auc(scores: np.ndarray, has: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(has, scores))


def sample(questions: list[Question], most: int | None) -> list[Question]:
    if most is None:
        return questions
    kinds: dict[bool, list[Question]] = {True: [], False: []}
    for q in random.sample(questions, len(questions)):
        kinds[bool(q.golds)].append(q)
    return [*kinds[True][:most], *kinds[False][:most]]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return (json.loads(line) for line in text.splitlines())


def plain(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def overlap(answered: str, gold: str) -> float:
    a, b = plain(answered).split(), plain(gold).split()
    shared = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * shared / (len(a) + len(b)) if shared else 0.0


def row(name: str, value: float) -> None:
    print(f"  {name:52}{100 * value:6.1f} %")


def aim(name: str, value: float) -> None:
    met = "met" if value >= AIMS[name] else "NOT met"
    print(f"  {name:52}{100 * value:6.1f} %  (aim {100 * AIMS[name]:.0f}: {met})")


if __name__ == "__main__":
    main()
