"""Fits the model that tells whether a source bears a claim.

    python training/claim_verifier.py      fits, prints held-out figures, writes the weights

Claims: ``claim_verifier_data.py``, about 11,000 from text whose licence lets a fitted model be
shipped. Figures are of documents that the weights have not seen (five folds). Every weight is held
to the sign that its feature must have: more words shared can only speak for a claim. Without that,
the fit learns what the made-up claims have in common. Two thresholds: below ``partial`` a claim is
marked unsupported (5 % of true claims are, by its choice), from ``supported`` on, where balanced
accuracy is best, it is supported. Needs scikit-learn and SciPy, which sentence-transformers brings.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from claim_verifier_data import Example, examples
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from rag_infer.cite import claim_verifier
from rag_infer.cite.claim_features import FEATURES, ClaimSource, measure
from rag_infer.cite.claim_verifier import strip_markup
from rag_infer.embed import load_embedder

OUT = Path(claim_verifier.__file__).with_name("claim_verifier.json")
FOLDS = 5
MARKED = 0.05  # of true claims, the share that may be marked unsupported
AGAINST = {"missing", "numbers_missing", "names_missing", "negation", "opposite"}
BASELINES = {"overlap": "cover_few", "cosine": "cosine_best"}
# How much each kind counts, within the true and within the false.
WEIGHTS = {
    "written": 3.0, "asked": 1.5, "shortened": 1.0, "verbatim": 0.4,
    "number": 1.5, "name": 1.0, "polarity": 0.6, "splice": 0.7, "detail": 1.0,
    "other answer": 0.7, "unanswerable": 1.0, "elsewhere": 1.0, "other written": 1.0,
}  # fmt: skip


def main() -> None:
    generated = examples(random.Random(7))
    x, valid = features(generated)
    y = np.array([e.true for e in valid])
    kinds = np.array([e.kind for e in valid])
    w = weights(kinds, y)
    groups = sorted({e.group for e in valid})
    random.Random(7).shuffle(groups)
    fold_of = {g: i % FOLDS for i, g in enumerate(groups)}
    folds = np.array([fold_of[e.group] for e in valid])
    print(f"{len(valid)} claims, {y.sum()} true, of {len(groups)} documents and conversations")
    stored: dict[str, object] = {
        "about": "logistic model of cite/claim_verifier.py; training/claim_verifier.py",
        "features": FEATURES,
    }
    for name, columns in {
        "all features": FEATURES,
        **{k: (v,) for k, v in BASELINES.items()},
    }.items():
        at = [FEATURES.index(c) for c in columns]
        p = np.zeros(len(y))
        for fold in range(FOLDS):
            in_training = folds != fold
            coefficients, bias = fit(x[in_training][:, at], y[in_training], w[in_training], columns)
            p[~in_training] = sigmoid(x[~in_training][:, at] @ coefficients + bias)
        partial, supported = thresholds(p, y, w)
        print(
            f"{name:14} AUC {roc_auc_score(y, p, sample_weight=w):.3f}, calibration error "
            f"{calibration_error(p, y, w):.3f}, thresholds {partial:.2f} {supported:.2f}, balanced "
            f"accuracy {balanced(p, y, w, partial):.3f} {balanced(p, y, w, supported):.3f}"
        )
        coefficients, bias = fit(x[:, at], y, w, columns)
        fitted = {
            "weights": [round(float(v), 4) for v in coefficients],
            "bias": round(bias, 4),
            "partial": round(partial, 3),
            "supported": round(supported, 3),
        }
        if name == "all features":
            stored |= fitted
            print(f"{'kind':16}{'claims':>7}{'unsupported':>13}{'partial':>8}{'supported':>11}")
            for kind in WEIGHTS:
                own = p[kinds == kind]
                print(
                    f"{kind:16}{len(own):7}{(own < partial).mean():13.0%}"
                    f"{((own >= partial) & (own < supported)).mean():8.0%}"
                    f"{(own >= supported).mean():11.0%}"
                )
            for feature, weight in zip(FEATURES, coefficients, strict=True):
                print(f"  {feature:18}{weight:8.2f}")
        else:
            # The benchmark compares with these, fitted and cut in the same way.
            stored[name] = fitted
    OUT.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def features(generated: Sequence[Example]) -> tuple[np.ndarray, list[Example]]:
    embedder = load_embedder()
    texts = list(dict.fromkeys(t for e in generated for t in (strip_markup(e.text), *e.source)))
    rows = dict(zip(texts, embedder.embed(texts), strict=True))
    sources: dict[int, ClaimSource] = {}
    coefficients, valid = [], []
    for e in generated:
        if id(e.source) not in sources:
            sources[id(e.source)] = ClaimSource(e.source, np.array([rows[s] for s in e.source]))
        support = measure(strip_markup(e.text), rows[strip_markup(e.text)], sources[id(e.source)])
        if support is not None:
            coefficients.append(support.features)
            valid.append(e)
    return np.array(coefficients), valid


def weights(kinds: np.ndarray, y: np.ndarray) -> np.ndarray:
    w = np.array([WEIGHTS[k] / (kinds == k).sum() for k in kinds])
    for side in (y, ~y):
        w[side] *= len(y) / 2 / w[side].sum()
    return w


def fit(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, columns: Sequence[str]
) -> tuple[np.ndarray, float]:
    """Logistic regression whose weights keep their sign; returned for features as they are."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z, t = (x - mean) / scale, np.where(y, 1.0, -1.0)

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        m = (z @ b[1:] + b[0]) * t
        pull = -(w * t * sigmoid(-m)) / len(y)
        penalty = 50 / len(y)
        value = (w * np.logaddexp(0, -m)).sum() / len(y) + penalty / 2 * (b[1:] ** 2).sum()
        return float(value), np.r_[pull.sum(), z.T @ pull + penalty * b[1:]]

    bounds = [(None, None), *((None, 0.0) if c in AGAINST else (0.0, None) for c in columns)]
    b = minimize(loss, np.zeros(len(columns) + 1), jac=True, bounds=bounds).x
    coefficients = b[1:] / scale
    return coefficients, float(b[0] - coefficients @ mean)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(z, -50, 50)))


def thresholds(p: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    order = np.argsort(p[y])
    passed = np.cumsum(w[y][order]) / w[y].sum()
    partial = float(p[y][order][np.searchsorted(passed, MARKED)])
    tried = np.linspace(0.02, 0.98, 97)
    return partial, float(max(tried, key=lambda t: balanced(p, y, w, t)))


def balanced(p: np.ndarray, y: np.ndarray, w: np.ndarray, t: float) -> float:
    predicted = p >= t
    return float((w[y & predicted].sum() / w[y].sum() + w[~y & ~predicted].sum() / w[~y].sum()) / 2)


def calibration_error(p: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    bins = np.clip((p * 10).astype(int), 0, 9)
    error = 0.0
    for b in range(10):
        own = bins == b
        if own.any():
            gap = abs(np.average(y[own], weights=w[own]) - np.average(p[own], weights=w[own]))
            error += w[own].sum() / w.sum() * gap
    return error


if __name__ == "__main__":
    main()
