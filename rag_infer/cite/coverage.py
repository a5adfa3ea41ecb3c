"""How much of a question's words a set of words holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from rag_infer.cite.text_normalization import related

_RELATED_WORD_WEIGHT = 0.7
_MIN_RELATED_CHARS = 4  # of a key that inflected forms are looked for


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """``share`` of the weight that is covered, 0 to 1; ``missing``: the heaviest absent word's."""

    share: float
    missing: float


def related_keys(keys: Iterable[str], vocabulary: Set[str]) -> dict[str, frozenset[str]]:
    """For each key the others of a vocabulary that are likely derived from the same word.

    Looked up once for all units of the passages, as it costs more than the comparison of sets.
    """
    by_initial: dict[str, list[str]] = {}
    for word in vocabulary:
        by_initial.setdefault(word[:1], []).append(word)
    return {
        k: frozenset(h for h in by_initial.get(k[:1], ()) if h != k and related(k, h))
        if len(k) >= _MIN_RELATED_CHARS
        else frozenset()
        for k in keys
    }


def coverage(
    keys: Sequence[str],
    present: Set[str],
    weights: Mapping[str, float],
    related_to: Mapping[str, Set[str]],
) -> WordCoverage:
    """How much of the weight of ``keys`` is among ``present``, inflected forms for a part.

    Args:
        keys: Keys of the question's words.
        present: Keys of a unit, passage or heading.
        weights: The weight of each key.
        related_to: Those of ``related_keys``, of a vocabulary that holds all of ``present``.
    """
    total = sum(weights[k] for k in keys)
    if not total:
        return WordCoverage(0.0, 0.0)
    covered = worst = 0.0
    for k in keys:
        weight = weights[k]
        if k in present:
            covered += weight
        elif related_to[k] and not related_to[k].isdisjoint(present):
            covered += _RELATED_WORD_WEIGHT * weight
            worst = max(worst, (1 - _RELATED_WORD_WEIGHT) * weight)
        else:
            worst = max(worst, weight)
    return WordCoverage(covered / total, worst / 7)
