"""Does a follow-up question find what it is about?

    python benchmarks/conversation.py

MTRAG (Katsis et al. 2025): conversations over three collections. nDCG@10 of the product's default
search with what the user typed last; with the turns before it as well, which the product makes use
of without a language model; and with the rewrite that a person made of it, which the product never
sees. Beside it BM25 alone (as in ``retrieval.py``) on the last turn and on the rewrite, and the
last turn alone where a question that leans on others is ranked as much by its vector as with them:
what that share does without the turns. Every turn counts, first ones too, which nothing precedes.

A few conversations more or less move the gain, so it is printed also with a fifth of them left out
(lowest and highest of five) and as the middle nine tenths of 2,000 draws of the conversations; and
what the turns cost, as the median of searches that alternate with and without them.
Uses the indexes of ``retrieval.py`` where they are, else makes them (some ten minutes).
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data); bm25s (pip install bm25s) for
the two columns of BM25.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
from peers.toolkits import keep
from retrieval import DATA, OUT, Collection, load, ndcg, of_bm25s, source

from rag_infer import Index
from rag_infer.retrieve import SearchOptions, search
from rag_infer.retrieve.history_expansion import context_dependence, dense_weight

DOMAINS = ("clapnq", "cloud", "fiqa")
AIM = 1.10  # of the last turn alone
FIFTHS, DRAWS = 5, 2000
DEFAULT = SearchOptions()
BM25 = find_spec("bm25s") is not None

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Turn:
    id: str
    conversation: str
    typed: str
    earlier: tuple[str, ...]
    rewritten: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    report = {}
    print("nDCG@10       turns   last  earlier  rewrite  denser   bm25: last  rewrite")
    for name in DOMAINS:
        report[name] = row = domain(name)
        print(
            f"{name:12}{row['turns']:7.0f}{row['last']:7.3f}{row['earlier']:9.3f}"
            f"{row['rewritten']:9.3f}{row['denser']:8.3f}"
            + (f"{row['bm25_last']:13.3f}{row['bm25_rewritten']:9.3f}" if BM25 else "   no bm25s"),
            flush=True,
        )
    print("\nof the last turn   earlier  a fifth left out     drawn   rewrite  follow-ups    ms")
    for name, row in report.items():
        gain = row["earlier"] / row["last"]
        print(
            f"{name:18}{gain:8.3f}{row['without_lowest']:11.3f} to {row['without_highest']:.3f}"
            f"{row['drawn_low']:8.2f} to {row['drawn_high']:.2f}"
            f"{row['rewritten'] / row['last']:7.3f}{row['follow_ups']:10.3f}"
            f"  {row['ms_last']:5.1f} -> {row['ms_earlier']:.1f}"
            f"   aim {AIM}: {'met' if gain >= AIM else 'NOT met'}"
        )
    keep("conversation", report, publish=options.publish)


def domain(name: str) -> dict[str, float]:
    folder = OUT / "retrieval" / f"mtrag-{name}"
    data = load(f"mtrag/{name}", None)
    index = Index.open(folder / "index", create=True)
    index.add(source(data, folder))
    lines = (DATA / "mtrag" / name / "queries.jsonl").read_text("utf-8").splitlines()
    turns = [
        Turn(q["id"], q["conversation"], q["history"][-1], tuple(q["history"][:-1]), q["text"])
        for q in map(json.loads, lines)
        if q["id"] in data.relevant
    ]

    def scores(text: Callable[[Turn], str], how: Callable[[Turn], SearchOptions]) -> Scores:
        each = []
        for turn in turns:
            hits = search(index.engine.snapshot, index.engine.embedder, text(turn), 50, how(turn))
            ranking = dict.fromkeys(hit.document_id.split("#", 1)[1] for hit in hits)
            each.append(ndcg(list(ranking), data.relevant[turn.id]))
        return np.array(each)

    def denser(turn: Turn) -> SearchOptions:
        degree = context_dependence(turn.typed) if turn.earlier else 0.0
        return replace(DEFAULT, weight=dense_weight(DEFAULT.weight, degree))

    last = scores(lambda t: t.typed, lambda _: DEFAULT)
    earlier = scores(lambda t: t.typed, lambda t: replace(DEFAULT, earlier=t.earlier))
    later = np.array([bool(t.earlier) for t in turns])
    of = np.unique([t.conversation for t in turns], return_inverse=True)[1]
    return {
        "turns": len(turns),
        "last": float(last.mean()),
        "earlier": float(earlier.mean()),
        "rewritten": float(scores(lambda t: t.rewritten, lambda _: DEFAULT).mean()),
        "denser": float(scores(lambda t: t.typed, denser).mean()),
        "follow_ups": float(earlier[later].mean() / last[later].mean()),
        **(by_bm25(data, turns) if BM25 else {}),
        **spread(last, earlier, of),
        **cost(index, [t for t in turns if t.earlier]),
    }


def by_bm25(data: Collection, turns: list[Turn]) -> dict[str, float]:
    ranking = {}
    for name, texts in (
        ("bm25_last", [(t.id, t.typed) for t in turns]),
        ("bm25_rewritten", [(t.id, t.rewritten) for t in turns]),
    ):
        ranked = of_bm25s(replace(data, questions=texts))
        scores = [ndcg(r, data.relevant[t.id]) for r, t in zip(ranked, turns, strict=True)]
        ranking[name] = float(np.mean(scores))
    return ranking


def spread(last: Scores, earlier: Scores, of: npt.NDArray[np.int64]) -> dict[str, float]:
    """How the gain depends on which conversations there are; ``of`` numbers that of each turn."""
    count = int(of.max()) + 1
    sums = [np.bincount(of, weights=scores, minlength=count) for scores in (earlier, last)]
    fifth = np.arange(count) % FIFTHS
    without = [sums[0][fifth != f].sum() / sums[1][fifth != f].sum() for f in range(FIFTHS)]
    draws = np.random.default_rng(0).integers(count, size=(DRAWS, count))
    resampled = sums[0][draws].sum(axis=1) / sums[1][draws].sum(axis=1)
    low, high = np.percentile(resampled, (5, 95))
    return {
        "without_lowest": float(min(without)),
        "without_highest": float(max(without)),
        "drawn_low": float(low),
        "drawn_high": float(high),
    }


def cost(index: Index, turns: list[Turn]) -> dict[str, float]:
    times: dict[str, list[float]] = {"ms_last": [], "ms_earlier": []}
    for turn in turns:
        for name, before in (("ms_last", ()), ("ms_earlier", turn.earlier)):
            start = time.perf_counter()
            index.search(turn.typed, 10, earlier=before)
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(times)) for name, times in times.items()}


if __name__ == "__main__":
    main()
