"""Do questions made from the documents rank settings as people's own questions do?

    python benchmarks/made_questions.py [--data FOLDER] [--count 100] [--written N] [--write]

A folder of data holds ``files/`` and ``questions.jsonl``; the default is ``office`` of
RAG_EVAL_DATA (default ``../shared/data``). Five settings answer the questions that people wrote and
those that ``rag eval --make`` makes from the same files: as they are, one passage only, words
alone, vectors alone, and a high threshold. Printed: the share answered rightly of both, and
Spearman's rank correlation of the five (aim: 0.8 or more). Settings and questions were fixed before
anything was measured.

Then two regressions are planted: a worse embedder (counts of letters), and a reader of Word files
that loses the second half of every page (a plugin). The kept set, made from the intact index, must
say that more became worse than better, and name the cause: the embedder; text that was not read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag_infer import AskOptions, Index
from rag_infer.evaluation.metrics import metric
from rag_infer.evaluation.question_generation import generate_questions
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.regression import Regression, regression
from rag_infer.evaluation.run import EvalSettings, document_tables, evaluate, page_texts
from rag_infer.index.tuning import Tuning

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "office"
RESULTS = ROOT / "benchmarks" / "results" / "made_questions.json"
SETTINGS: dict[str, EvalSettings] = {
    "as they are": EvalSettings(),
    "one passage": EvalSettings(top_k=1),
    "words alone": EvalSettings(tuning=Tuning(dense_weight=0.0)),
    "vectors alone": EvalSettings(tuning=Tuning(dense_weight=1.0)),
    "threshold 0.8": EvalSettings(options=AskOptions(min_confidence=0.8)),
}
FIGURES = ("answer", "retrieval")
READER = """
from dataclasses import replace
from rag_infer.read import docx

class Half:
    @staticmethod
    def read(file):
        for document in docx.read(file):
            yield document and replace(document, pages=tuple(
                replace(p, text=p.text[: len(p.text) // 2], blocks=(), tables=())
                for p in document.pages
            ))
"""


@dataclass(frozen=True)
class Ranking:
    """A figure of both sets of questions, by setting."""

    figure: str
    written: dict[str, float]
    generated: dict[str, float]

    @property
    def spearman(self) -> float:
        return spearman(list(self.written.values()), list(self.generated.values()))


def ranks(values: Sequence[float]) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    array = np.asarray(values)
    return np.array([(array < v).sum() + ((array == v).sum() + 1) / 2 for v in array])


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def written_questions(path: Path) -> list[EvalQuestion]:
    """People's questions that stand alone and whose answer is one."""
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        EvalQuestion(
            r["id"],
            r["question"],
            tuple(r["answers"]),
            tuple(r["documents"]),
            answerable=r["answerable"],
            kind=r["kind"],
        )
        for r in records
        if not r.get("after") and not r.get("complete") and (r["answers"] or not r["answerable"])
    ]


def measure(
    index: Index, sets: dict[str, list[EvalQuestion]]
) -> tuple[list[Ranking], dict[str, Any]]:
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for set_name, questions in sets.items():
        for setting_name, settings in SETTINGS.items():
            answers = evaluate(index, questions, settings).answers
            for figure in FIGURES:
                value = metric(figure, answers)
                assert value is not None
                figures.setdefault(figure, {}).setdefault(set_name, {})[setting_name] = value.value
            print(f"  {set_name:8} {setting_name}", flush=True)
    return [Ranking(name, sets["written"], sets["made"]) for name, sets in figures.items()], figures


def letters(texts: list[str]) -> list[list[float]]:
    """An embedder that knows how often each letter occurs."""
    return [[1.0, *(text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz")] for text in texts]


def index_with_half_a_reader(files: Path, folder: Path) -> Index:
    """The files as a broken plugin for Word files reads them, in processes of their own."""
    plugin = folder / "plugin"
    information = plugin / "half-1.dist-info"
    information.mkdir(parents=True)
    (plugin / "half_reader.py").write_text(READER)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[rag_infer.readers]\ndocx = half_reader:Half\n")
    path = os.pathsep.join(filter(None, (str(plugin), str(ROOT), os.environ.get("PYTHONPATH"))))
    subprocess.run(
        [sys.executable, "-m", "rag_infer", "index", str(files), "-i", str(folder / "half")],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return Index.open(folder / "half")


def described(name: str, change: Regression) -> dict[str, Any]:
    pairs = change.comparison
    step, count = change.main_step or ("none", 0)
    print(
        f"{name}: {len(pairs.worsened)} worse, {len(pairs.improved)} better of {pairs.questions}; "
        f"fall said: {change.is_fall}; {pairs.ranking}; "
        f"plainly wrong {pairs.plainly_wrong[0]} -> {pairs.plainly_wrong[1]}; "
        f"{count} of the worse: {step}; "
        f"{'; '.join(change.differences) or 'nothing else differs'}"
    )
    return {
        "worse": len(pairs.worsened),
        "better": len(pairs.improved),
        "questions": pairs.questions,
        "p_value": pairs.p_value,
        "plainly_wrong": list(pairs.plainly_wrong),
        "is_plainly_worse": pairs.is_plainly_worse,
        "ranked_higher": pairs.ranked[0],
        "ranked_lower": pairs.ranked[1],
        "is_fall": change.is_fall,
        "main_step": step,
        "at_main_step": count,
        "differences": list(change.differences),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--written", type=int, help="Only so many of the written questions.")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    files = arguments.data / "files"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = Index.open(folder / "index", create=True)
        index.add(files)
        texts = page_texts(index)
        generated = generate_questions(texts, arguments.count, tables=document_tables(index))
        questions = [one.question for one in generated]
        written = written_questions(arguments.data / "questions.jsonl")
        if arguments.written is not None:
            written = random.Random(0).sample(written, min(arguments.written, len(written)))
        sets = {"written": written, "made": questions}
        print({name: len(members) for name, members in sets.items()})
        rankings, figures = measure(index, sets)
        for ranking in rankings:
            print(f"\n{ranking.figure:20}{'written':>10}{'made':>10}")
            for setting in SETTINGS:
                values = ranking.written[setting], ranking.generated[setting]
                print(f"{setting:20}{values[0]:>10.3f}{values[1]:>10.3f}")
            print(f"Spearman {ranking.spearman:.2f}")
        before = evaluate(index, questions)
        worse = Index.open(folder / "letters", create=True, embedder=letters)
        worse.add(files)
        print()
        planted = {
            "worse embedder": described(
                "worse embedder", regression(before, evaluate(worse, questions))
            )
        }
        half = evaluate(index_with_half_a_reader(files, folder), questions)
        planted["broken reader"] = described("broken reader", regression(before, half))
    if arguments.write:
        result = {
            "questions": {name: len(members) for name, members in sets.items()},
            "figures": figures,
            "spearman": {ranking.figure: ranking.spearman for ranking in rankings},
            "planted": planted,
        }
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
