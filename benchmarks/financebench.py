"""Company filings: is the evidence page among the first ten chunks, and is the answer right?

    python benchmarks/financebench.py            19 PDFs, 21 questions; some minutes the first time
    python benchmarks/financebench.py --answers [--publish]    answers without a language model

Indexes all PDFs in one command with the defaults. Prints the share of questions whose evidence page
is found with dense search alone, lexical alone, and both, within the right document and over all of
them, then pages and chunks per second. Needs the evaluation data (RAG_EVAL_DATA).

With ``--answers`` each question is asked of the index of all filings. An answer is right if it has
two thirds of the figures of the reference's first sentence (to one part in a hundred; differences
between figures of the short answer count too) or, where that has none, says the same direction
("rose" for an increase); another answer is wrong. All answers are printed beside the references and
kept, so that a person can check the rule. Published, with a shared store: GPT-4-Turbo wrong or
refused at 81 % of 150 questions (arXiv 2311.11944).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from peers.toolkits import keep

from rag_infer import Answer, Filter, Index
from rag_infer.retrieve import SearchOptions, search
from rag_infer.table_qa.answer import try_computed_answer
from rag_infer.tools.executor import ToolLimits
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "financebench"
OUT = Path(__file__).parent / "out"
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
WEIGHTS = {"dense": 1.0, "lexical": 0.0, "both": 0.5}


def found(hits: Sequence[Hit], pages: set[tuple[str, int]]) -> bool:
    return any((Path(h.document_id).stem, h.chunk.page_number) in pages for h in hits)


def figures(text: str) -> set[float]:
    """The figures of a text but years, signs left out."""
    values = {float(m[0].replace(",", "")) for m in _FIGURE.finditer(text)}
    return {v for v in values if not (v.is_integer() and 1990 <= v <= 2030)}


def is_right(answer: Answer, gold: str) -> bool:
    """Whether an answer has what decides the first sentence of the reference."""
    first = gold.split(". ", maxsplit=1)[0]
    reference, stated = figures(first), figures(answer.text)
    short = figures(answer.short_text or "")
    changes = {abs(a - b) for a in short for b in short}
    if reference:
        matches = sum(any(abs(v - w) <= 0.01 * w for v in stated | changes) for w in reference)
        return 3 * matches >= 2 * len(reference)
    rises = re.search(r"\b(?:increas|grew|grow|positive|rose|improv)", first, re.IGNORECASE)
    falls = re.search(r"\b(?:decreas|declin|fell|drop|negative)", first, re.IGNORECASE)
    return bool((rises and " rose" in answer.text) or (falls and " fell" in answer.text))


def table_cost_ms(index: Index, question: str) -> float:
    """CPU time that tables take of a question, once they are read."""
    for _ in range(2):
        started = time.process_time()
        try_computed_answer(index.engine, question, Filter(), ToolLimits())
        elapsed = time.process_time() - started
    return 1000 * elapsed


def ask_all(index: Index, *, publish: bool) -> None:
    """Asks every question and prints right, wrong and declined, by kind of reasoning."""
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()
    rows, table = [], {}
    for question in map(json.loads, lines):
        answer = index.ask(question["text"])
        verdict = "declined"
        if answer.answered:
            verdict = "right" if is_right(answer, question["answers"][0]) else "wrong"
        row = {"id": question["id"], "verdict": verdict}
        if answer.answered:
            row |= {"answer": answer.text, "reference": question["answers"][0]}
            print(
                f"{verdict}: {question['text'][:100]}\n  {answer.text[:200]}\n  {row['reference']}"
            )
        rows.append(row)
        for kind in (question["type"], "all"):
            table.setdefault(kind, Counter())[verdict] += 1
    costs = sorted(table_cost_ms(index, row["text"]) for row in map(json.loads, lines))
    median = costs[len(costs) // 2]
    print(f"tables, CPU a question: median {median:.0f} ms, most {costs[-1]:.0f} ms")
    for kind, counts in table.items():
        total = counts.total()
        print(f"{kind:<20} {total:>3} questions", end="")
        for verdict in ("right", "wrong", "declined"):
            print(f"  {verdict} {counts[verdict]} ({counts[verdict] / total:.0%})", end="")
        print()
    figures_kept = {"totals": table, "tables_cpu_ms_median": round(median), "questions": rows}
    keep("financebench", figures_kept, publish=publish)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--fresh", action="store_true", help="index again")
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--misses", action="store_true", help="list what was not found")
    parser.add_argument("--answers", action="store_true", help="ask, and judge the answers")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    arguments = parser.parse_args()
    folder = OUT / "financebench"
    if arguments.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    index = Index.open(folder, create=True)
    report = index.add(DATA / "pdfs")
    if report.indexed:
        pages = sum(f.pages for f in report.indexed)
        print(
            f"{len(report.indexed)} files, {pages} pages, {report.chunks} chunks in "
            f"{report.seconds:.0f} s: {pages / report.seconds:.1f} pages/s, "
            f"{report.embedded / report.seconds:.1f} chunks/s; {len(report.failed)} failed"
        )
    if arguments.answers:
        ask_all(index, publish=arguments.publish)
        return
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    rows = []
    for name, weight in WEIGHTS.items():
        within, over = [], []
        for question in questions:
            # The data counts pages from 0.
            gold = {(Path(e["doc"]).stem, e["page"] + 1) for e in question["evidence"]}
            question_text = question["text"].replace('"', " ").replace(" -", " ")
            for hits_of, paths in ((within, (f"*{question['doc']}*",)), (over, ())):
                options = SearchOptions(weight=weight, filter=Filter(paths=paths))
                hits = search(
                    index.engine.snapshot,
                    index.engine.embedder,
                    question_text,
                    arguments.k,
                    options,
                )
                hits_of.append(found(hits, gold))
            if arguments.misses and name == "both" and not within[-1]:
                pages = sorted(p for _, p in gold)
                print(f"  not found: {question['doc']} p. {pages}: {question_text}")
        rows.append({
            "search": name,
            "within": sum(within) / len(within),
            "over_all": sum(over) / len(over),
        })  # fmt: skip
    print(f"\nevidence page in the top {arguments.k}, {len(questions)} questions")
    print(f"{'':<10}{'in its document':>18}{'over all':>12}")
    for row in rows:
        print(f"{row['search']:<10}{row['within']:>17.0%} {row['over_all']:>11.0%}")
    OUT.mkdir(exist_ok=True)
    (OUT / "financebench.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
