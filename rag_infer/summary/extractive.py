"""A summary of a document's own sentences.

Knows: which sentences are central, lead, cover the sections and do not repeat each other.
Does not know: files, models that write.

Centrality is the degree in the graph of sentence embeddings (as in LexRank, Erkan and Radev 2004,
with cosines of embeddings for those of words); what is chosen is chosen by marginal relevance
(Carbonell and Goldstein 1998).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.summary.sentence_filter import Statement

_EMBEDDED = 900  # sentences of a long document that are looked at, the most typical of each part
_PARTS = 30
_TIE = 0.25  # cosine from which on two sentences count as on one subject
# Tuned by hand on summaries of news (benchmarks/summaries.py) and company filings, by eye.
_LEAD, _OPENS, _NEW, _ALIKE, _ASKED = 0.9, 0.1, 0.15, 0.6, 1.5
_SHORT = 40  # sentences of a text that begins with what matters, as news do; long ones do so less
_CONCRETE = 0.2  # for what happened, was found or decided; against what may or might be
_RESULT = re.compile(
    r"\b(?:increas|decreas|grew|grow(?:n|th)|declin|rose|fell|reduc|improv|complet|acquir|launch|"
    r"announc|reported|reach|achiev|conclud|found|finds|show(?:s|ed)|recommend|decid|propos|"
    r"record|exceed|deliver|generat|introduc)",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:may|might|could|would|cannot be|subject to|certain|if|should|whether|assum\w+)\b",
    re.IGNORECASE,
)
_FADES = 4.0  # sentences after which the beginning of a document counts for a third
_TWINS = 0.88  # cosine from which on two sentences say the same

Rows = npt.NDArray[np.float32]


def choose(
    told: Sequence[Statement],
    embedder: Embedder,
    *,
    bullets: int | None = None,
    words: int | None = None,
    question: str | None = None,
) -> list[Statement]:
    """The sentences that say most, in the order of the document.

    At most ``bullets`` of them, with at most ``words`` words together; with neither, 5. With a
    ``question``, those that say most about it.
    """
    if bullets is None and words is None:
        bullets = 5
    near = _typical(told)
    if not near:
        return []
    rows = embedder.embed([s.text for s in near])
    asked = None if question is None else embedder.embed_queries([question])[0]
    score = _scores(near, rows, asked)
    chosen = _pick(near, rows, score, bullets or len(near), words)
    return sorted((near[i] for i in chosen), key=lambda s: s.order)


def section(statement: Statement) -> str:
    """The part of a document that a statement covers: its outermost heading below the title."""
    path = statement.section
    return " > ".join(path[:2]) if path else f"page {statement.page}"


def _scores(near: Sequence[Statement], rows: Rows, asked: Rows | None) -> Rows:
    alike = rows @ rows.T
    np.fill_diagonal(alike, 0.0)
    degree = np.where(alike > _TIE, alike, 0.0).sum(axis=1)
    central = degree / (degree.max() or 1.0)
    middle = rows.mean(axis=0)
    central = 0.5 * central + 0.5 * (rows @ middle) / (np.linalg.norm(middle) or 1.0)
    lead = np.array([math.exp(-s.order / _FADES) for s in near], dtype=np.float32)
    opens = np.array([s.first for s in near], dtype=np.float32)
    leads = _LEAD * min(1.0, _SHORT / len(near))
    concrete = np.array(
        [bool(_RESULT.search(s.text)) - bool(_HEDGED.search(s.text)) for s in near],
        dtype=np.float32,
    )
    score = central + leads * lead + _OPENS * opens + _CONCRETE * concrete
    if asked is not None:
        score = 0.5 * score + _ASKED * (rows @ asked)
    return np.asarray(score, dtype=np.float32)


def _pick(
    near: Sequence[Statement], rows: Rows, score: Rows, bullets: int, words: int | None
) -> list[int]:
    """Greedily, what is good beside what is chosen already, until there is enough of it."""
    chosen: list[int] = []
    covered: set[str] = set()
    nearest = np.zeros(len(near), dtype=np.float32)
    open_ = np.ones(len(near), dtype=bool)
    left = math.inf if words is None else words
    sections = [section(s) for s in near]
    lengths = np.array([_length(s.text) for s in near])
    while len(chosen) < bullets:
        fits = open_ & (nearest < _TWINS) & ((lengths <= left) if chosen else True)
        if not fits.any():
            break
        fresh = np.array([name not in covered for name in sections])
        gain = np.where(fits, score + _NEW * fresh - _ALIKE * nearest, -np.inf)
        best = int(gain.argmax())
        chosen.append(best)
        covered.add(sections[best])
        open_[best] = False
        left -= lengths[best]
        nearest = np.maximum(nearest, rows @ rows[best])
    return chosen


def _typical(told: Sequence[Statement]) -> list[Statement]:
    """All of a short document; of a long one those of each part whose words are frequent."""
    if len(told) <= _EMBEDDED:
        return list(told)
    spoken = [_words(s.text) for s in told]
    times = Counter(w for words in spoken for w in set(words))
    often = len(told) / 4  # what stands everywhere tells nothing
    worth = [
        sum(math.log1p(times[w]) for w in set(words) if times[w] < often) / (len(words) + 4)
        for words in spoken
    ]
    kept: list[Statement] = []
    for part in np.array_split(np.arange(len(told)), _PARTS):
        best = sorted(part.tolist(), key=lambda i: -worth[i])[: _EMBEDDED // _PARTS]
        kept += [told[i] for i in sorted(best)]
    return kept


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r"[^\W\d_]+", text.lower()) if len(w) > 3]


def _length(text: str) -> int:
    """Words; of text that parts none, a third of its characters."""
    return max(len(text.split()), len(text) // 12)
