"""Which documents of a dated series a question means: "the latest minutes", "the Q1 2023 report".

Reports of other periods say the same in the same words, so that neither search nor judge can tell
them apart by what stands in them; their names and dates can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.answering.named_documents import MAX_INDEX_DOCUMENTS, dated_series
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import read
from rag_infer.cite.sentence_features import naming_share, rarity
from rag_infer.engine import Engine
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.document_dates import Date, document_date, month_number
from rag_infer.types import Hit

_DOCUMENT = (
    r"(?:10-?[qk]|filings?|reports?|minutes|meetings?|quarter(?:ly)?|statements?|versions?|editions?|"
    r"invoices?|bills?|newsletters?|releases?|polic(?:y|ies)|price ?lists?|notes?|letters?|orders?|"
    r"protokolle?|sitzung|bericht|fassung|rechnung|quartal)"
)
_LATEST = re.compile(
    rf"\b(?:latest|most recent|newest|neueste\w*|jüngste\w*|dernier\w*|último|última)\b"
    rf"|\b(?:last|letzte\w*) {_DOCUMENT}\b",
    re.IGNORECASE,
)
# "The latest date for a notice", "at the latest": a limit, and no document.
_LIMIT = re.compile(r"\bat the latest\b|\blatest (?:possible )?(?:date|day|time)\b", re.IGNORECASE)
_COMPARES = re.compile(
    r"\b(?:compar\w+|previous\w*|prior|earlier|over time|trend\w*|changed?|since|between|history|"
    r"differ\w*|versus|vs|vergleich\w*|früher\w*)\b",
    re.IGNORECASE,
)
_MONTH = r"(?P<month>[^\W\d_]{3,9})\b\.?(?:,? (?P<year>(?:19|20)\d\d)\b)?"
_MONTH_OF_DOCUMENT = (
    re.compile(
        rf"\b{_DOCUMENT} (?:of|in|from|on|for|held in|vom|im|von|am) (?:the )?"
        rf"(?:(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)? (?:of )?)?{_MONTH}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:the|our|in|im|der|des) (?P<day>){_MONTH} {_DOCUMENT}\b", re.IGNORECASE),
)
_OF_DOCUMENT = re.compile(rf"\b{_DOCUMENT}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DocumentPeriod:
    """The documents of the period that a question names.

    ``is_strict``: the question is about the document itself, so that no other one can answer.
    ``note`` says which document was taken, where the question leaves that open.
    """

    documents: tuple[str, ...]
    is_strict: bool
    note: str | None = None


def document_period(
    engine: Engine, question: str, hits: Sequence[Hit], filter: Filter, context_of: ContextOf
) -> DocumentPeriod | None:
    """The documents that a question names by their date or as the latest of their series.

    Args:
        engine: The open index.
        question: The question.
        hits: Its passages; the series is that of the ones that it names best.
        filter: Which documents may be read.
        context_of: What the document of a hit says of itself.

    Returns:
        None where it names no period, compares several, or no series has one of that period.
    """
    is_latest = _LATEST.search(question) is not None and not _LIMIT.search(question)
    period = document_date(question) or document_month(question)
    if not hits or _COMPARES.search(question) or not (is_latest or period is not None):
        return None
    if engine.snapshot.manifest.documents > MAX_INDEX_DOCUMENTS:
        return None
    named = _best_named(engine, question, hits, filter, context_of)
    members = dated_series(engine, named, filter, context_of)
    if len(members) < 2:
        return None
    if period is not None:
        documents = tuple(d for d, date in members.items() if is_of_period(date, period))
        # A report of the quarter is all that can say what was so in it.
        is_of_quarter = not period[2] and all(not members[d][2] for d in documents)
        is_strict = is_of_quarter or _OF_DOCUMENT.search(question) is not None
        return DocumentPeriod(documents, is_strict) if documents else None
    newest = max(members.values())
    documents = tuple(d for d, date in members.items() if date == newest)
    name = documents[0].rsplit("/", 1)[-1]
    is_strict = _OF_DOCUMENT.search(question) is not None
    return DocumentPeriod(documents, is_strict, f"the newest of {len(members)} is {name}")


def document_month(question: str) -> Date | None:
    """The month, and as far as it is said day and year, of a document that a question is about.

    "The meeting of May", "the minutes from 14 May 2025", "the May minutes".
    """
    for match in (match for pattern in _MONTH_OF_DOCUMENT for match in pattern.finditer(question)):
        month = month_number(match["month"])
        if month is not None:
            return int(match["year"] or 0), month, int(match["day"] or 0)
    return None


def _best_named(
    engine: Engine, question: str, hits: Sequence[Hit], filter: Filter, context_of: ContextOf
) -> Hit:
    profile = read(question)
    weights = rarity(profile, word_share(engine.snapshot, filter))
    keys = [k for k in profile.keys if not any(map(str.isdigit, k))]  # the period names none
    shares = [naming_share(keys, context_of(hit), weights) for hit in hits]
    return hits[shares.index(max(shares))]  # the first where none is named


def is_of_period(date: Date, period: Date) -> bool:
    """Whether a document's date is that of a period, as far as both say."""
    return date[1] > 0 and all(a == b or not a or not b for a, b in zip(date, period, strict=True))
