"""Does the index find the right document? nDCG@10 against its parts, in one run.

    python benchmarks/retrieval.py                 all sets, about half an hour on two cores
    python benchmarks/retrieval.py scifact squad   some of them
    python benchmarks/retrieval.py --limit 50      that many questions of each, for a quick look

Each collection is written as JSON lines and indexed with the defaults, as a person would. The rank
of a document is that of its best chunk. Beside it, on the same data: MiniLM alone (whole documents,
exact cosine) and bm25s alone (Lucene, k1 1.2, b 0.75, Snowball, English stop words).
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data) and bm25s (pip install bm25s).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag_infer import Index
from rag_infer.embed import load_embedder

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
SETS = ("scifact", "cranfield", "squad", "vaswani_npl", "mtrag/clapnq", "mtrag/cloud", "mtrag/fiqa")
AIMS = {"scifact": 0.735, "squad": 0.93, "cranfield": 0.435, "vaswani_npl": 0.485}
OUT = Path(__file__).parent / "out"


@dataclass(frozen=True)
class Collection:
    documents: list[dict[str, str]]
    questions: list[tuple[str, str]]
    relevant: dict[str, dict[str, float]]


def load(name: str, limit: int | None) -> Collection:
    folder = DATA / name
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        question, document, score = line.split("\t")
        relevant.setdefault(question, {})[document] = float(score)
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    questions = [(q["id"], q["text"]) for q in map(json.loads, lines) if q["id"] in relevant]
    if limit and limit < len(questions):
        questions = questions[:: len(questions) // limit][:limit]
    return Collection(documents, questions, relevant)


def ndcg(ranked: Sequence[str], relevant: dict[str, float], k: int = 10) -> float:
    gain = sum(relevant.get(d, 0.0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    best = sorted(relevant.values(), reverse=True)[:k]
    return gain / sum(s / math.log2(i + 2) for i, s in enumerate(best))


def whole(document: dict[str, str]) -> str:
    return f"{document['title']} {document['text']}".strip()


def source(data: Collection, folder: Path) -> Path:
    """The documents as a file that the product reads."""
    path = folder / "documents" / "corpus.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(d) + "\n" for d in data.documents), "utf-8")
    return path


def of_product(name: str, data: Collection, folder: Path) -> list[list[str]]:
    """Ranked document ids by the product's own index, made with its defaults."""
    index = Index.open(folder / "index", create=True)
    report = index.add(source(data, folder))
    if report.indexed:
        print(f"  {name}: {report.chunks} chunks indexed in {report.seconds:.0f} s", flush=True)
    ranked = []
    for _, question in data.questions:
        # Phrases and exclusions are for people; these questions are plain text.
        plain = question.replace('"', " ").replace(" -", " ")
        hits = index.search(plain, top_k=50)
        ranked.append(list(dict.fromkeys(hit.document_id.split("#", 1)[1] for hit in hits)))
    return ranked


def of_minilm(data: Collection, cache: Path) -> list[list[str]]:
    embedder = load_embedder()
    if cache.is_file():
        vectors = np.load(cache)
    else:
        vectors = embedder.embed([whole(d) for d in data.documents])
        np.save(cache, vectors)
    queries = embedder.embed_queries([text for _, text in data.questions])
    order = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    return [[data.documents[i]["id"] for i in row] for row in order]


def of_bm25s(data: Collection) -> list[list[str]]:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")

    def tokens(texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

    model = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    model.index(tokens([whole(d) for d in data.documents]), show_progress=False)
    ids, _ = model.retrieve(tokens([text for _, text in data.questions]), k=10, show_progress=False)
    return [[data.documents[i]["id"] for i in row] for row in ids]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=SETS, metavar="SET")
    parser.add_argument("--limit", type=int, help="questions of each set")
    parser.add_argument("--fresh", action="store_true", help="index again")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in options.sets:
        folder = OUT / "retrieval" / name.replace("/", "-")
        if options.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        data = load(name, options.limit)
        started = time.perf_counter()
        systems = {
            "rag": of_product(name, data, folder),
            "minilm": of_minilm(data, folder / "whole.npy"),
            "bm25s": of_bm25s(data),
        }
        row: dict[str, object] = {"set": name, "questions": len(data.questions)}
        for system, ranked in systems.items():
            scores = [
                ndcg(r, data.relevant[q]) for r, (q, _) in zip(ranked, data.questions, strict=True)
            ]
            row[system] = round(float(np.mean(scores)), 4)
        row["aim"] = AIMS.get(name)
        row["seconds"] = round(time.perf_counter() - started)
        rows.append(row)
        print("  " + "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    print(f"\n{'nDCG@10':<14}{'questions':>10}{'MiniLM':>9}{'bm25s':>9}{'rag':>9}{'aim':>8}")
    for row in rows:
        best = max(float(str(row["minilm"])), float(str(row["bm25s"])))
        mark = "" if float(str(row["rag"])) >= best else "  below its better part"
        print(
            f"{row['set']:<14}{row['questions']:>10}{row['minilm']:>9.3f}{row['bm25s']:>9.3f}"
            f"{row['rag']:>9.3f}{row['aim'] or '':>8}{mark}"
        )
    OUT.mkdir(exist_ok=True)
    (OUT / "retrieval.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
