"""Quotes of sentences that a page break cuts: both parts are quoted, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag_infer.languages.open_endings import is_open_ended
from rag_infer.sentences import sentences
from rag_infer.types import Answer, Citation, Claim, Span

PageOf = Callable[[str, int], tuple[str, str | None] | None]
"""Text and label of a document's page, None where there is no such page."""

_STOP = re.compile(r"[.!?…:;。！？|][\"'”’»)\]]*\Z")
_FOOTNOTE = re.compile(r"(?:\d{1,2}|[¹²³⁰⁴-⁹]{1,2}|[*†‡§])[.)]?\s+\S")
_MIN_CUT_WORDS = 8
_MAX_PART_CHARS = 400
_MARK = re.compile(r"\s*\[(\d+)\]\s*")


def join_over_pages(answer: Answer, page_of: PageOf) -> Answer:
    """The answer with the rest of each quoted sentence that goes on on the page after or before.

    Args:
        answer: Quotes, each of a claim of its own.
        page_of: Reads pages that the asker may see.
    """
    parts = _MARK.split(answer.text)
    numbers = [str(citation.number) for citation in answer.citations]
    if not answer.citations or parts[1::2] != numbers or len(answer.claims) != len(numbers):
        return answer
    citations: list[Citation] = []
    claims: list[Claim] = []
    texts: list[str] = []
    short = answer.short_answer
    is_joined = False
    for citation, claim, text in zip(answer.citations, answer.claims, parts[::2], strict=False):
        before, after = _continuation(citation, page_of)
        is_joined = is_joined or bool(before or after)
        if after is not None and short is not None and short.end == citation.span.end:
            short = None  # its few words were cut off
        spans = [span for span in (before, citation.span, after) if span is not None]
        first = len(citations) + 1
        citations += [_citation(citation, first + n, span, page_of) for n, span in enumerate(spans)]
        marks = tuple(range(first, len(citations) + 1))
        words = (before.quote if before else "", text, after.quote if after else "")
        claim_text = " ".join(" ".join(words).split()) if before or after else text
        texts.append(f"{claim_text} {' '.join(f'[{mark}]' for mark in marks)}")
        quoted = " ".join(span.quote for span in spans)
        claims.append(replace(claim, text=quoted, citations=marks, evidence=tuple(spans)))
    if not is_joined:
        return answer
    return replace(
        answer,
        text=" ".join(texts),
        citations=tuple(citations),
        claims=tuple(claims),
        short_answer=short,
    )


def _continuation(citation: Citation, page_of: PageOf) -> tuple[Span | None, Span | None]:
    """What of a quoted sentence stands on the page before, and on the page after."""
    span = citation.span
    page = page_of(span.document_id, span.page_number) if citation.format == "pdf" else None
    text = page[0] if page else None
    if text is None or text[span.start : span.end] != span.quote:
        return None, None
    before = after = None
    if not text[: span.start].strip():
        before = _part(span, span.page_number - 1, page_of, -1)
        if before is not None and not _is_cut(before.quote, span.quote):
            before = None
    if _is_end_of_page(text, span.end) and not _STOP.search(span.quote):
        after = _part(span, span.page_number + 1, page_of, 0)
        if after is not None and not _is_cut(span.quote, after.quote):
            after = None
    return before, after


def _is_end_of_page(text: str, end: int) -> bool:
    """Whether nothing but footnotes follows on a page."""
    return all(_FOOTNOTE.match(part) for part in _paragraphs(text[end:]))


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def _is_cut(text: str, continuation: str) -> bool:
    """Whether a sentence begins with the one text and goes on with the other.

    A name or a figure may be what it goes on with; then a sentence of some length must have begun
    that has no end, and what follows must have one.
    """
    if _STOP.search(text):
        return False
    if continuation[:1].islower() or is_open_ended(text):
        return True
    is_long = len(text.split()) >= _MIN_CUT_WORDS and text[:1].isupper()
    return is_long and _STOP.search(continuation) is not None


def _part(span: Span, number: int, page_of: PageOf, which: int) -> Span | None:
    page = page_of(span.document_id, number)
    spans = sentences(page[0]) if page else []
    if page is None or not spans:
        return None
    start, end = _last_above_footnotes(page[0], spans) if which < 0 else spans[0]
    if end - start > _MAX_PART_CHARS:
        return None
    return Span(span.document_id, number, start, end, page[0][start:end])


def _last_above_footnotes(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    for start, end in reversed(spans):
        break_at = text.rfind("\n\n", 0, start)
        if not _FOOTNOTE.match(text, break_at + 2 if break_at >= 0 else 0):
            return start, end
    return spans[-1]


def _citation(citation: Citation, number: int, span: Span, page_of: PageOf) -> Citation:
    if span is citation.span:
        return replace(citation, number=number)
    page = page_of(span.document_id, span.page_number)
    label = page[1] if page else None
    return Citation(number, span, citation.heading, label, citation.format)
