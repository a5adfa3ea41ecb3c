"""Is every language searched and answered as English is? XQuAD, twelve languages, in one run.

    python benchmarks/languages.py                        the default embedder, about six minutes
    python benchmarks/languages.py --embedder NAME        another one; may be given several times
    python benchmarks/languages.py --languages de th      some languages
    python benchmarks/languages.py --search-only          no answers, a third of the time
    python benchmarks/languages.py --publish              keeps the rows in results/languages.json,
                                                          in place of those of the same languages

For each language the paragraphs are indexed as a person would index them. Printed are nDCG@10 of
BM25 alone, of the vectors alone and of both as the product weighs them; the share of questions that
are answered, and whose answer holds the gold words; and nDCG@10 of the same questions over the
English paragraphs. "mixed" is one index of all languages: how often the first passage is the right
paragraph in the language of the question. Indexes are kept in out/ from run to run: delete that
folder after a change of how documents are indexed. XQuAD (Artetxe et al. 2020) is parallel.
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
from pathlib import Path
from typing import Any

from rag_infer import Index
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.retrieve.candidates import candidates
from rag_infer.retrieve.scoring import ChunkQuery, local_scoring
from rag_infer.retrieve.search_scope import search_scope

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "xquad"
LANGUAGES = "en de es ro ru el tr vi ar hi th zh".split()
OUT = Path(__file__).parent / "out" / "languages"
RESULTS = Path(__file__).parent / "results" / "languages.json"
DEPTH = 100

Question = dict[str, Any]


def paragraphs(language: str) -> list[dict[str, str]]:
    with gzip.open(DATA / language / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def questions(language: str, step: int) -> list[Question]:
    lines = (DATA / language / "queries.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines][::step]


def indexed(place: Path, rows: list[dict[str, str]], embedder: str) -> Index:
    path = place / "paragraphs.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    index = Index.open(place / "index", create=True, embedder=embedder)
    index.add(path)
    return index


def gain(ranked: list[str], right: str) -> float:
    """nDCG@10 where one document is right."""
    unique = list(dict.fromkeys(ranked))[:10]
    return 1 / math.log2(unique.index(right) + 2) if right in unique else 0.0


def paragraph_of(document_id: str) -> str:
    return document_id.split("#", 1)[1]


def parts(index: Index, question: str, weight: float) -> list[str]:
    """Paragraphs by one side alone: ``weight`` 0 for BM25, 1 for the vectors."""
    snapshot, embedder = index.engine.snapshot, index.engine.embedder
    scope = search_scope(snapshot, Filter())
    words = scope.languages.query(scope.languages.weights(question))
    query = ChunkQuery(embedder.embed_queries([question])[0], words, DEPTH)
    ranked = candidates(local_scoring(snapshot, scope, query), DEPTH, weight)
    scored = [c for c in ranked if weight or c.lexical > 0]
    return [paragraph_of(snapshot.owner(c.place).id) for c in scored]


def fused(index: Index, question: str) -> list[str]:
    engine = index.engine
    hits = search(engine.snapshot, engine.embedder, plain(question), 20, SearchOptions())
    return [paragraph_of(hit.document_id) for hit in hits]


def plain(question: str) -> str:
    """Phrases and exclusions are for people; these questions are plain text."""
    return question.replace('"', " ").replace(" -", " ")


def mean(values: list[float]) -> float:
    return round(sum(values) / max(len(values), 1), 3)


def answers(index: Index, asked: list[Question]) -> dict[str, float]:
    answered, right = [], []
    for question in asked:
        answer = index.ask(plain(question["text"]))
        gold = [one["text"].casefold() for one in question["answers"]]
        text = answer.text.casefold()
        answered.append(float(answer.answered))
        right.append(float(answer.answered and any(words in text for words in gold)))
    return {"answered": mean(answered), "right": mean(right)}


def measure(embedder: str, chosen: list[str], step: int, search_only: bool) -> list[dict[str, Any]]:
    rows = []
    place = OUT / Path(embedder).name
    english = indexed(place / "en", paragraphs("en"), embedder)
    for language in chosen:
        index = english
        if language != "en":
            index = indexed(place / language, paragraphs(language), embedder)
        asked = questions(language, step)
        row: dict[str, Any] = {"embedder": embedder, "language": language, "questions": len(asked)}
        systems = {
            "bm25": lambda q, index=index: parts(index, q, 0.0),
            "dense": lambda q, index=index: parts(index, q, 1.0),
            "fused": lambda q, index=index: fused(index, q),
            "over_english": lambda q: fused(english, q),
        }
        for name, run in systems.items():
            row[name] = mean([gain(run(q["text"]), q["context_id"]) for q in asked])
        if not search_only:
            row |= answers(index, asked)
        rows.append(row)
        print("  " + "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    if len(chosen) > 1:
        rows.append(mixed(place, embedder, chosen, step))
    return rows


def mixed(place: Path, embedder: str, chosen: list[str], step: int) -> dict[str, Any]:
    """One index of all languages, asked in all of them."""
    rows = [
        {"id": f"{language}/{row['id']}", "title": "", "text": row["text"]}
        for language in chosen
        for row in paragraphs(language)
    ]
    index = indexed(place / "mixed", rows, embedder)
    row: dict[str, Any] = {"embedder": embedder, "language": "mixed"}
    for language in chosen:
        asked = questions(language, step * 3)
        first = [fused(index, q["text"])[:1] == [f"{language}/{q['context_id']}"] for q in asked]
        row[language] = mean([float(hit) for hit in first])
    print("  " + "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    return row


def publish(rows: list[dict[str, Any]]) -> None:
    """Keeps rows beside those of other embedders and languages, so that it can run in parts."""
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    merged = {(row["embedder"], row["language"]): row for row in [*stored, *rows]}
    ordered = sorted(merged.values(), key=lambda row: (row["embedder"], row["language"]))
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--embedder", action="append", help="name or folder; default minilm")
    parser.add_argument("--languages", nargs="*", default=LANGUAGES, choices=LANGUAGES)
    parser.add_argument("--step", type=int, default=1, help="every STEPth question")
    parser.add_argument("--search-only", action="store_true")
    parser.add_argument("--publish", action="store_true")
    chosen = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for embedder in chosen.embedder or ["minilm"]:
        rows += measure(embedder, chosen.languages, chosen.step, chosen.search_only)
    columns = ("bm25", "dense", "fused", "over_english", "answered", "right")
    print(f"\n{'embedder':<24}{'language':<9}" + "".join(f"{c:>13}" for c in columns))
    for row in rows:
        if row["language"] == "mixed":
            continue
        mark = "" if row["fused"] >= max(row["bm25"], row["dense"]) else "  below its better part"
        figures = "".join(f"{row.get(c, math.nan):>13.3f}" for c in columns)
        print(f"{Path(row['embedder']).name:<24}{row['language']:<9}{figures}{mark}")
    if chosen.publish:
        publish(rows)


if __name__ == "__main__":
    main()
