"""Company filings: is the evidence page among the pages of the first ten chunks?

    python benchmarks/financebench.py          19 PDFs, 21 questions; some minutes the first time

Indexes all PDFs in one command with the defaults. Prints the share of questions whose evidence page
is found with dense search alone, lexical alone, and both, within the right document and over all of
them, then pages and chunks per second. Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from rag_infer import Filter, Index
from rag_infer.retrieve import SearchOptions, search
from rag_infer.types import Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "financebench"
OUT = Path(__file__).parent / "out"
WEIGHTS = {"dense": 1.0, "lexical": 0.0, "both": 0.5}


def found(hits: Sequence[Hit], pages: set[tuple[str, int]]) -> bool:
    return any((Path(h.document_id).stem, h.chunk.page_number) in pages for h in hits)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--fresh", action="store_true", help="index again")
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--misses", action="store_true", help="list what was not found")
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
