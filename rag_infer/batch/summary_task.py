"""How the documents of a batch are summarized."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SummaryTask:
    """How each document is summarized; with neither limit in 5 points, as by ``rag summarize``.

    Attributes:
        bullets: Most points.
        words: Most words of all points together.
    """

    bullets: int | None = None
    words: int | None = None
