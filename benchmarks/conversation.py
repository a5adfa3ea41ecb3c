"""Does a follow-up question find what it is about?

    python benchmarks/conversation.py

MTRAG (Katsis et al. 2025): conversations over three collections. nDCG@10 of the product's default
search with what the user typed last; with the turns before it as well, which the product makes use
of without a language model; and with the rewrite that a person made of it, which the product never
sees. Uses the indexes of ``retrieval.py`` where they are, else makes them (some ten minutes).
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

import numpy as np
from peers.toolkits import keep
from retrieval import DATA, OUT, load, ndcg, source

from rag_infer import Index
from rag_infer.types import Hit

DOMAINS = ("clapnq", "cloud", "fiqa")
AIM = 1.10  # of the last turn alone


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    report = {}
    print(f"{'nDCG@10':10}{'turns':>7}{'last turn':>11}{'with earlier':>14}{'rewritten':>11}")
    for name in DOMAINS:
        report[name] = row = domain(name)
        gain, most = (row[k] / row["last"] for k in ("earlier", "rewritten"))
        print(
            f"{name:10}{row['questions']:7.0f}{row['last']:11.3f}{row['earlier']:14.3f}"
            f"{row['rewritten']:11.3f}   {gain:.3f} of the last turn (aim {AIM}: "
            f"{'met' if gain >= AIM else 'NOT met'}; a person's rewrite {most:.3f})",
            flush=True,
        )
    keep("conversation", report, publish=options.publish)


def domain(name: str) -> dict[str, float]:
    place = OUT / "retrieval" / f"mtrag-{name}"
    data = load(f"mtrag/{name}", None)
    index = Index.open(place / "index", create=True)
    index.add(source(data, place))
    lines = (DATA / "mtrag" / name / "queries.jsonl").read_text("utf-8").splitlines()
    turns = [q for q in map(json.loads, lines) if q["id"] in data.relevant]

    def mean(find: Callable[[dict[str, list[str]]], list[Hit]]) -> float:
        scores = []
        for turn in turns:
            found = dict.fromkeys(hit.source.split("#", 1)[1] for hit in find(turn))
            scores.append(ndcg(list(found), data.relevant[turn["id"]]))
        return float(np.mean(scores))

    return {
        "questions": len(turns),
        "last": mean(lambda t: index.search(t["history"][-1], 50)),
        "earlier": mean(lambda t: index.search(t["history"][-1], 50, earlier=t["history"][:-1])),
        "rewritten": mean(lambda t: index.search(str(t["text"]), 50)),
    }


if __name__ == "__main__":
    main()
