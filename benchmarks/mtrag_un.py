"""Conversations, some of whose last questions have no answer: MTRAG-UN (Rosenthal et al. 2026).

    python benchmarks/mtrag_un.py [--generator MODEL] [--tasks N] [--publish]

The passages of all tasks of a collection are one index; the earlier turns of a task are the
conversation, its last one is asked. Answerable and partly answerable tasks should be answered, from
the passages that people chose; unanswerable and underspecified ones not as if they were answerable.
ROUGE-L is that of the text against the reference (Lin 2004). Two controls: the best cosine of a
passage with its best threshold for these very tasks, and the same answers with no threshold.
Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from peers.toolkits import keep

from rag_infer import AskOptions, Index
from rag_infer.answering.conversation import Conversation

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "mtrag_un"
ANSWERABLE = ("ANSWERABLE", "PARTIAL")


def rouge_l(text: str, reference: str) -> float:
    """The F1 of the longest common subsequence of words."""
    a, b = (re.findall(r"\w+", t.lower()) for t in (text, reference))
    row = [0] * (len(b) + 1)
    for word in a:
        diagonal = 0
        for n, other in enumerate(b, 1):
            above = row[n]
            row[n] = diagonal + 1 if word == other else max(above, row[n - 1])
            diagonal = above
    common = row[-1]
    return 2 * common / (len(a) + len(b)) if common else 0.0


def auc(positive: list[float], negative: list[float]) -> float:
    """The probability that a positive is above a negative."""
    scores = np.array(positive)[:, None] - np.array(negative)[None]
    return float((scores > 0).mean() + (scores == 0).mean() / 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--generator", default="extractive")
    parser.add_argument("--tasks", type=int, help="at most")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    arguments = parser.parse_args()
    with gzip.open(DATA / "tasks.jsonl.gz", "rt", encoding="utf-8") as file:
        tasks = [json.loads(line) for line in file][: arguments.tasks]
    table: dict[str, Counter[str]] = {}
    overlaps: list[float] = []
    judged: list[tuple[bool, float, float]] = []
    for collection in sorted({task["collection"] for task in tasks}):
        own = [task for task in tasks if task["collection"] == collection]
        with tempfile.TemporaryDirectory() as folder:
            index = passages_index(Path(folder), own)
            for task in own:
                row = ask(index, task, arguments.generator)
                kind = task["answerability"][0]
                for name in (kind, "all"):
                    table.setdefault(name, Counter()).update(row["counts"])
                if row["counts"]["answered"] and kind in ANSWERABLE:
                    overlaps.append(rouge_l(row["text"], task["targets"][0]))
                judged.append((kind in ANSWERABLE, row["probability"], row["cosine"]))
    print(f"{'':<16}{'tasks':>8}{'answered':>10}{'from them':>11}{'without threshold':>19}")
    for name, counts in table.items():
        print(
            f"{name:<16}{counts['tasks']:>8}{counts['answered']:>10}{counts['from_gold']:>11}"
            f"{counts['control']:>19}"
        )
    aucs = [auc([j[n] for j in judged if j[0]], [j[n] for j in judged if not j[0]]) for n in (1, 2)]
    print(f"answer or not, AUC: {aucs[0]:.3f}; best cosine alone: {aucs[1]:.3f}")
    overlap = fmean(overlaps) if overlaps else 0.0
    print(f"ROUGE-L of the answers to answerable ones: {overlap:.3f}")
    results: dict[str, Any] = {
        "generator": arguments.generator,
        "rows": table,
        "auc": aucs[0],
        "auc_cosine": aucs[1],
        "rouge_l": overlap,
    }
    keep("mtrag_un", results, publish=arguments.publish)


def passages_index(folder: Path, tasks: list[dict[str, Any]]) -> Index:
    """An index of every passage of some tasks, each a file named by its number."""
    files = folder / "files"
    files.mkdir()
    passages = {p["text"]: p for task in tasks for p in task["contexts"]}
    for number, passage in enumerate(passages.values()):
        title = f"# {passage['title']}\n\n" if passage["title"] else ""
        (files / f"{number}.md").write_text(title + passage["text"], "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(files)
    return index


def ask(index: Index, task: dict[str, Any], generator: str) -> dict[str, Any]:
    roles = {"user": "user", "assistant": "assistant", "agent": "assistant"}
    messages = [{"role": roles[m["role"]], "content": m["text"]} for m in task["messages"]]
    conversation = Conversation(messages[:-1])
    question = messages[-1]["content"]
    answer = index.ask(question, llm=generator, conversation=conversation)
    always = index.ask(
        question,
        llm=generator,
        conversation=Conversation(messages[:-1]),
        options=AskOptions(min_confidence=0.0),
    )
    gold = " ".join(" ".join(p["text"] for p in task["contexts"]).split())
    quotes = [" ".join(c.span.quote.split()) for c in answer.citations]
    return {
        "text": answer.text,
        "probability": always.probability or 0.0,
        "cosine": max((hit.dense or 0.0 for hit in answer.hits), default=0.0),
        "counts": {
            "tasks": 1,
            "answered": int(answer.answered),
            "from_gold": int(answer.answered and any(q in gold for q in quotes)),
            "control": int(always.answered),
        },
    }


if __name__ == "__main__":
    main()
