"""What people get: answers and summaries, their claims and citations."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from rag_infer.localization import ENGLISH, localized
from rag_infer.types.context import ContextPlan, ToolResult
from rag_infer.types.documents import Hit, Span, source_location
from rag_infer.types.json_result import JsonResult

Verdict = Literal["supported", "partial", "unsupported", "unchecked"]
Grade = Literal["confident", "probable", "nearest", "none"]
CONFIDENT_PROBABILITY = 0.6


def answered_grade(probability: float) -> Literal["confident", "probable"]:
    """The grade of an answer that is given, by its probability of being right."""
    return "confident" if probability >= CONFIDENT_PROBABILITY else "probable"


@dataclass(frozen=True, slots=True)
class Citation(JsonResult):
    """A numbered reference of an answer to the words that support it.

    With the format ``tool`` the span is of what a tool gave back, and ``document`` names the call.
    """

    number: int
    span: Span
    heading: tuple[str, ...] = ()
    page_label: str | None = None
    format: str = ""

    @property
    def location(self) -> str:
        """``report.pdf, p. iv`` or ``notes.md, Costs > Latency``: where a person should look."""
        page = self.page_label or self.span.page_number
        return source_location(self.span.document_id, self.format, page, self.heading)


@dataclass(frozen=True, slots=True)
class Claim(JsonResult):
    """A sentence of an answer, the citation numbers behind it, and what checking it found.

    ``evidence`` are the words that support it, the best first; where it is not supported, those
    that come nearest. ``probability`` is that they support all of it; None when it was not
    checked.
    """

    text: str
    citations: tuple[int, ...] = ()
    verdict: Verdict = "unchecked"
    probability: float | None = None
    reason: str | None = None
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage(JsonResult):
    """What an answer cost. Times are seconds; tokens are the generator's own.

    ``cached_tokens`` are those of the prompt that a server had at hand already. ``cost`` is by the
    model's configured price, None where there is none.
    """

    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    retrieval_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ResultTable(JsonResult):
    """Rows that answer a question, as the cells are written and as what they mean.

    Attributes:
        columns: Their headers.
        rows: The cells, of 100 rows at most.
        more: How many rows are left out.
        computation: The SQL or formula that they come from; empty where cells were only read.
        types: Of each column: ``number``, ``year``, ``date``, ``flag`` or ``text``; empty where
            they were not read.
        units: Of each column: a currency code, ``%``, a word, or empty.
        values: The rows typed: numbers, dates as ISO text, true and false, text; None where a cell
            has no value.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0
    computation: str = ""
    types: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    values: tuple[tuple[int | float | bool | str | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(JsonResult):
    """What a question got back.

    ``answered`` is False when the documents do not say; ``reason`` then tells why and ``hits``
    holds the nearest passages. An answer of which the sources disagree, or for which a part of the
    index was missing, says so in ``reason`` too.
    ``probability`` is that a quoted answer is the right one; None where a model writes.
    ``grade`` says how near the documents come, None where a model writes or a table is computed:
    ``confident``; ``probable``; ``nearest``, where the closest words are shown and are no clear
    answer; ``none``, where nothing on the subject was found. The last two are not answered.
    ``language`` is the code of the question's language, in which the answer's own words are where
    there is a catalog of them.
    ``rewritten_question`` is what was searched for, where a model rewrote a follow-up question.
    ``searches`` are the queries of further searches, for what the first did not cover.
    ``finish_reason`` is why a model's text ends, where that is known: stop, length (it was cut off)
    or content_filter.
    ``warnings`` are for the person: a citation number that meant nothing and was removed, a passage
    that did not fit.
    """

    question: str
    text: str
    answered: bool
    model: str
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    hits: tuple[Hit, ...] = ()
    reason: str | None = None
    probability: float | None = None
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()
    context: ContextPlan | None = None
    tool_results: tuple[ToolResult, ...] = ()  # what tools were asked on the way, failures included
    short_answer: Span | None = None  # the few words of a quote that are the answer, where known
    rewritten_question: str | None = None
    grade: Grade | None = None
    short_text: str | None = None  # an answer in few words that no document holds: a count

    finish_reason: str | None = None
    searches: tuple[str, ...] = ()
    table: ResultTable | None = None  # the rows of an answer that a table gave
    language: str = ENGLISH

    @property
    def grade_note(self) -> str | None:
        """What is to be said of an answer that is only probable: ``probably right (62 %)``."""
        if self.grade != "probable" or self.probability is None:
            return None
        percent = f"{100 * self.probability:.0f}"
        return localized("probably right ({percent} %)", self.language, percent=percent)

    def _repr_html_(self) -> str:
        """For notebooks: the text, then the sources with their quotes; everything is escaped."""
        reason = f"<p><i>{html.escape(self.reason)}</i></p>" if self.reason else ""
        return f"<div><p>{html.escape(self.text)}</p>{reason}{sources_html(self.citations)}</div>"


@dataclass(frozen=True, slots=True)
class Coverage(JsonResult):
    """What a summary read of a document of ``pages`` pages.

    ``read``, ``empty_pages`` (with why they hold no text) and ``skipped`` are page numbers and
    together all of them. ``sections`` are those with text to tell, ``covered`` those a point
    comes from. ``calls`` counts requests to a model, ``cached_calls`` those that a run which was
    stopped had made already.
    """

    pages: int
    read: tuple[int, ...]
    empty_pages: tuple[tuple[int, str], ...] = ()
    skipped: tuple[int, ...] = ()
    sections: int = 0
    covered: int = 0
    calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary(JsonResult):
    """The points of one document, in its order, each with the words that support it.

    ``interrupted``: it was stopped; the points are those of the pages read until then.
    """

    document_id: str
    points: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    coverage: Coverage
    model: str
    title: str | None = None
    warnings: tuple[str, ...] = ()
    interrupted: bool = False

    def _repr_html_(self) -> str:
        """For notebooks: the points, their sources, what was read; everything is escaped."""
        points = "".join(f"<li>{claim_html(point)}</li>" for point in self.points)
        coverage = self.coverage
        notes = [f"read {len(coverage.read)} of {coverage.pages} pages", *self.warnings]
        return (
            f"<div><p><b>{html.escape(self.title or self.document_id)}</b></p><ul>{points}</ul>"
            f"<p><i>{html.escape('; '.join(notes))}</i></p>{sources_html(self.citations)}</div>"
        )


def claim_html(claim: Claim) -> str:
    """A claim with the numbers of its citations, escaped."""
    numbers = "".join(f" [{number}]" for number in claim.citations)
    return f"{html.escape(claim.text)}{numbers}"


def sources_html(citations: Iterable[Citation]) -> str:
    """A numbered list of sources with their quotes, escaped."""
    sources = "".join(
        f"<li value={citation.number}><b>{html.escape(citation.location)}</b><br>"
        f"<q>{html.escape(citation.span.quote)}</q></li>"
        for citation in citations
    )
    return f"<ol>{sources}</ol>"
