"""More passages of the documents that a question names, and of newer ones of their series.

A clause of a contract seldom names the parties, so that a search for "what does Pell earn?" finds
the opening of Pell's contract and not its clause on fees. What names a document is known after the
first search; the rest of the question is then searched for within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import read
from rag_infer.cite.sentence_features import aspect_of, naming_share, rarity
from rag_infer.cite.typed_values import values
from rag_infer.engine import Engine
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.document_dates import Date, document_date, series, version_date
from rag_infer.retrieve.filters import exact_path
from rag_infer.types import Hit

_MAX_NAMED_DOCUMENTS = 2
_HITS_OF_NAMED = 6
_MAX_SERIES = 12  # newer documents of a series that are looked at
_HITS_OF_SERIES = 3
_MIN_NAMING_SHARE = 0.2  # of the question's weight, in what a document says of itself
MAX_INDEX_DOCUMENTS = 5000  # a filter by document takes time in each of them


def further_hits(
    engine: Engine, question: str, hits: Sequence[Hit], filter: Filter, context_of: ContextOf
) -> list[Hit]:
    """Passages beside ``hits`` that a search within the named documents finds."""
    if not hits or engine.snapshot.manifest.documents > MAX_INDEX_DOCUMENTS:
        return []
    profile = read(question)
    weights = rarity(profile, word_share(engine.snapshot, filter))
    shares = {h.document_id: naming_share(profile.keys, context_of(h), weights) for h in hits}
    named = sorted((d for d in shares if shares[d] >= _MIN_NAMING_SHARE), key=lambda d: -shares[d])
    known = {(h.document_id, h.chunk.page_number, h.chunk.start) for h in hits}
    results: list[Hit] = []

    def add(query: str, documents: Sequence[str], k: int) -> None:
        within = replace(filter, paths=tuple(exact_path(d) for d in documents))
        for hit in engine.search(query, k, filter=within):
            position = (hit.document_id, hit.chunk.page_number, hit.chunk.start)
            if position not in known:
                known.add(position)
                results.append(hit)

    contexts = {h.document_id: context_of(h) for h in hits}
    for document in named[:_MAX_NAMED_DOCUMENTS]:
        add(aspect_of(profile, contexts[document].keys), [document], _HITS_OF_NAMED)
    if not any(values("date", question)):
        dated = next((h for h in hits if _date(h.document_id, context_of(h).label)), hits[0])
        newer = _newer_of_series(engine, dated, filter, context_of)
        if newer:
            add(question, newer, _HITS_OF_SERIES)
    return results


def dated_series(
    engine: Engine, hit: Hit, filter: Filter, context_of: ContextOf
) -> dict[str, Date]:
    """The dates of the documents of the series of a hit's document, by id; itself among them."""
    own_date, own_series = _date(hit.document_id, context_of(hit).label), _series(hit.document_id)
    if own_date is None or not own_series:
        return {}
    members = {hit.document_id: own_date}
    for row in engine.documents(filter):
        date = _date(row.id, _stem(row.id))
        if date is not None and _series(row.id) == own_series:
            members[row.id] = date
    return members


def _newer_of_series(engine: Engine, hit: Hit, filter: Filter, context_of: ContextOf) -> list[str]:
    members = dated_series(engine, hit, filter, context_of)
    newer = [(d, row) for row, d in members.items() if d > members[hit.document_id]]
    return [document for _, document in sorted(newer, reverse=True)[:_MAX_SERIES]]


def _date(document_id: str, label: str) -> Date | None:
    return document_date(label) or version_date(document_id, label)


def _series(document_id: str) -> str:
    """The name without dates; of a name that has none, with the folders without their years."""
    stem = _stem(document_id)
    return series(stem) if document_date(stem) else series(document_id)


def _stem(document_id: str) -> str:
    return document_id.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ")
