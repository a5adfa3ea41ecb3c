"""How alike words and headers are by meaning, by the embedder that is at hand."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.embed import Embedder
from rag_infer.table_qa.linking import Likeness


def likeness_of(embedder: Embedder) -> Likeness:
    """Cosines of a word and names; the embedder should remember what it embedded."""

    def likeness(word: str, names: Sequence[str]) -> Sequence[float]:
        vectors = embedder.embed([word, *names])
        return [float(score) for score in vectors[1:] @ vectors[0]]

    return likeness
