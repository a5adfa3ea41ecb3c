"""Is a claim borne by its source? A verdict with a calibrated probability and a reason.

Knows: the fitted model over the features of ``support`` (``claim_verifier.json``, written by
``training/claim_verifier.py``), what a claim is, how a reason is worded.
Does not know: documents, retrieval, how verdicts are shown.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag_infer.cite.claim_features import FEATURES, ClaimSource, SupportFeatures, measure
from rag_infer.cite.text_normalization import content, words
from rag_infer.embed import Embedder
from rag_infer.types import Verdict

_THIN = 0.5  # of a claim's words; with fewer in the source, that is the reason
_SHOWN = 3
_MARK = re.compile(r"\s*\[\d{1,4}\]")
_MARKDOWN = re.compile(r"^\s*(?:#{1,6}\s+|[-*+•]\s+|\d{1,3}[.)]\s+|>\s+)|\*\*|__(?=\w)|(?<=\w)__")


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What checking a claim found.

    ``probability`` is that the source bears all of it; None when there was nothing to check.
    ``bearing`` are the numbers of the sentences that come nearest to bearing it, best first.
    """

    verdict: Verdict
    probability: float | None
    reason: str | None
    bearing: tuple[int, ...] = ()


class Verifier(Protocol):
    """Judges claims against the sentences of their source."""

    name: str

    def check(self, claims: Sequence[str], sentences: Sequence[str]) -> list[ClaimVerdict]:
        """One judgement a claim, in order."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierModel:
    """A logistic model over FEATURES, and two thresholds on its probability."""

    weights: tuple[float, ...]
    bias: float
    supported: float
    partial: float

    def probability(self, features: Sequence[float]) -> float:
        logit = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))

    def verdict(self, probability: float) -> Verdict:
        if probability >= self.supported:
            return "supported"
        return "partial" if probability >= self.partial else "unsupported"


@functools.lru_cache(maxsize=1)
def load_verifier_model() -> VerifierModel:
    """The weights that come with the package."""
    stored = json.loads(Path(__file__).with_name("claim_verifier.json").read_text("utf-8"))
    if stored["features"] != list(FEATURES):
        raise AssertionError("claim_verifier.json was fitted to other features; run training/")
    return VerifierModel(
        tuple(stored["weights"]), stored["bias"], stored["supported"], stored["partial"]
    )


def strip_markup(claim: str) -> str:
    """A claim without citation numbers and the marks of Markdown around it."""
    return _MARKDOWN.sub("", _MARK.sub("", claim)).strip()


def is_checkable(claim: str) -> bool:
    """Whether a sentence says anything that could be true or false: no heading, no question."""
    text = strip_markup(claim)
    if text.endswith(("?", ":")) or claim.lstrip().startswith(("#", "```", "~~~")):
        return False
    return len(content(words(text))) >= 2


class FeatureVerifier:
    """The verifier that needs no further weights: ``support``'s features, the index's embedder."""

    name = "features"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def check(self, claims: Sequence[str], sentences: Sequence[str]) -> list[ClaimVerdict]:
        told = [strip_markup(c) for c in claims]
        checked = [n for n, c in enumerate(claims) if is_checkable(c)]
        found = [_NOTHING] * len(claims)
        if not checked:
            return found
        if not sentences:
            for n in checked:
                found[n] = ClaimVerdict("unsupported", 0.0, "no passage was found for it")
            return found
        # One call: what a claim and a source sentence are to each other, both read as passages.
        rows = self._embedder.embed([*(told[n] for n in checked), *sentences])
        source = ClaimSource(sentences, rows[len(checked) :])
        model = load_verifier_model()
        for n, row in zip(checked, rows, strict=False):
            support = measure(told[n], row, source)
            if support is None:
                continue
            probability = model.probability(support.features)
            verdict = model.verdict(probability)
            found[n] = ClaimVerdict(
                verdict,
                probability,
                None if verdict == "supported" else reason(support),
                support.bearing,
            )
        return found


_NOTHING = ClaimVerdict("unchecked", None, "says nothing that could be checked")


def reason(support: SupportFeatures) -> str:
    """Why a claim is not borne, in words for a person: the most telling difference first."""
    if support.opposite:
        return f"the source says the opposite of “{support.opposite}”"
    for what, missing in (
        ("number", support.numbers),
        ("date", support.dates),
        ("name", support.names),
    ):
        if missing:
            return f"{what} not in the source: {_listed(missing)}"
    if support.negated:
        return "one of claim and source is in the negative, the other is not"
    if support.quantities:
        return f"quantity not in the source: {_listed(support.quantities)}"
    share = support.features[FEATURES.index("cover_few")]
    if share < _THIN:
        return f"little of it is in the source ({share:.0%} of its words)"
    if support.words:
        return f"not in the source: {_listed(support.words)}"
    return "its words are in the source, but not said together"


def _listed(items: Sequence[str]) -> str:
    shown = list(dict.fromkeys(items))
    more = ", ..." if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


class NliVerifier:
    """A cross-encoder trained on natural language inference has the word, by folder or hub id.

    A claim is judged against its nearest sentences together; where they are and what is missing
    comes from the features. Raises ModelError when the model cannot be loaded or has no class
    for entailment.
    """

    def __init__(self, spec: str, embedder: Embedder) -> None:
        from rag_infer.cite.nli import Nli

        self._nli = Nli(spec)
        self._embedder = embedder
        self.name = self._nli.name

    def check(self, claims: Sequence[str], sentences: Sequence[str]) -> list[ClaimVerdict]:
        found = FeatureVerifier(self._embedder).check(claims, sentences)
        asked = [n for n, j in enumerate(found) if j.bearing]
        pairs = []
        for n in asked:
            premise = " ".join(sentences[i] for i in sorted(found[n].bearing))
            pairs.append((premise, strip_markup(claims[n])))
        for n, (entailed, against) in zip(asked, self._nli.score(pairs), strict=True):
            verdict: Verdict = (
                "supported"
                if entailed >= 0.5
                else "partial"
                if entailed > against
                else "unsupported"
            )
            why = found[n].reason
            if against > entailed:
                why = "the source contradicts it" if why is None else f"contradicted; {why}"
            found[n] = ClaimVerdict(
                verdict,
                entailed,
                None if verdict == "supported" else why or f"{self.name} finds it not entailed",
                found[n].bearing,
            )
        return found


def load_verifier(spec: str | None, embedder: Embedder) -> Verifier:
    """The verifier called ``spec``: None is the one that comes with the package."""
    return FeatureVerifier(embedder) if spec is None else NliVerifier(spec, embedder)
