"""Quarterly reports of five companies: is the answer from the right company and quarter?

    python benchmarks/sec10q.py [--generator MODEL] [--show other|figures] [--publish]

All 20 filings are one index (some minutes the first time; ``--fresh`` indexes again). A question
names a company and often a quarter; the reference answer names the filings that it is from.

right filing: at least one citation is to a filing of the reference
other filing: every citation is to another quarter's or company's
figure: a figure of the reference (three digits or more, no year) stands in the answer

A control cites the best passage by cosine, always. Nothing in the package is fitted on these
questions. Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from peers.toolkits import keep

from rag_infer import Index

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "sec10q"
OUT = Path(__file__).parent / "out"
AIM_OTHER = 0.05  # of the answers
_FIGURE = re.compile(r"\d[\d.,]*\d")
_YEAR = re.compile(r"(?:19|20)\d\d")


def figures(text: str) -> set[str]:
    """Figures of three digits or more, without their separators; years are none."""
    numbers = {match[0].replace(",", "") for match in _FIGURE.finditer(text)}
    return {n for n in numbers if sum(c.isdigit() for c in n) >= 3 and not _YEAR.fullmatch(n)}


def file_name(document_id: str) -> str:
    return document_id.rsplit("/", 1)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--generator", default="extractive")
    parser.add_argument("--fresh", action="store_true", help="index again")
    parser.add_argument("--tables", action="store_true", help="only questions about tables")
    parser.add_argument("--show", choices=["other", "figures"])
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    arguments = parser.parse_args()
    folder = OUT / "sec10q"
    if arguments.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    index = Index.open(folder, create=True)
    report = index.add(DATA / "pdfs")
    if report.indexed:
        print(f"{len(report.indexed)} filings, {report.chunks} chunks in {report.seconds:.0f} s")
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()
    table: dict[str, Counter[str]] = {}
    for question in map(json.loads, lines):
        if arguments.tables and question["chunk_type"] != "Table":
            continue
        answer = index.ask(question["question"], llm=arguments.generator)
        gold = set(question["documents"])
        hits = index.search(question["question"], 5)
        cited = {file_name(c.span.document_id) for c in answer.citations}
        nearest = max(hits, key=lambda hit: hit.dense or 0.0, default=None)
        wanted = figures(question["answer"])
        few_words = answer.short_text or (answer.short_answer.quote if answer.short_answer else "")
        counts = {
            "questions": 1,
            "retrieved": any(file_name(h.document_id) in gold for h in hits),
            "answered": answer.answered,
            "right filing": answer.answered and bool(cited & gold),
            "other filing": answer.answered and bool(cited) and not cited & gold,
            "control: other filing": nearest is None or file_name(nearest.document_id) not in gold,
            "with figures": bool(wanted),
            "figures answered": bool(wanted) and answer.answered,
            "figure right": bool(
                answer.answered and wanted & figures(f"{few_words} {answer.text}")
            ),
        }
        for row in (question["type"].removesuffix(" RAG"), "all"):
            table.setdefault(row, Counter()).update({k: int(v) for k, v in counts.items()})
        is_shown = (
            counts["other filing"]
            if arguments.show == "other"
            else counts["figures answered"] and not counts["figure right"]
        )
        if arguments.show and is_shown:
            print(f"\n{question['question']}\n  want {sorted(gold)}: {question['answer'][:160]!r}")
            print(f"  {answer.probability or 0:.2f} {sorted(cited)} {answer.text[:200]!r}")
    print_table(table)
    share = table["all"]["other filing"] / max(table["all"]["answered"], 1)
    verdict = "met" if share <= AIM_OTHER else "MISSED"
    print(f"only other filings: {share:.1%} of the answers (aim {AIM_OTHER:.0%}: {verdict})")
    results: dict[str, Any] = {"generator": arguments.generator, "rows": table}
    keep("sec10q_tables" if arguments.tables else "sec10q", results, publish=arguments.publish)


def print_table(table: dict[str, Counter[str]]) -> None:
    names = list(table)
    print(f"\n{'':<24}" + "".join(f"{name:>18}" for name in names))
    for key in table["all"]:
        print(f"{key:<24}" + "".join(f"{table[name][key]:>18}" for name in names))


if __name__ == "__main__":
    main()
