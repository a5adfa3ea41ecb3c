"""Do summaries hold what matters, and how fast are long documents read?

    python benchmarks/summaries.py                  both parts; about 4 minutes
    python benchmarks/summaries.py --only rouge     quality alone
    python benchmarks/summaries.py --only filings   three bullets of each filing, pages/s

Quality: the sources of QAGS, news of CNN/DM and XSUM. The set has no reference summaries of its
own; what stands in for them are the sentences of model-written summaries of which a majority of
the annotators said that the source supports them. Each method gives whole sentences in the order
of the source until it has as many words as the reference, and is cut there, so that all are of one
length. ROUGE F1 (rouge-score, stemmed). LexRank and TextRank are sumy's. Aim: above all three.

Filings: every PDF of FinanceBench through the command `rag summarize --bullets 3`, whole processes;
what it printed is kept in benchmarks/out/summaries/ to be read. Aim: 100 pages in under 10 s.

Needs the evaluation data (RAG_EVAL_DATA) and the extra `bench`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
OUT = Path(__file__).parent / "out" / "summaries"
RESULTS = Path(__file__).parent / "results" / "summaries.json"
KINDS = ("rouge1", "rouge2", "rougeL")
_MOST = 12  # sentences of the longest summary

Method = Callable[[str, int], list[str]]  # source, sentences -> them, in the order of the source


def rouge() -> dict[str, dict[str, float]]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(KINDS), use_stemmer=True)
    pairs = []
    with gzip.open(DATA / "qags" / "responses.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            supported = [
                s["text"] for s in row["response_sentences"] if s["votes_yes"] * 2 > s["votes"]
            ]
            if supported:
                pairs.append((row["source"], " ".join(supported)))
    methods = {"rag-infer": _ours(), "lead": _lead, **_sumy()}
    table = {}
    print(f"{len(pairs)} sources\n{'':<12}" + "".join(f"{k:>9}" for k in KINDS))
    for name, method in methods.items():
        scores: dict[str, list[float]] = {k: [] for k in KINDS}
        for source, reference in pairs:
            rouge_scores = scorer.score(reference, _cut(method, source, len(reference.split())))
            for kind in KINDS:
                scores[kind].append(rouge_scores[kind].fmeasure)
        table[name] = {k: 100 * fmean(v) for k, v in scores.items()}
        print(f"{name:<12}" + "".join(f"{table[name][k]:>9.2f}" for k in KINDS), flush=True)
    ours = table["rag-infer"]
    beaten = [k for k in KINDS if all(ours[k] > t[k] for n, t in table.items() if n != "rag-infer")]
    print(f"above all three in {', '.join(beaten) or 'none'}; aim: all")
    return table


def _cut(method: Method, source: str, words: int) -> str:
    for count in range(1, _MOST):
        text = " ".join(method(source, count)).split()
        if len(text) >= words:
            break
    return " ".join(text[:words])


def _ours() -> Method:
    from rag_infer.embed import load_embedder
    from rag_infer.summary.extractive import select_sentences
    from rag_infer.summary.sentence_filter import statements
    from rag_infer.types import Page

    embedder = load_embedder()

    def method(source: str, count: int) -> list[str]:
        text = statements([Page(1, source)])
        return [s.text for s in select_sentences(text, embedder, bullets=count)]

    return method


def _lead(source: str, count: int) -> list[str]:
    from rag_infer.sentences import sentences

    return [source[a:b] for a, b in sentences(source)[:count]]


def _sumy() -> dict[str, Method]:
    from sumy.nlp.stemmers import Stemmer
    from sumy.parsers.plaintext import PlaintextParser
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer
    from sumy.utils import get_stop_words

    class Words:
        """Our sentences and plain words: sumy's own need a download."""

        def to_sentences(self, text: str) -> list[str]:
            return _lead(text, 10_000)

        def to_words(self, text: str) -> list[str]:
            import re

            return re.findall(r"[^\W\d_]+", text.lower())

    def of(kind: type) -> Method:
        summarizer = kind(Stemmer("english"))
        summarizer.stop_words = get_stop_words("english")

        def method(source: str, count: int) -> list[str]:
            parsed = PlaintextParser.from_string(source.replace("\n", " "), Words())
            return [str(s) for s in summarizer(parsed.document, count)]

        return method

    return {"LexRank": of(LexRankSummarizer), "TextRank": of(TextRankSummarizer)}


def filings() -> list[dict[str, float | str]]:
    rag = Path(sys.executable).with_name("rag")
    OUT.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, float | str]] = []
    print(f"\n{'filing':<34}{'pages':>7}{'seconds':>9}{'pages/s':>9}")
    for file in sorted((DATA / "financebench" / "pdfs").glob("*.pdf")):
        start = time.perf_counter()
        done = subprocess.run(
            [str(rag), "summarize", str(file), "--bullets", "3", "--json"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        (rouge_scores,) = json.loads(done.stdout)
        pages = rouge_scores["coverage"]["pages"]
        rows.append({"filing": file.stem, "pages": pages, "seconds": round(seconds, 2)})
        text = "\n".join(f"- {p['text']}" for p in rouge_scores["points"])
        (OUT / f"{file.stem}.txt").write_text(f"{file.stem}\n{text}\n", "utf-8")
        print(f"{file.stem[:33]:<34}{pages:>7}{seconds:>9.2f}{pages / seconds:>9.1f}", flush=True)
    slowest = max(rows, key=lambda r: float(r["seconds"]) / float(r["pages"]))
    every = sum(float(r["pages"]) for r in rows), sum(float(r["seconds"]) for r in rows)
    print(f"in all {every[0] / every[1]:.1f} pages/s")
    hundred = [100 * float(r["seconds"]) / float(r["pages"]) for r in rows if int(r["pages"]) >= 50]
    if hundred:
        print(
            f"100 pages of the slowest long filing: {max(hundred):.1f} s; aim under 10: "
            + ("met" if max(hundred) < 10 else "missed")
        )
    print(f"slowest for its length: {slowest['filing']}; the bullets are in {OUT}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=("rouge", "filings"))
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    results: dict[str, object] = {}
    if options.only != "filings":
        results["rouge"] = rouge()
    if options.only != "rouge":
        results["filings"] = filings()
    if options.publish:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
