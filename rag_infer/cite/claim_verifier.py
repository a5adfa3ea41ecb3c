"""Is a claim supported by its source? A verdict with a calibrated probability and a reason.

The weights (``claim_verifier.json``) are written by ``training/claim_verifier.py``.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag_infer.cite.claim_features import FEATURES, ClaimSource, SupportFeatures, measure
from rag_infer.cite.logistic import LogisticModel
from rag_infer.cite.text_normalization import content, words
from rag_infer.embed import Embedder
from rag_infer.embed.similarity import cosine_floor
from rag_infer.types import Verdict

_MIN_WORD_SHARE = 0.5  # of a claim's words; with fewer in the source, that is the reason
_MAX_LISTED_ITEMS = 3
_MARGIN = 0.01  # below the threshold, of a claim with a figure, date or name of its own
_MARK = re.compile(r"\s*\[\d{1,4}\]")
_MARKDOWN = re.compile(r"^\s*(?:#{1,6}\s+|[-*+•]\s+|\d{1,3}[.)]\s+|>\s+)|\*\*|__(?=\w)|(?<=\w)__")


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What checking a claim found.

    ``probability`` is that the source supports all of it; None when there was nothing to check.
    ``evidence`` are the indices of the sentences that support it best, best first.
    """

    verdict: Verdict
    probability: float | None
    reason: str | None
    evidence: tuple[int, ...] = ()


class Verifier(Protocol):
    """Judges claims against the sentences of their source."""

    name: str

    def check(self, claims: Sequence[str], sentences: Sequence[str]) -> list[ClaimVerdict]:
        """One judgement a claim, in order."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierModel:
    """A logistic model over FEATURES, and two thresholds on its probability."""

    logistic: LogisticModel
    supported: float
    partial: float

    def probability(self, support: SupportFeatures) -> float:
        """That the source supports all of a claim.

        Another figure, date or name makes another claim, however alike the words are: it is never
        supported.
        """
        probability = self.logistic.probability(support.features)
        if support.has_specific_gap or support.opposite:
            return min(probability, self.supported - _MARGIN)
        return probability

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
        LogisticModel(tuple(stored["weights"]), stored["bias"]),
        stored["supported"],
        stored["partial"],
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
        # One question after another is checked against the same sentences.
        self._embed = getattr(embedder, "embed_sentences", embedder.embed)

    def check(self, claims: Sequence[str], sentences: Sequence[str]) -> list[ClaimVerdict]:
        texts = [strip_markup(c) for c in claims]
        indices = [n for n, c in enumerate(claims) if is_checkable(c)]
        verdicts = [_NOTHING] * len(claims)
        if not indices:
            return verdicts
        if not sentences:
            for n in indices:
                verdicts[n] = ClaimVerdict("unsupported", 0.0, "no passage was found for it")
            return verdicts
        # One call: what a claim and a source sentence are to each other, both read as passages.
        rows = self._embed([*(texts[n] for n in indices), *sentences])
        source = ClaimSource(sentences, rows[len(indices) :], cosine_floor(self._embedder))
        model = load_verifier_model()
        for n, row in zip(indices, rows, strict=False):
            support = measure(texts[n], row, source)
            if support is None:
                continue
            probability = model.probability(support)
            verdict = model.verdict(probability)
            verdicts[n] = ClaimVerdict(
                verdict,
                probability,
                None if verdict == "supported" else reason(support),
                support.evidence,
            )
        return verdicts


_NOTHING = ClaimVerdict("unchecked", None, "states nothing that can be checked")


def reason(support: SupportFeatures) -> str:
    """Why a claim is not supported: the most important difference first."""
    if support.opposite:
        return f"the source says the opposite of “{support.opposite}”"
    if support.excepted:
        return f"the source makes an exception of {_listed(support.excepted)}"
    for what, missing in (
        ("number", support.numbers),
        ("date", support.dates),
        ("name", support.names),
    ):
        if missing:
            return f"{what} not in the source: {_listed(missing)}"
    if support.detached:
        return f"in the source, but of something else: {_listed(support.detached)}"
    if support.negated:
        return "either the claim or the source is negated, not both"
    if support.quantities:
        return f"quantity not in the source: {_listed(support.quantities)}"
    share = support.features[FEATURES.index("cover_few")]
    if share < _MIN_WORD_SHARE:
        return f"little of it is in the source ({share:.0%} of its words)"
    if support.words:
        return f"not in the source: {_listed(support.words)}"
    return "its words are in the source, but not in one statement"


def _listed(items: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(items))
    more = ", ..." if len(distinct) > _MAX_LISTED_ITEMS else ""
    return ", ".join(distinct[:_MAX_LISTED_ITEMS]) + more


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
        verdicts = FeatureVerifier(self._embedder).check(claims, sentences)
        indices = [n for n, j in enumerate(verdicts) if j.evidence]
        pairs = []
        for n in indices:
            premise = " ".join(sentences[i] for i in sorted(verdicts[n].evidence))
            pairs.append((premise, strip_markup(claims[n])))
        for n, (entailed, against) in zip(indices, self._nli.score(pairs), strict=True):
            verdict: Verdict = (
                "supported"
                if entailed >= 0.5
                else "partial"
                if entailed > against
                else "unsupported"
            )
            why = verdicts[n].reason
            if against > entailed:
                why = "the source contradicts it" if why is None else f"contradicted; {why}"
            verdicts[n] = ClaimVerdict(
                verdict,
                entailed,
                None if verdict == "supported" else why or f"{self.name} finds it not entailed",
                verdicts[n].evidence,
            )
        return verdicts


def load_verifier(spec: str | None, embedder: Embedder) -> Verifier:
    """The verifier called ``spec``: None is the one that comes with the package."""
    return FeatureVerifier(embedder) if spec is None else NliVerifier(spec, embedder)
