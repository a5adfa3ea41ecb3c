"""An answer as one self-contained web page: claims by verdict, each with its supporting quote.

The layout is ``html_report.html.j2``.
The page loads nothing and runs nothing: all text is escaped by the template, characters that would
hide or reorder it are removed, and its content security policy allows its own styles only.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rag_infer.cli.terminal import safe
from rag_infer.errors import InputError
from rag_infer.types import Answer, Claim, Hit, Span

_CONTEXT_CHARACTERS = 900  # characters of the passage on either side of a quote
_MAX_NEAREST_HITS = 3
_VERDICT_LABELS = {
    "supported": "supported by the source",
    "partial": "partially supported",
    "unsupported": "not supported",
    "unchecked": "not checked",
}


def write(path: Path, answer: Answer) -> None:
    """Writes the page. Raises InputError when the file cannot be written."""
    try:
        path.write_text(page(answer), "utf-8")
    except OSError as error:
        raise InputError(f"cannot write the page: {error.strerror}", where=str(path)) from error


def page(answer: Answer) -> str:
    """The page of an answer, as HTML."""
    from jinja2 import Environment, StrictUndefined

    source = Path(__file__).with_name("html_report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(source).render(
        question=safe(answer.question),
        answered=answer.answered,
        text=_without_markers(answer.text),
        reason=safe("; ".join(filter(None, (answer.grade_note, answer.reason)))),
        short=safe(answer.short_text or (answer.short_answer and answer.short_answer.quote) or ""),
        claims=[_claim(claim, answer) for claim in answer.claims]
        if answer.answered or answer.grade == "nearest"
        else [],
        nearest=[]
        if answer.answered or answer.grade == "nearest"
        else [_passage(hit) for hit in answer.hits[:_MAX_NEAREST_HITS]],
        warnings=[safe(warning) for warning in answer.warnings],
        facts=_facts(answer),
    )


def _claim(claim: Claim, answer: Answer) -> dict[str, Any]:
    return {
        "text": _without_markers(claim.text),
        "numbers": claim.citations,
        "verdict": claim.verdict,
        "label": _label(claim, answer),
        "probability": None if answer.probability is not None else claim.probability,
        "reason": safe(claim.reason or ""),
        "sources": [_source(span, answer) for span in claim.evidence],
    }


def _label(claim: Claim, answer: Answer) -> str:
    if answer.probability is None:
        return _VERDICT_LABELS[claim.verdict]
    return "computed" if answer.tool_results else "quoted"


def _source(span: Span, answer: Answer) -> dict[str, str]:
    """A quote within its passage, or by itself where no passage of the answer contains it."""
    for hit in answer.hits:
        chunk = hit.chunk
        is_inside = chunk.start <= span.start and span.end <= chunk.end
        if (chunk.document_id, chunk.page_number) == (
            span.document_id,
            span.page_number,
        ) and is_inside:
            start, end = span.start - chunk.start, span.end - chunk.start
            before, after = chunk.text[:start], chunk.text[end:]
            return {
                "location": safe(hit.location),
                "before": safe(
                    ("… " if len(before) > _CONTEXT_CHARACTERS else "")
                    + before[-_CONTEXT_CHARACTERS:]
                ),
                "quote": safe(span.quote),
                "after": safe(
                    after[:_CONTEXT_CHARACTERS] + (" …" if len(after) > _CONTEXT_CHARACTERS else "")
                ),
            }
    is_tool = any(
        c.format == "tool" and c.span.document_id == span.document_id for c in answer.citations
    )
    location = span.document_id if is_tool else f"{span.document_id}, p. {span.page_number}"
    return {"location": safe(location), "before": "", "quote": safe(span.quote), "after": ""}


def _passage(hit: Hit) -> dict[str, str]:
    return {"location": safe(hit.location), "text": safe(hit.chunk.text[: 2 * _CONTEXT_CHARACTERS])}


def _facts(answer: Answer) -> list[str]:
    usage = answer.usage
    computed = answer.model == "extractive" and bool(answer.tool_results)
    facts = [
        f"computed: {', '.join(dict.fromkeys(safe(r.name) for r in answer.tool_results))}"
        if computed
        else "quoted from the documents, word for word"
        if answer.model == "extractive"
        else f"written by {safe(answer.model)}"
    ]
    if answer.probability is not None and not computed:
        facts.append(f"probability that this answers the question: {answer.probability:.0%}")
    if usage.prompt_tokens:
        facts.append(f"{usage.prompt_tokens} tokens read, {usage.output_tokens} written")
    facts.append(f"{usage.total_s:.1f} s")
    return facts


def _without_markers(text: str) -> str:
    """Text without the citation numbers, which the page shows by itself."""
    return re.sub(r"\s*\[\d{1,4}\]", "", safe(text)).strip()
