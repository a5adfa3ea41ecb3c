"""Are follow-up questions answered, and those without an answer declined?

    python benchmarks/follow_ups.py          about two minutes on two cores

MTRAG-UN (Rosenthal et al. 2026): last turns of conversations, of which people noted whether the
collection answers them. All passages of all tasks are one index; each last turn is asked of it
after the user's turns before it, and judged without a model in four ways: by itself; with words of
the turn before; by the surer of both; and as the product does, weighed by how far the question
leans. The turn before alone does best here, where people stay on their subject; the weighed mean
also answers those who leave it.
Printed: the share of answerable turns that are answered, of unanswerable and underspecified ones
that are answered all the same, at the default threshold; balanced accuracy, and the AUC.
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from retrieval import DATA

from rag_infer import Filter, Index
from rag_infer.answering.extractive_answerer import contextual_reading
from rag_infer.cite.answerability import judge, load_answerability_model
from rag_infer.retrieve import word_share
from rag_infer.retrieve.history_expansion import with_history_terms

DECLINE = {"UNANSWERABLE", "UNDERSPECIFIED"}


def main() -> None:
    text = gzip.decompress((DATA / "mtrag_un" / "tasks.jsonl.gz").read_bytes()).decode()
    tasks = [json.loads(line) for line in text.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        scores, answerable = judged(tasks, Path(folder))
    threshold = load_answerability_model().threshold
    count = f"{int(answerable.sum())} answerable, {int((~answerable).sum())} others"
    print(f"{count}, threshold {threshold}\n")
    print(f"{'':24}{'answered':>10}{'others':>9}{'balanced':>10}{'AUC':>7}")
    for name, values in scores.items():
        yes, no = values[answerable], values[~answerable]
        right, wrong = (yes >= threshold).mean(), (no >= threshold).mean()
        auc = (yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2
        print(f"{name:24}{right:10.3f}{wrong:9.3f}{(right + 1 - wrong) / 2:10.3f}{auc:7.3f}")


def judged(
    tasks: list[dict[str, object]], home: Path
) -> tuple[dict[str, npt.NDArray[np.float64]], npt.NDArray[np.bool_]]:
    """The probabilities of each way, and which turns have an answer."""
    passages = {c["id"]: c for task in tasks for c in task["contexts"]}  # type: ignore[attr-defined]
    pool = home / "pool.jsonl"
    pool.write_text("".join(json.dumps(c) + "\n" for c in passages.values()), "utf-8")
    index = Index.open(home / "index", create=True)
    index.add(pool)
    share = word_share(index.engine.snapshot, Filter())
    rows, labels = [], []
    for task in tasks:
        label = task["answerability"]
        kind = label[0] if isinstance(label, list) else label
        turns = [m["text"] for m in task["messages"] if m["role"] == "user"]  # type: ignore[attr-defined]
        if len(turns) < 2 or kind == "PARTIAL":
            continue
        hits = index.search(turns[-1], 5, earlier=turns[:-1])
        standalone, after = (
            judge(reading, hits, index.engine.embedder, share).probability
            for reading in (turns[-1], with_history_terms(turns[-1], turns[-2]))
        )
        weight = after_weight(turns[-1], turns[:-1])
        mean = (1 - weight) * standalone + weight * after
        rows.append((standalone, after, max(standalone, after), mean))
        labels.append(kind not in DECLINE)
    names = ("by itself", "with the turn before", "the surer of both", "the product: weighed")
    return dict(zip(names, np.array(rows).T, strict=True)), np.array(labels)


def after_weight(question: str, earlier: list[str]) -> float:
    reading = contextual_reading(question, earlier)
    return 0.0 if reading is None else reading[1]


if __name__ == "__main__":
    main()
