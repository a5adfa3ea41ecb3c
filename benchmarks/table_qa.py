"""Questions with their table given: WikiTableQuestions, TAT-QA (table only), AIT-QA; no model.

    python benchmarks/table_qa.py [--set wtq|tatqa|aitqa|aitqa-other] [--half dev|held-out|all|each]
                                  [--show wrong|declined] [--least CERTAINTY] [--letters]
                                  [--write FILE] [--before FILE]

Data lie in RAG_EVAL_DATA (default ``../shared/data``). Tables are parted into two halves by a hash
of their names: work on the package looks at ``dev`` only (the training split of WikiTableQuestions
is part of it), and ``held-out`` is measured when a change is whole. Nothing is fitted on either.

answered: share of questions that got an answer at the certainty of the product (coverage)
precision: right among the answered; accuracy: right among all
forced: the accuracy if the best reading is always given, however uncertain
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import re
import time
import unicodedata
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from rag_infer.table_qa.execution import run
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import MIN_CERTAINTY, choose
from rag_infer.tables.figures import decimal_mark, parse_figure
from rag_infer.tables.header import header_rows_of

AIRLINES = re.compile(r"\b(alaska|american|delta|united|southwest)\b", re.IGNORECASE)
DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))


def lines(path: Path) -> list[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def normalize(text: str) -> str:
    """A text as the official evaluator of WikiTableQuestions compares it.

    Without diacritics, citations, details in parentheses at its end, quotes around it.
    """
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[‘’´`]", "'", text).replace("“", '"').replace("”", '"')
    text = re.sub(r"[‐‑‒–—−]", "-", text)
    before = None
    while text != before:
        before = text
        text = re.sub(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$", "", text.strip())
        text = re.sub(r"(?<!^)( \([^)]*\))*$", "", text.strip())
        text = re.sub(r'^"([^"]*)"$', r"\1", text.strip())
    return " ".join(text.removesuffix(".").lower().split())


def value(text: str) -> Decimal | None:
    figure = parse_figure(text.strip(), decimal_mark([text]) if "," in text else ".")
    return None if figure is None else figure.value


def equal(a: str, b: str, *, loose: bool = False) -> bool:
    if normalize(a) == normalize(b):
        return True
    x, y = value(a), value(b)
    if x is None or y is None:
        return False
    if loose:
        return abs(abs(x) - abs(y)) < Decimal("0.006") + abs(y) * Decimal("0.0005")
    return abs(x - y) < Decimal("0.000001")


def same(answers: list[str], gold: list[str], *, loose: bool = False) -> bool:
    answers = list({normalize(answer): answer for answer in answers}.values())
    rest = list({normalize(answer): answer for answer in gold}.values())
    if len(answers) != len(rest):
        return False
    for answer in answers:
        match = next((g for g in rest if equal(answer, g, loose=loose)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def half_of(table: str, split: str = "test") -> str:
    """The half of the questions that a table's belong to."""
    if split == "train":
        return "dev"
    return "dev" if hashlib.sha256(table.encode()).digest()[0] < 128 else "held-out"


def is_wanted(half: str, table: str, split: str = "test") -> bool:
    return half == half_of(table, split) or (half == "all" and split == "test")


def wtq(half: str) -> list[tuple[str, QueryTable, list[str], str]]:
    folder = DATA / "wikitablequestions"
    tables = {}
    for row in lines(folder / "tables.jsonl.gz"):
        header = [" ".join(dict.fromkeys(h.split("\n"))) for h in row["header"]]
        body = [[" ".join(c.split()) for c in r] for r in row["rows"]]
        tables[row["id"]] = query_table([header, *body], 1)
    return [
        (q["question"], tables[q["table"]], q["answers"], "")
        for q in lines(folder / "questions.jsonl.gz")
        if is_wanted(half, q["table"], q["split"])
    ]


def tatqa(half: str) -> list[tuple[str, QueryTable, list[str], str]]:
    tables = {}
    for row in lines(DATA / "tatqa" / "contexts.jsonl.gz"):
        cells = [[" ".join(c.split()) for c in r] for r in row["table"]]
        tables[row["id"]] = query_table(cells, header_rows_of(cells))
    return [
        (q["question"], tables[q["context"]], q["answers"], q["answer_type"])
        for q in lines(DATA / "tatqa" / "questions.jsonl.gz")
        if q["answer_from"] == "table" and is_wanted(half, q["context"])
    ]


def aitqa(half: str, shift: int = 0) -> list[tuple[str, QueryTable, list[str], str]]:
    """Questions on filings of airlines, whose names the files lack and the questions say.

    A table gets as its document's title the name that most of its questions say; with ``shift``,
    that of another company, for which no answer is right.
    """
    folder = DATA / "aitqa"
    questions = lines(folder / "questions.jsonl.gz")
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for q in questions:
        votes[q["table"]].update(name.lower() for name in AIRLINES.findall(q["question"]))
    names = sorted({name for counter in votes.values() for name in counter})
    tables = {}
    for row in lines(folder / "tables.jsonl.gz"):
        levels = max((len(h) for h in row["column_header"]), default=0)
        lead = 1 if row["row_header"] else 0
        head = [
            [""] * lead + [h[n] if n < len(h) else "" for h in row["column_header"]]
            for n in range(levels)
        ]
        labels = [path[-1] for path in row["row_header"]]
        body = [([labels[n]] if lead else []) + list(cells) for n, cells in enumerate(row["rows"])]
        groups = [tuple(filter(None, path[:-1])) for path in row["row_header"]]
        title = ""
        if votes[row["id"]]:
            name = votes[row["id"]].most_common(1)[0][0]
            name = names[(names.index(name) + shift) % len(names)]
            title = f"{name.title()} Airlines annual report"
        tables[row["id"]] = query_table([*head, *body], levels, context=title, groups=groups)
    return [
        (q["question"], tables[q["table"]], ["nothing"] if shift else q["answers"], q["type"])
        for q in questions
        if is_wanted(half, q["table"]) and (not shift or _is_foreign(q, tables))
    ]


def _is_foreign(question: dict[str, Any], tables: dict[str, QueryTable]) -> bool:
    """Whether a question names a company, and none that its table's title has."""
    names = [name.lower() for name in AIRLINES.findall(question["question"])]
    title = tables[question["table"]].context.lower()
    return bool(names) and not any(name in title for name in names)


def aitqa_other(half: str) -> list[tuple[str, QueryTable, list[str], str]]:
    """Those that name a company, of the filing of another: any answer is wrong."""
    return aitqa(half, shift=1)


SETS = {"wtq": wtq, "tatqa": tatqa, "aitqa": aitqa, "aitqa-other": aitqa_other}


def likeness() -> Likeness:
    from rag_infer.embed import DEFAULT, load_embedder
    from rag_infer.embed.batching import CachedEmbedder
    from rag_infer.table_qa.meaning import likeness_of

    return likeness_of(CachedEmbedder(load_embedder(DEFAULT)))


def measure(name: str, half: str, show: str, least: float, by_meaning: bool) -> dict[str, Any]:
    tally: Counter[str] = Counter()
    kinds: Counter[tuple[str, bool]] = Counter()
    started = time.perf_counter()
    meaning = likeness() if by_meaning else None
    for question, table, gold, kind in SETS[name](half):
        tally["n"] += 1
        planned = best_plan(question, [table], meaning)
        loose = name == "tatqa" and kind == "arithmetic"
        first = next((o for o in map(run, planned[:3]) if o is not None), None)
        forced = first is not None and same(list(first.values), gold, loose=loose)
        tally["forced"] += forced
        choice = choose(planned, least)
        if choice is None:
            if show == "declined":
                print(f"DECLINED {'+' if forced else '-'} {question} | gold {gold}")
            continue
        plan, outcome = choice
        right = same(list(outcome.values), gold, loose=loose)
        tally["answered"] += 1
        tally["right"] += right
        kinds[plan.kind, right] += 1
        if show == "wrong" and not right:
            print(
                f"WRONG {plan.kind} {plan.certainty:.2f} {question}\n    gave {outcome.values[:4]}"
                f" gold {gold} | {outcome.title} {plan.reasons}"
            )
    n, answered = tally["n"], tally["answered"]
    figures = {
        "set": name,
        "half": half,
        "by_meaning": by_meaning,
        "questions": n,
        "coverage": round(100 * answered / n, 1),
        "precision": round(100 * tally["right"] / answered, 1) if answered else None,
        "accuracy": round(100 * tally["right"] / n, 1),
        "forced": round(100 * tally["forced"] / n, 1),
        "answered": answered,
        "right": tally["right"],
        "ms_a_question": round(1000 * (time.perf_counter() - started) / n, 2),
        "kinds": {
            k: f"{kinds[k, True]}/{kinds[k, True] + kinds[k, False]}"
            for k in sorted({k for k, _ in kinds})
        },
    }
    print(json.dumps(figures))
    return figures


def _add_before(results: list[dict[str, Any]], before: list[dict[str, Any]]) -> None:
    """Puts the figures of another revision beside each, by set and half."""
    earlier = {(row["set"], row["half"]): row for row in before}
    for row in results:
        if (match := earlier.get((row["set"], row["half"]))) is not None:
            row["before"] = {
                name: match[name]
                for name in ("coverage", "precision", "accuracy", "answered", "right")
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", choices=[*SETS], action="append")
    parser.add_argument("--half", default="all", choices=("dev", "held-out", "all", "each"))
    parser.add_argument("--show", default="", choices=("wrong", "declined", ""))
    parser.add_argument("--least", type=float, default=MIN_CERTAINTY)
    parser.add_argument("--letters", action="store_true", help="no likeness by meaning")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--before", type=Path, help="figures of another revision, put beside")
    args = parser.parse_args()
    if not (DATA / "wikitablequestions").is_dir():
        raise SystemExit(f"no data in {DATA}: set RAG_EVAL_DATA")
    halves = ("dev", "held-out", "all") if args.half == "each" else (args.half,)
    results = [
        measure(name, half, args.show, args.least, not args.letters)
        for half in halves
        for name in args.set or [*SETS]
    ]
    if args.before:
        _add_before(results, json.loads(args.before.read_text(encoding="utf-8")))
    if args.write:
        args.write.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
