"""A summary of a document's own sentences.

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

_MAX_SENTENCES = (
    900  # sentences of a long document that are looked at, the most typical of each part
)
_DOCUMENT_PARTS = 30
_MIN_EDGE_COSINE = 0.25  # cosine from which on two sentences count as on one subject
# Tuned by hand on summaries of news (benchmarks/summaries.py) and company filings, by eye.
_LEAD_WEIGHT, _SECTION_START_WEIGHT, _NEW_SECTION_WEIGHT, _REDUNDANCY_WEIGHT, _QUERY_WEIGHT = (
    0.9,
    0.1,
    0.15,
    0.6,
    1.5,
)
_SHORT_DOCUMENT_SENTENCES = (
    40  # sentences of a text that begins with what matters, as news do; long ones do so less
)
_CONCRETENESS_WEIGHT = 0.2  # for what happened, was found or decided; against what may or might be
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
_LEAD_DECAY_SENTENCES = 4.0  # sentences after which the beginning of a document counts for a third
_DUPLICATE_COSINE = 0.88  # cosine from which on two sentences say the same

Rows = npt.NDArray[np.float32]


def select_sentences(
    sentences: Sequence[Statement],
    embedder: Embedder,
    *,
    bullets: int | None = None,
    words: int | None = None,
    question: str | None = None,
) -> list[Statement]:
    """The most informative sentences, in the order of the document.

    Args:
        sentences: Sentences that can be understood alone.
        embedder: What embeds them.
        bullets: Most sentences; 5 where `words` is not given either.
        words: Most words of all of them together.
        question: A topic to focus on.
    """
    if bullets is None and words is None:
        bullets = 5
    candidates = _typical(sentences)
    if not candidates:
        return []
    rows = embedder.embed([s.text for s in candidates])
    query_vector = None if question is None else embedder.embed_queries([question])[0]
    score = _scores(candidates, rows, query_vector)
    selected = _pick(candidates, rows, score, bullets or len(candidates), words)
    return sorted((candidates[i] for i in selected), key=lambda s: (s.page, s.start))


def section(statement: Statement) -> str:
    """The part of a document that a statement covers: its outermost heading below the title."""
    path = statement.section
    return " > ".join(path[:2]) if path else f"page {statement.page}"


def _scores(candidates: Sequence[Statement], rows: Rows, query_vector: Rows | None) -> Rows:
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, 0.0)
    degree = np.where(similarity > _MIN_EDGE_COSINE, similarity, 0.0).sum(axis=1)
    central = degree / (degree.max() or 1.0)
    middle = rows.mean(axis=0)
    central = 0.5 * central + 0.5 * (rows @ middle) / (np.linalg.norm(middle) or 1.0)
    lead = np.array(
        [math.exp(-s.order / _LEAD_DECAY_SENTENCES) for s in candidates], dtype=np.float32
    )
    opens = np.array([s.first for s in candidates], dtype=np.float32)
    leads = _LEAD_WEIGHT * min(1.0, _SHORT_DOCUMENT_SENTENCES / len(candidates))
    concrete = np.array(
        [bool(_RESULT.search(s.text)) - bool(_HEDGED.search(s.text)) for s in candidates],
        dtype=np.float32,
    )
    score = central + leads * lead + _SECTION_START_WEIGHT * opens + _CONCRETENESS_WEIGHT * concrete
    if query_vector is not None:
        score = 0.5 * score + _QUERY_WEIGHT * (rows @ query_vector)
    return np.asarray(score, dtype=np.float32)


def _pick(
    candidates: Sequence[Statement], rows: Rows, score: Rows, bullets: int, words: int | None
) -> list[int]:
    """Greedily, what is good beside what is chosen already, until there is enough of it."""
    selected: list[int] = []
    covered: set[str] = set()
    nearest = np.zeros(len(candidates), dtype=np.float32)
    unselected = np.ones(len(candidates), dtype=bool)
    remaining_words = math.inf if words is None else words
    sections = [section(s) for s in candidates]
    lengths = np.array([word_count(s.text) for s in candidates])
    while len(selected) < bullets:
        eligible = unselected & (nearest < _DUPLICATE_COSINE) & (lengths <= remaining_words)
        if not eligible.any():
            break
        is_new_section = np.array([name not in covered for name in sections])
        gain = np.where(
            eligible,
            score + _NEW_SECTION_WEIGHT * is_new_section - _REDUNDANCY_WEIGHT * nearest,
            -np.inf,
        )
        best = int(gain.argmax())
        selected.append(best)
        covered.add(sections[best])
        unselected[best] = False
        remaining_words -= lengths[best]
        nearest = np.maximum(nearest, rows @ rows[best])
    return selected


def _typical(sentences: Sequence[Statement]) -> list[Statement]:
    """All of a short document; of a long one those of each part whose words are frequent."""
    if len(sentences) <= _MAX_SENTENCES:
        return list(sentences)
    word_lists = [_words(s.text) for s in sentences]
    times = Counter(w for words in word_lists for w in set(words))
    common_count = len(sentences) / 4  # what stands everywhere tells nothing
    scores = [
        sum(math.log1p(times[w]) for w in set(words) if times[w] < common_count) / (len(words) + 4)
        for words in word_lists
    ]
    selected: list[Statement] = []
    for part in np.array_split(np.arange(len(sentences)), _DOCUMENT_PARTS):
        best = sorted(part.tolist(), key=lambda i: -scores[i])[: _MAX_SENTENCES // _DOCUMENT_PARTS]
        selected += [sentences[i] for i in sorted(best)]
    return selected


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r"[^\W\d_]+", text.lower()) if len(w) > 3]


def word_count(text: str) -> int:
    """Words; of text that parts none, a third of its characters."""
    return max(len(text.split()), len(text) // 12)
