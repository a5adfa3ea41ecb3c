"""What was decided or said at a meeting, by its minutes: those named, or the latest.

"What was decided in the latest minutes?" wants no passage of any minutes, but the newest of them:
its decisions, or the sentences that a summary takes of it where none is marked as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.answering.document_names import documents_named
from rag_infer.answering.document_periods import document_month, is_of_period
from rag_infer.answering.document_quotes import DocumentQuote, quoted_answer
from rag_infer.cite.answer_units import answer_units
from rag_infer.cite.document_context import document_context
from rag_infer.engine import Engine
from rag_infer.errors import RagError
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter
from rag_infer.retrieve.document_dates import Date, version_date
from rag_infer.types import Answer

_NEWEST = r"(?:latest|newest|most recent|last)\b"
_QUESTION = re.compile(
    r"(?:what (?:was|were|is|has been|did (?:we|they)) (?:decided|decide|agreed|agree|resolved|"
    r"discussed|discuss|said)(?: on)? (?:in|at|by|during) (?P<meeting>.+)"
    r"|what did (?P<subject>(?:the|our) .*?\b(?:meeting|session|assembly|board|committee|council)\b"
    r".*?)"
    r" (?:decide|agree|resolve|discuss)(?: on)?"
    rf"|(?:what (?:does|do|is)|summari[sz]e|sum up) (?P<latest>(?:the )?{_NEWEST} .+?)"
    r"(?: (?:say|contain|about))?)",
    re.IGNORECASE,
)
_LATEST = re.compile(rf"\b(?:the )?{_NEWEST}(?: version of)?", re.IGNORECASE)
_GENERIC = re.compile(
    r"\b(?:documents?|files?|texts?|papers?|versions?|meetings?)\b", re.IGNORECASE
)
_MINUTES = re.compile(r"minutes|meeting|protokoll|sitzung", re.IGNORECASE)
_DECISION = re.compile(
    r"\b(?:decided|decision|resolved|resolution|agreed|approved|adopted|beschlossen|beschluss|"
    r"postponed|revoked|withdrawn|cancelled|rejected|elected|appointed|vertagt|verschoben|gewählt)\b",
    re.IGNORECASE,
)
_MAX_ROWS = 2_000
_POINTS = 5
_MAX_PAGES = 20
_MAX_DECISIONS = 8


def meeting_answer(engine: Engine, question: str, filter: Filter) -> Answer | None:
    """What the minutes say that a question names; None for any other question.

    Args:
        engine: The open index.
        question: As it is read.
        filter: The documents that may be read.
    """
    match = _QUESTION.fullmatch(question.strip().rstrip("?.! "))
    if match is None:
        return None
    meeting = match["meeting"] or match["subject"]
    row = _document(engine, meeting or match["latest"], filter)
    if row is None:
        return None
    quotes = (_decisions(engine, row) if meeting else []) or _points(engine, row)
    return quoted_answer(question, quotes, with_names=False) if quotes else None


def _document(engine: Engine, name: str, filter: Filter) -> DocumentRow | None:
    """The document that is meant; None where it is not clear."""
    rows = engine.documents(filter)
    if len(rows) > _MAX_ROWS:
        return None
    month = document_month(name) or document_month(f"meeting of {name}")
    if month is not None and (rows := _minutes_of(rows, month)):
        return rows[0] if len(rows) == 1 else _document_of_words(engine, rows, name)
    return _document_of_words(engine, rows, name)


def _minutes_of(rows: Sequence[DocumentRow], month: Date) -> list[DocumentRow]:
    """Minutes of a month; where its year is not said, of the last one that has any."""
    dates = {
        row.id: date
        for row in rows
        if _MINUTES.search(f"{row.id} {_label(row)}")
        and (date := version_date(row.id, _label(row))) is not None
        and is_of_period(date, month)
    }
    year = max((date[0] for date in dates.values()), default=0)
    return [row for row in rows if row.id in dates and dates[row.id][0] == year]


def _document_of_words(
    engine: Engine, rows: Sequence[DocumentRow], name: str
) -> DocumentRow | None:
    """The document that has the words of a name."""
    bare = _LATEST.sub(" ", name)
    named = documents_named(engine, rows, _GENERIC.sub(" ", bare))
    named = named or documents_named(engine, rows, bare)
    if _LATEST.search(name) and len(named) > 1:
        dates = {row.id: version_date(row.id, _label(row)) or (0, 0, 0) for row in named}
        newest = max(dates.values())
        named = [row for row in named if dates[row.id] == newest]
    return named[0] if len(named) == 1 else None


def _label(row: DocumentRow) -> str:
    return document_context(row.id, row.title, "").label


def _decisions(engine: Engine, row: DocumentRow) -> list[DocumentQuote]:
    quotes = []
    for number in range(1, _MAX_PAGES + 1):
        page = engine.snapshot.page(row.id, number)
        if page is None:
            break
        for unit in answer_units(page[1]):
            words_of_unit = page[1][unit.start : unit.end]
            if _DECISION.search(words_of_unit) or _DECISION.search(unit.heading):
                quotes.append(
                    DocumentQuote(row, number, page[0].label, unit.start, unit.end, words_of_unit)
                )
    return quotes[:_MAX_DECISIONS]


def _points(engine: Engine, row: DocumentRow) -> Sequence[DocumentQuote]:
    """The sentences that a summary takes of a document; none where it has no text."""
    # Here, as few questions need a summary and its modules take a tenth of a cold answer's imports.
    from rag_infer.summary.options import SummaryOptions
    from rag_infer.summary.pipeline import summarize_indexed

    try:
        summary = summarize_indexed(engine, row.id, SummaryOptions(bullets=_POINTS, resume=False))
    except RagError:
        return []
    labels = {c.span.page_number: c.page_label for c in summary.citations}
    return [
        DocumentQuote(
            row, span.page_number, labels.get(span.page_number), span.start, span.end, span.quote
        )
        for point in summary.points
        for span in point.evidence[:1]
    ]
