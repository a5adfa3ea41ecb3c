"""An answer as one self-contained page: claims by verdict, each opening the words that bear it.

Knows: what of an answer is on the page, and how to keep documents from putting anything there.
Does not know: how answers are made. The layout is ``html_report.html.j2``.

The page loads nothing and runs nothing: all text is escaped by the template, what would hide or
reorder it is taken out, and its policy allows styles of its own and no more.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rag_infer.cli.terminal import safe
from rag_infer.errors import InputError
from rag_infer.types import Answer, Claim, Hit, Span

_AROUND = 900  # characters of the passage on either side of a quote
_NEAREST = 3
_SAID = {
    "supported": "borne by the source",
    "partial": "partly supported",
    "unsupported": "not in the sources",
    "unchecked": "not checked",
}


def write(path: Path, found: Answer) -> None:
    """Writes the page. Raises InputError when the file cannot be written."""
    try:
        path.write_text(page(found), "utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error


def page(found: Answer) -> str:
    """The page of an answer, as HTML."""
    from jinja2 import Environment, StrictUndefined

    source = Path(__file__).with_name("html_report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(source).render(
        question=safe(found.question),
        answered=found.answered,
        text=_plain(found.text),
        reason=safe(found.reason or ""),
        short=safe(found.short_answer.quote) if found.short_answer else "",
        claims=[_claim(claim, found) for claim in found.claims] if found.answered else [],
        nearest=[] if found.answered else [_passage(hit) for hit in found.hits[:_NEAREST]],
        warnings=[safe(warning) for warning in found.warnings],
        facts=_facts(found),
    )


def _claim(claim: Claim, found: Answer) -> dict[str, Any]:
    return {
        "text": _plain(claim.text),
        "numbers": claim.citations,
        "verdict": claim.verdict,
        "said": _how(claim, found),
        "probability": None if found.probability is not None else claim.probability,
        "reason": safe(claim.reason or ""),
        "sources": [_source(span, found) for span in claim.evidence],
    }


def _how(claim: Claim, found: Answer) -> str:
    if found.probability is None:
        return _SAID[claim.verdict]
    return "computed" if found.tool_results else "quoted"


def _source(span: Span, found: Answer) -> dict[str, str]:
    """A quote in the passage that it comes from, or alone where no passage of the answer has it."""
    for hit in found.hits:
        chunk = hit.chunk
        inside = chunk.start <= span.start and span.end <= chunk.end
        if (chunk.document_id, chunk.page_number) == (
            span.document_id,
            span.page_number,
        ) and inside:
            start, end = span.start - chunk.start, span.end - chunk.start
            before, after = chunk.text[:start], chunk.text[end:]
            return {
                "place": safe(hit.location),
                "before": safe(("… " if len(before) > _AROUND else "") + before[-_AROUND:]),
                "quote": safe(span.quote),
                "after": safe(after[:_AROUND] + (" …" if len(after) > _AROUND else "")),
            }
    told = any(
        c.format == "tool" and c.span.document_id == span.document_id for c in found.citations
    )
    named = span.document_id if told else f"{span.document_id}, p. {span.page_number}"
    return {"place": safe(named), "before": "", "quote": safe(span.quote), "after": ""}


def _passage(hit: Hit) -> dict[str, str]:
    return {"place": safe(hit.location), "text": safe(hit.chunk.text[: 2 * _AROUND])}


def _facts(found: Answer) -> list[str]:
    usage = found.usage
    computed = found.model == "extractive" and bool(found.tool_results)
    facts = [
        f"computed: {', '.join(dict.fromkeys(safe(r.name) for r in found.tool_results))}"
        if computed
        else "quoted from the documents, word for word"
        if found.model == "extractive"
        else f"written by {safe(found.model)}"
    ]
    if found.probability is not None and not computed:
        facts.append(f"probability that this answers the question: {found.probability:.0%}")
    if usage.prompt_tokens:
        facts.append(f"{usage.prompt_tokens} tokens read, {usage.output_tokens} written")
    facts.append(f"{usage.total_s:.1f} s")
    return facts


def _plain(text: str) -> str:
    """Without the citation numbers, which the page shows by itself."""
    return re.sub(r"\s*\[\d{1,4}\]", "", safe(text)).strip()
