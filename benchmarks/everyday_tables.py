"""Everyday questions on 26 small tables of many kinds: how many are answered, right and wrong?

    python benchmarks/everyday_tables.py [--half dev|held|each] [--alone] [--letters]
                               [--show wrong|declined|all] [--write FILE] [--before FILE]

The tables and questions are in ``benchmarks/everyday_tables``: price lists, timetables, lists of
staff and of winners, statistics, financial statements, as CSV, Markdown and HTML. Each half is
indexed as one folder, read back, and each question asked of all its tables at once, or with
``--alone`` of its own. Half ``dev`` may be looked at while working on the package; of ``held`` only
the totals are printed. A question without an answer in the tables (a near miss) must be declined.

answered: share of the answerable questions that got an answer
precision: right among all answers, near misses that were answered among the wrong
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from table_qa import likeness, same

from rag_infer import Index
from rag_infer.retrieve import Filter
from rag_infer.table_qa.index_tables import tables
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.relevance import concerned_tables, may_concern
from rag_infer.table_qa.selection import choose

FOLDER = Path(__file__).with_name("everyday_tables")


@dataclass(frozen=True, slots=True)
class Item:
    """A question; without answers it is a near miss."""

    file: str
    operation: str
    question: str
    answers: tuple[str, ...]


def items_of(half: str) -> list[Item]:
    with (FOLDER / f"{half}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Item(f, op, q, tuple(filter(None, gold.split(";")))) for f, op, q, gold in rows]


def indexed_tables(half: str) -> list[QueryTable]:
    """The tables of a half as the product reads them."""
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(Path(folder) / "index", create=True)
        index.add(FOLDER / half)
        return tables(index.engine.snapshot, Filter())


def answer(question: str, candidates: Sequence[QueryTable], meaning: Any) -> tuple[str, ...] | None:
    """What the tables answer; None where they do not."""
    if not may_concern(question, candidates):
        return None
    choice = choose(best_plan(question, concerned_tables(question, candidates), meaning))
    return choice[1].values if choice is not None else None


def measure(half: str, *, alone: bool, letters: bool, show: str) -> dict[str, Any]:
    every = indexed_tables(half)
    by_file = {PurePosixPath(table.document).name: table for table in every}
    meaning = None if letters else likeness()
    tally: Counter[str] = Counter()
    operations: dict[str, Counter[str]] = {}
    for item in items_of(half):
        values = answer(item.question, [by_file[item.file]] if alone else every, meaning)
        gold = list(item.answers)
        loose = item.operation in ("average", "growth", "ratio")
        if values is None:
            kind = "declined" if gold else "declined_near_miss"
        elif gold and same(list(values), gold, loose=loose):
            kind = "right"
        else:
            kind = "wrong" if gold else "answered_near_miss"
        tally[kind] += 1
        operations.setdefault(item.operation, Counter())[kind] += 1
        is_wrong = kind in ("wrong", "answered_near_miss")
        if half == "dev" and (show == "all" or (show == "wrong" and is_wrong) or show == kind):
            print(f"{kind:<18} {item.operation:<11} {item.question} | {item.answers} gave {values}")
    answerable = tally["right"] + tally["wrong"] + tally["declined"]
    answered = tally["right"] + tally["wrong"]
    given = answered + tally["answered_near_miss"]
    figures = {
        "half": half,
        "tables": "own" if alone else "all",
        "by_meaning": not letters,
        "questions": answerable,
        "answered": round(100 * answered / answerable, 1),
        "right": tally["right"],
        "wrong": tally["wrong"],
        "declined": tally["declined"],
        "accuracy": round(100 * tally["right"] / answerable, 1),
        "near_misses": tally["declined_near_miss"] + tally["answered_near_miss"],
        "near_misses_declined": tally["declined_near_miss"],
        "precision": round(100 * tally["right"] / given, 1) if given else None,
        "operations": {
            name: f"{c['right']} right, {c['wrong'] + c['answered_near_miss']} wrong of {c.total()}"
            for name, c in sorted(operations.items())
        },
    }
    print(json.dumps(figures))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--half", default="each", choices=("dev", "held", "each"))
    parser.add_argument("--alone", action="store_true", help="each question of its own table only")
    parser.add_argument("--show", default="", choices=("", "wrong", "declined", "all"))
    parser.add_argument("--letters", action="store_true", help="no likeness by meaning")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--before", type=Path, help="figures of another revision, put beside")
    args = parser.parse_args()
    halves = ("dev", "held") if args.half == "each" else (args.half,)
    results = [
        measure(half, alone=args.alone, letters=args.letters, show=args.show) for half in halves
    ]
    if args.before:
        earlier = {row["half"]: row for row in json.loads(args.before.read_text(encoding="utf-8"))}
        for row in results:
            row["before"] = {
                name: earlier[row["half"]][name]
                for name in ("answered", "right", "wrong", "accuracy", "precision")
            }
    if args.write:
        args.write.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
