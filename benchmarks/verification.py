"""Does the verifier tell what a source supports from what it does not?

    python benchmarks/verification.py                 all sets; some minutes
    python benchmarks/verification.py --sets expertqa --publish
    python benchmarks/verification.py --verifier MODEL        with a cross-encoder beside it

For each claim (faithbench and qags: each sentence of a response; false where annotators marked it;
expertqa: what experts called completely supported, against partly and not supported, where the
passage is at hand) the probability that its source supports it, by the verifier, by word overlap
alone (share of the claim's words in the best sentences) and by embedding cosine alone (best
sentence). All three are logistic models fitted by ``training/claim_verifier.py`` on the same
claims, none of these sets among them, with thresholds chosen there in the same way: *marks* is the
one below which a claim is marked unsupported (5 % of the true training claims are), *half* the one
where balanced accuracy was best on the training claims. Prints balanced accuracy at both, the share
of true claims that is marked, the area under the curve and the calibration error. Aim: better than
both on every set. Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag_infer.cite import claim_verifier
from rag_infer.cite.claim_features import FEATURES, ClaimSource, measure
from rag_infer.cite.claim_verifier import (
    is_checkable,
    load_verifier,
    load_verifier_model,
    strip_markup,
)
from rag_infer.embed import load_embedder
from rag_infer.sentences import sentences

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
RESULTS = Path(__file__).parent / "results" / "verification.json"
MIN_PASSAGE_CHARS = 150  # shorter ones are a link, no passage


@dataclass(frozen=True)
class LabeledClaim:
    claim: str
    source: tuple[str, ...]
    true: bool


def lines(name: str) -> Iterator[dict]:  # type: ignore[type-arg]
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def split(text: str) -> tuple[str, ...]:
    return tuple(text[a:b] for a, b in sentences(text))


def wice() -> Iterator[LabeledClaim]:
    for c in lines("wice/claims.jsonl.gz"):
        yield LabeledClaim(c["claim"], tuple(c["evidence"]), c["label"] == "supported")


def qags() -> Iterator[LabeledClaim]:
    for r in lines("qags/responses.jsonl.gz"):
        source = split(r["source"])
        for s in r["response_sentences"]:
            yield LabeledClaim(s["text"], source, 2 * s["votes_yes"] > s["votes"])


def faithbench() -> Iterator[LabeledClaim]:
    for r in lines("faithbench/responses.jsonl.gz"):
        source, text = split(r["source"]), r["response"]
        wrong = [
            (s["start"], s["end"])
            for s in r["spans"]
            if any(label.startswith("Unwanted") for label in s["labels"])
        ]
        for start, end in sentences(text):
            if is_checkable(text[start:end]):
                hit = any(a is None or (a < end and b > start) for a, b in wrong)
                yield LabeledClaim(text[start:end], source, not hit)


def expertqa() -> Iterator[LabeledClaim]:
    for c in lines("expertqa/claims.jsonl.gz"):
        passages = [e["text"] for e in c["evidence"] if len(e["text"]) > MIN_PASSAGE_CHARS]
        if passages and c["support"] in ("Complete", "Partial", "Incomplete"):
            source = tuple(s for text in passages for s in split(text))
            yield LabeledClaim(c["claim"], source, c["support"] == "Complete")


SETS: dict[str, Callable[[], Iterator[LabeledClaim]]] = {
    "wice": wice, "qags": qags, "faithbench": faithbench, "expertqa": expertqa,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--verifier", metavar="MODEL", help="a cross-encoder to compare with")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    weights = Path(claim_verifier.__file__).with_name("claim_verifier.json")
    stored = json.loads(weights.read_text("utf-8"))
    embedder = load_embedder()
    sets = {name: SETS[name] for name in options.sets}
    print(f"{'':12}{'':10}{'balanced accuracy':>20}{'true':>10}{'':8}{'calibration':>13}")
    print(f"{'set':12}{'by':10}{'marks':>10}{'half':>10}{'marked':>10}{'AUC':>8}{'error':>13}")
    results = []
    for name, read in sets.items():
        examples = list(read())
        x, own = features(examples, embedder)
        y = np.array([a.true for a in examples])
        rows = {
            "verifier": (own, stored),
            "overlap": (probabilities(x, stored["overlap"], ("cover_few",)), stored["overlap"]),
            "cosine": (probabilities(x, stored["cosine"], ("cosine_best",)), stored["cosine"]),
        }
        if options.verifier:
            rows["model"] = (
                by_model(examples, options.verifier, embedder), {"partial": 0.5, "supported": 0.5},
            )  # fmt: skip
        for by, (p, cuts) in rows.items():
            row = {
                "set": name, "by": by,
                "marks": balanced(p, y, cuts["partial"]), "half": balanced(p, y, cuts["supported"]),
                "true_marked": float((p[y] < cuts["partial"]).mean()),
                "auc": auc(p, y), "calibration_error": calibration_error(p, y),
            }  # fmt: skip
            results.append(row)
            print(
                f"{name:12}{by:10}{row['marks']:10.3f}{row['half']:10.3f}"
                f"{row['true_marked']:10.3f}{row['auc']:8.3f}"
                f"{row['calibration_error']:13.3f}"
            )
        print(f"{'':12}{len(examples)} claims, {y.mean():.0%} true")
    for measured in ("marks", "half", "auc"):
        best = [
            name
            for name in sets
            if max((r for r in results if r["set"] == name and r["by"] != "model"),
                   key=lambda r: r[measured])["by"] == "verifier"
        ]  # fmt: skip
        print(f"{measured}: better than both on {', '.join(best) or 'none'}"
              f" {'(aim met)' if len(best) == len(sets) else '(aim missed)'}")  # fmt: skip
    if options.publish:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


def features(examples: list[LabeledClaim], embedder) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    texts = list(dict.fromkeys(t for a in examples for t in (strip_markup(a.claim), *a.source)))
    rows = dict(zip(texts, embedder.embed(texts), strict=True))
    model = load_verifier_model()
    vectors, own = [], []
    sources: dict[tuple[str, ...], ClaimSource] = {}
    for a in examples:
        if a.source not in sources:
            sources[a.source] = ClaimSource(a.source, np.array([rows[s] for s in a.source]))
        support = measure(strip_markup(a.claim), rows[strip_markup(a.claim)], sources[a.source])
        vectors.append(support.features if support else [0.0] * len(FEATURES))
        own.append(model.probability(support) if support else 0.0)
    return np.array(vectors), np.array(own)


def probabilities(x: np.ndarray, stored: dict, columns: tuple[str, ...]) -> np.ndarray:  # type: ignore[type-arg]
    logits = x[:, [FEATURES.index(c) for c in columns]] @ np.array(stored["weights"])
    return 1 / (1 + np.exp(-(logits + stored["bias"])))


def by_model(examples: list[LabeledClaim], spec: str, embedder) -> np.ndarray:  # type: ignore[no-untyped-def]
    model = load_verifier(spec, embedder)
    return np.array([model.check([a.claim], a.source)[0].probability or 0.0 for a in examples])


def balanced(p: np.ndarray, y: np.ndarray, t: float) -> float:
    return float(((p[y] >= t).mean() + (p[~y] < t).mean()) / 2)


def auc(p: np.ndarray, y: np.ndarray) -> float:
    """The chance that a true claim is given more than a false one; ties count half."""
    order = np.unique(p, return_inverse=True)[1]
    below = np.searchsorted(np.sort(order[~y]), order[y], "left")
    upto = np.searchsorted(np.sort(order[~y]), order[y], "right")
    return float((below + upto).mean() / 2 / max(1, (~y).sum()))


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    bins = [min(9, math.floor(v * 10)) for v in p]
    own = [np.array([b == k for b in bins]) for k in range(10)]
    return float(sum(m.mean() * abs(y[m].mean() - p[m].mean()) for m in own if m.any()))


if __name__ == "__main__":
    main()
