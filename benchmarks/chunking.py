"""Do chunks hold what is asked for, and little else?

    python benchmarks/chunking.py                     the default, about two minutes
    python benchmarks/chunking.py --size 120 160 --enough 60 90     other sizes, every combination

Metric, data and rows to compare with: Smith & Troynikov, "Evaluating Chunking Strategies for
Retrieval", Chroma, July 2024, whose code counts characters. The five best chunks by dense search
alone, the bundled MiniLM, one index over all five texts; means over the questions, in %. Their
rows are of all 472 questions with the same embedding model; ours are of those at hand.
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, pstdev

import numpy as np
from peers.toolkits import keep

from rag_infer.embed import FloatRows, load_embedder
from rag_infer.embed.neighbor_smoothing import blend
from rag_infer.read import SourceFile, read_files
from rag_infer.split import SplitOptions, embedding_text, split
from rag_infer.types import Chunk, Document

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "chunking_eval"
TOP = 5
AIM_RECALL, AIM_IOU = 80.0, 7.0
# Published: chunking, recall, precision, IoU.
PUBLISHED = (
    ("Recursive 250, overlap 125", 78.7, 4.9, 4.9),
    ("TokenText 250, overlap 125", 82.4, 3.6, 3.5),
    ("Recursive 250", 78.5, 5.4, 5.4),
    ("TokenText 250", 77.1, 3.3, 3.3),
    ("Recursive 200", 75.7, 6.5, 6.5),
    ("TokenText 200", 76.6, 4.1, 4.1),
    ("Cluster (theirs) 250", 77.3, 6.1, 6.0),
    ("best IoU of their table", 75.2, 7.2, 7.2),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    default = SplitOptions()
    parser.add_argument("--size", type=int, nargs="*", default=[default.size])
    parser.add_argument("--enough", type=int, nargs="*", default=[default.enough])
    parser.add_argument("--least", type=int, nargs="*", default=[default.least])
    parser.add_argument("--alone", action="store_true", help="also without neighbours' vectors")
    parser.add_argument("--bare", action="store_true", help="also without headings before the text")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there; set RAG_EVAL_DATA")
    documents = read()
    questions = [json.loads(line) for line in (DATA / "questions.jsonl").open(encoding="utf-8")]
    embedder = load_embedder()
    query_vectors = embedder.embed_queries([q["text"] for q in questions])
    print(f"{'':30}{'chunks':>7}{'chars':>7}{'recall':>15}{'precision':>14}{'IoU':>13}")
    for name, recall, precision, iou in PUBLISHED:
        print(f"{name:44}{recall:8.1f}{precision:14.1f}{iou:13.1f}")
    rows = []
    for size, enough, least in itertools.product(options.size, options.enough, options.least):
        split_options = SplitOptions(size, enough, least)
        chunks = [c for d in documents for c in split(d, embedder, split_options)]
        for bare in (False, True) if options.bare else (False,):
            own = embedder.embed([c.text if bare else embedding_text(c) for c in chunks])
            ways = {"": blended(own, chunks)} | ({" alone": own} if options.alone else {})
            for way, vectors in ways.items():
                best = np.argsort(-(query_vectors @ vectors.T), axis=1)[:, :TOP]
                scores = [
                    score(q, [chunks[i] for i in b]) for q, b in zip(questions, best, strict=True)
                ]
                name = f"rag-infer {size}/{enough}/{least}{' bare' if bare else ''}{way}"
                rows.append(show(name, chunks, scores))
    worse = [p[0] for p in PUBLISHED if p[1] > rows[0]["recall"] and p[3] > rows[0]["iou"]]
    met = not worse and rows[0]["recall"] >= AIM_RECALL and rows[0]["iou"] >= AIM_IOU
    print(
        f"aim: recall {AIM_RECALL:.0f} and IoU {AIM_IOU:.0f}, no published row better on both: "
        f"{'met' if met else 'NOT met'}"
    )
    keep("chunking", {"questions": len(questions), "rows": rows}, publish=options.publish)


def read() -> list[Document]:
    paths = {p.stem: p for p in sorted((DATA / "corpora").glob("*.md"))}
    read = read_files([SourceFile(path, name) for name, path in paths.items()])
    documents = sorted((d for r in read for d in r.documents), key=lambda d: d.id)
    for document in documents:
        # Offsets of the questions are those of the file.
        text = paths[document.id].read_bytes().decode("utf-8")
        if [page.text for page in document.pages] != [text]:
            sys.exit(f"{paths[document.id]}: its canonical text is not the file's")
    return documents


def blended(vectors: FloatRows, chunks: Sequence[Chunk]) -> FloatRows:
    """As ``rag index`` stores them: with a part of their neighbours' in the same document."""
    documents = [c.document_id for c in chunks]
    starts = [n for n, d in enumerate(documents) if not n or d != documents[n - 1]]
    ends = [*starts[1:], len(documents)]
    return np.concatenate([blend(vectors[a:b]) for a, b in zip(starts, ends, strict=True)])


def score(question: dict[str, object], chunks: Sequence[Chunk]) -> tuple[float, float, float]:
    """Recall, precision and IoU of one question, in characters."""
    references = question["references"]
    assert isinstance(references, list)
    spans = [(r["start"], r["end"]) for r in references]
    own = [c for c in chunks if c.document_id == question["corpus_id"]]
    met: set[int] = set()
    for c in own:
        for a, b in spans:
            met.update(range(max(a, c.start), min(b, c.end)))
    evidence_length = sum(b - a for a, b in spans)
    returned = sum(c.end - c.start for c in chunks)
    inter = len(met)
    return inter / evidence_length, inter / returned, inter / (returned + evidence_length - inter)


def show(
    name: str, chunks: Sequence[Chunk], scores: Sequence[tuple[float, float, float]]
) -> dict[str, float | str]:
    columns = [[100 * value for value in column] for column in zip(*scores, strict=True)]
    size = fmean(c.end - c.start for c in chunks)
    cells = "".join(f"{fmean(c):8.1f} ± {pstdev(c):4.1f}" for c in columns)
    print(f"{name:30}{len(chunks):7}{size:7.0f}{cells}", flush=True)
    recall, precision, iou = (fmean(c) for c in columns)
    return {"name": name, "chunks": len(chunks), "mean_characters": size,
            "recall": recall, "precision": precision, "iou": iou}  # fmt: skip


if __name__ == "__main__":
    main()
