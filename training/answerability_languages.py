"""Fits the judges of answers in other languages, and of questions in another language.

    python training/answerability_languages.py OUT            fits, prints held-out figures, writes
    ``language_judges.json``; OUT keeps examples between calls
    python training/answerability_languages.py OUT --minutes 9    stops then; call it again

Data: everyday folders in thirteen languages with questions in the same and in other languages
(``everyday_folders.py``), English everyday folders and questions of QED, all searched with the
multilingual embedder. Each example is learned from with and without vectors, as these may be
missing at a question. Figures are of folders that the models have not seen.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from answer_examples import Asked, holds, qed
from answerability import SEEDS, network
from everyday_folders import (
    EverydayQuestion,
    language_folder_names,
    opened,
    questions,
    questions_over_english,
)
from sklearn.metrics import roc_auc_score

from rag_infer import Index
from rag_infer.answering.extractive_answerer import (
    EXTRACTIVE_TOP_K,
    context_reader,
    prepare_question,
)
from rag_infer.cite import language_judges
from rag_infer.cite.answerability import (
    MAX_EMBEDDED_SENTENCES,
    language_candidates,
    with_cosines,
)
from rag_infer.cite.feed_forward import FeedForwardModel
from rag_infer.cite.language_judges import (
    ANSWER_FEATURES,
    ROW_FEATURES,
    answer_row,
    language_ranking,
    unit_row,
)
from rag_infer.cite.question_language import question_language, text_language
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.retrieve import Filter, word_share

OUT = Path(language_judges.__file__).with_name("language_judges.json")
EMBEDDER = "multilingual"
FOLDS = 5
FOLD_SEEDS = (7, 8, 9)  # of the networks of a fold; those that are shipped have more
THRESHOLD = 0.3
ENGLISH_FOLDERS = "clinic farm hotel law_office primary_school town_council".split()
ENGLISH_SHARE = 5  # every so many of their questions
QED_QUESTIONS = 250
WEIGHTS = {"languages": 3.0, "english": 1.0, "qed": 1.0}
MAX_DISTANCE = 0.25  # of cosines
COSINES = ("sentence_cosine", "passage_cosine", "aspect_cosine")
MAX_WRONG_UNITS = 10


@dataclass(frozen=True)
class Example:
    """A question with the units of its passages, those of the best with vectors and readings."""

    source: str
    folder: str
    about: EverydayQuestion | Asked
    kind: str  # asked, gone, unanswerable
    profile: QuestionProfile
    units: tuple[Sentence, ...]  # by words alone
    examined: tuple[Sentence, ...] = ()  # the best of them with their vectors

    def is_right(self, unit: Sentence) -> bool:
        if self.kind != "asked":
            return False
        if isinstance(self.about, EverydayQuestion):
            return self.about.is_answered_by(unit.hit, unit.text)
        return holds(unit, self.about)


def everyday_examples(folder: str, batch: Sequence[EverydayQuestion]) -> Iterator[Example]:
    source = "languages" if folder in language_folder_names() else "english"
    with opened(folder, EMBEDDER) as index:
        for q in batch:
            translated = (source == "english" and q.kind == "cross") or q.folder != folder
            name = "languages" if translated or q in questions_over_english() else source
            yield from examples_of(index, name, folder, q, q.text, q.document, bool(q.quote))


def examples_of(
    index: Index, source: str, folder: str, about: EverydayQuestion | Asked, text: str,
    document: str, is_answerable: bool,
) -> Iterator[Example]:  # fmt: skip
    text, _ = prepare_question(index.engine, text, Filter())
    hits = index.search(text, 2 * EXTRACTIVE_TOP_K)
    ways = [("asked" if is_answerable else "unanswerable", hits[:EXTRACTIVE_TOP_K])]
    if is_answerable:
        gone = [h for h in hits if not h.chunk.document_id.endswith(document)]
        ways.append(("gone", gone[:EXTRACTIVE_TOP_K]))
    share = word_share(index.engine.snapshot, Filter())
    context_of = context_reader(index.engine)
    for kind, passages in ways:
        language = question_language(text, passages)
        languages = {hit: text_language(hit.chunk.text) for hit in passages}
        profile, units = language_candidates(text, language, languages, share, context_of)
        if units:
            yield Example(source, folder, about, kind, profile, tuple(units))


def qed_examples() -> Iterator[Example]:
    """Half of QED, which no reader was trained on."""
    texts, labeled = qed()
    unseen = [a for a in labeled if a.unseen]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "paragraphs.jsonl"
        rows = [{"id": t.id, "text": t.text} for t in texts]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        index = Index.open(Path(scratch) / "index", create=True, embedder=EMBEDDER)
        index.add(path)
        for a in random.sample(unseen, min(QED_QUESTIONS, len(unseen))):
            yield from examples_of(index, "qed", a.article, a, a.text, a.context, bool(a.answers))


def without_vectors(e: Example) -> Example:
    return replace(
        e,
        units=tuple(s.without_models() for s in e.units),
        examined=tuple(s.without_models() for s in e.examined),
    )


def in_forms(e: Example) -> list[Example]:
    """With vectors, with vectors of a pair of languages or a passage further apart, without."""
    return [e, further(e, random.uniform(0.0, MAX_DISTANCE)), without_vectors(e)]


def further(e: Example, distance: float) -> Example:
    """As if every cosine were lower: of a pair of languages, or of a passage on many subjects."""
    units = [
        replace(
            s,
            features=tuple(
                value - distance if name in COSINES else value
                for name, value in zip(FEATURES, s.features, strict=True)
            ),
        )
        for s in e.examined
    ]
    return replace(e, examined=tuple(units))


def fit_units(
    examples: Sequence[Example], name: str, seeds: Sequence[int] = SEEDS
) -> FeedForwardModel:
    """Fitted on ``units`` or on ``examined`` of the examples that have a right one."""
    rows, labels, weights = [], [], []
    for e in examples:
        units = getattr(e, name)
        right = [s for s in units if e.is_right(s)]
        if not right:
            continue
        wrong = [s for s in units if not e.is_right(s)]
        some = random.sample(wrong, min(MAX_WRONG_UNITS, len(wrong)))
        rows += [unit_row(e.profile, s) for s in (*right, *some)]
        labels += [True] * len(right) + [False] * len(some)
        weights += [WEIGHTS[e.source]] * (len(right) + len(some))
    return network(rows, labels, weights, seeds)


def fit_answer(
    rank: FeedForwardModel, examples: Sequence[Example], seeds: Sequence[int] = SEEDS
) -> FeedForwardModel:
    rows, labels, weights = [], [], []
    for e in examples:
        ranked = language_ranking(e.profile, e.examined, rank)
        if ranked:
            rows.append(answer_row(e.profile, ranked))
            labels.append(e.is_right(ranked[0][0]))
            weights.append(WEIGHTS[e.source])
    return network(rows, labels, weights, seeds)


def crossed(examples: Sequence[Example]) -> None:
    """Prints figures of models that have not seen the folders they judge, in each form."""
    folders = sorted({e.folder for e in examples})
    random.Random(7).shuffle(folders)
    fold_of = {folder: i % FOLDS for i, folder in enumerate(folders)}
    judged: dict[str, list[tuple[Example, bool, float]]] = {}
    for fold in range(FOLDS):
        trained = [f for e in examples if fold_of[e.folder] != fold for f in in_forms(e)]
        rank = fit_units(trained, "examined", FOLD_SEEDS)
        answer = fit_answer(rank, trained, FOLD_SEEDS)
        for e in examples:
            if fold_of[e.folder] != fold:
                continue
            for form, form_of in (("vectors", e), ("words alone", without_vectors(e))):
                ranked = language_ranking(form_of.profile, form_of.examined, rank)
                p = answer.probability(answer_row(form_of.profile, ranked)) if ranked else 0.0
                right = bool(ranked) and e.is_right(ranked[0][0])
                judged.setdefault(form, []).append((e, right, p))
    for form, rows in judged.items():
        for group in ("same", "translated", "english", "qed"):
            own = [row for row in rows if group_of(row[0]) == group]
            if own:
                report(f"{form}: {group}", own)


def group_of(e: Example) -> str:
    if e.source != "languages":
        return e.source
    return "translated" if any(s.is_translation for s in e.examined) else "same"


def report(name: str, rows: Sequence[tuple[Example, bool, float]]) -> None:
    answerable = np.array([e.kind == "asked" for e, _, _ in rows])
    right = np.array([r for _, r, _ in rows])
    p = np.array([x for _, _, x in rows])
    line = f"{name:32} {answerable.sum():4} asked, right unit {right[answerable].mean():.3f}"
    for kind in ("gone", "unanswerable"):
        own = np.array([e.kind == kind for e, _, _ in rows])
        if own.any():
            both = answerable | own
            line += f", {kind} AUC {roc_auc_score(answerable[both], p[both]):.3f}"
    print(line)
    for t in (0.2, 0.25, THRESHOLD, 0.35, 0.4, 0.5):
        answered = p >= t
        refused = " ".join(
            f"{kind} {1 - answered[own].mean():.2f}"
            for kind in ("gone", "unanswerable")
            if (own := np.array([e.kind == kind for e, _, _ in rows])).any()
        )
        print(
            f"    at {t:.2f}: answered {answered[answerable].mean():.2f}, right of those "
            f"{right[answerable & answered].mean():.2f}, refused {refused}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=1e6)
    options = parser.parse_args()
    stop = time.monotonic() + 60 * options.minutes
    options.out.mkdir(parents=True, exist_ok=True)
    random.seed(7)
    examples: list[Example] = []
    for name in [*language_folder_names(), *ENGLISH_FOLDERS, "qed"]:
        path = options.out / f"{name}.pickle"
        if not path.exists():
            if time.monotonic() > stop:
                return
            path.write_bytes(pickle.dumps(list(examples_named(name))))
        examples += pickle.loads(path.read_bytes())
        print(name, len(examples), flush=True)
    path = options.out / "first.pickle"
    if not path.exists():
        both = [f for e in examples for f in (e, without_vectors(e))]
        path.write_bytes(pickle.dumps(fit_units(both, "units", FOLD_SEEDS)))
    first: FeedForwardModel = pickle.loads(path.read_bytes())
    path = options.out / "examined.pickle"
    stored = pickle.loads(path.read_bytes()) if path.exists() else []
    from rag_infer.embed import load_embedder

    embedder = load_embedder(EMBEDDER)
    for e in examples[len(stored) :]:
        if time.monotonic() > stop:
            break
        best = [s for s, _ in language_ranking(e.profile, e.units, first)][:MAX_EMBEDDED_SENTENCES]
        units = with_cosines(e.profile.text, best, embedder)
        stored.append(replace(e, units=(), examined=tuple(units)))
    path.write_bytes(pickle.dumps(stored))
    if len(stored) < len(examples):
        print(f"{len(stored)} of {len(examples)} examined", flush=True)
        return
    crossed(stored)
    everything = [f for e in stored for f in in_forms(e)]
    rank = fit_units(everything, "examined")
    OUT.write_text(
        json.dumps(
            {
                "about": "of cite/language_judges.py, by training/answerability_languages.py",
                "features": ROW_FEATURES,
                "answer_features": ANSWER_FEATURES,
                "first": first.to_dict(),
                "rank": rank.to_dict(),
                "answer": fit_answer(rank, everything).to_dict(),
                "threshold": THRESHOLD,
            },
            indent=1,
        )
        + "\n",
        "utf-8",
    )


def examples_named(name: str) -> Iterator[Example]:
    if name == "qed":
        yield from qed_examples()
    elif name in language_folder_names():
        yield from everyday_examples(name, questions(name))
    else:
        over = [q for q in questions_over_english() if q.folder == name]
        yield from everyday_examples(name, [*questions(name)[::ENGLISH_SHARE], *over])


if __name__ == "__main__":
    main()
