"""Requests for all that is said of a thing, or for what a document says.

"Tell me everything about the pool" is answered by every unit that names the pool; "summarize the
guest guide" and "what is this document about?" by the main statements of the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.answering.document_names import documents_named
from rag_infer.cite.answer_units import answer_units
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.engine import Engine
from rag_infer.errors import RagError
from rag_infer.generate import EXTRACTIVE
from rag_infer.names import without_titles
from rag_infer.retrieve import Filter
from rag_infer.types import Answer, Citation, Claim, Hit, Span

_HITS = 12
_MAX_UNITS = 6
_MAX_CHARS = 800  # of all units together
_POINTS = 5  # of a summary
_MAX_DOCUMENTS = 5000
_PROBABILITY = 0.8  # all of it is on the subject, and there may be more
_ABOUT = re.compile(
    r"^(?:please )?"
    r"(?:tell me|what (?:do you|can you) (?:know|tell me|say)|what (?:is|do the documents?) "
    r"(?:known|said|say)|give me|show me)?\s*"
    r"(?:everything|all|anything|something|more|information|info|details|what you know)?"
    r"(?: (?:there is|you know|you have|that is known|to know|we have))?\s*"
    r"(?:about|on|regarding)\s+(?:the |a |an |our |my )?(?P<topic>[^?.!,;]{2,60})[?.!]*$",
    re.IGNORECASE,
)
_WHOLE_TOPIC = re.compile(
    r"\b(?:everything|all|anything|something|more|information|info|details|tell me|know|known)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"^(?:please )?(?:summari[sz]e|sum up|(?:give me |write )?(?:a |an )?(?:short )?(?:summary|"
    r"overview|outline) of|what (?:is|are) the (?:main|key) points? (?:of|in)|fasse|résume[zr]?|"
    r"resume)\s+(?:the |this |our |my |das |den |die |le |la |el )?(?P<name>[^?.!]{2,80}?)"
    r"(?: zusammen)?[?.!]*$",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^(?:what|was|de quoi|de qué) (?:is|are|does|do|steht|parle|trata)\s*(?:in )?"
    r"(?P<name>[^?.!]{2,80}?)\s+(?:about|deal with|contain|say|cover)[?.!]*$",
    re.IGNORECASE,
)
_THIS = re.compile(
    r"^(?:this|the|that|it|dieses|das|diesem)?\s*(?:document|text|file|paper|pdf|dokument)?$", re.I
)


def topic_answer(engine: Engine, question: str, filter: Filter) -> Answer | None:
    """What the documents say of the thing or document that a request names.

    Args:
        engine: The open index.
        question: The request as it is searched.
        filter: Which documents may be read.

    Returns:
        None where it is no such request, or nothing is named like that.
    """
    question = " ".join(question.split())
    plain = without_titles(question)
    if match := _SUMMARY.match(plain) or _WHAT_ABOUT.match(plain):
        return _summary(engine, question, match["name"].strip(), filter)
    match = _ABOUT.match(question)
    if match is None or not _WHOLE_TOPIC.search(question[: match.start("topic")]):
        return None
    return _all_of(question, match["topic"], engine.search(match["topic"], _HITS, filter=filter))


def asks_summary(question: str) -> bool:
    """Whether a summary is asked for, to which no single sentence is the answer."""
    return _SUMMARY.match(without_titles(" ".join(question.split()))) is not None


def _all_of(question: str, topic: str, hits: Sequence[Hit]) -> Answer | None:
    """Every unit that names the topic, by document and place."""
    topic_keys = [w.key for w in content(words(topic))]
    if not topic_keys:
        return None
    first = {hit.document_id: n for n, hit in reversed(list(enumerate(hits)))}
    units: dict[tuple[int, int, int], tuple[Hit, int, int]] = {}
    for hit in hits:
        heading = " ".join(hit.chunk.heading[-1:])
        for unit in answer_units(hit.chunk.text):
            text = hit.chunk.text[unit.start : unit.end]
            own = {w.key for w in words(f"{heading} {unit.heading} {unit.presupposed} {text}")}
            if unit.kind != "list" and all(has_key(own, k) for k in topic_keys):
                position = (
                    first[hit.document_id],
                    hit.chunk.page_number,
                    hit.chunk.start + unit.start,
                )
                units[position] = (hit, unit.start, unit.end)
    citations: list[Citation] = []
    claims: list[Claim] = []
    size = 0
    for hit, start, end in (units[position] for position in sorted(units)):
        text = hit.chunk.text[start:end]
        size += len(text)
        if len(citations) == _MAX_UNITS or (citations and size > _MAX_CHARS):
            break
        at = hit.chunk.start + start
        span = Span(hit.document_id, hit.chunk.page_number, at, hit.chunk.start + end, text)
        number = len(citations) + 1
        heading_at = hit.chunk.heading_at(at)
        citations.append(Citation(number, span, heading_at, hit.page_label, hit.format))
        claims.append(Claim(text, (number,), "supported", 1.0, None, (span,)))
    if not citations:
        return None
    left_out = len(units) - len(citations)
    reason = f"{left_out} more places name it; search for “{topic}”" if left_out else None
    return _answer(question, citations, claims, hits, reason)


def _summary(engine: Engine, question: str, name: str, filter: Filter) -> Answer | None:
    """The main statements of the document that is named, or of the only one there is."""
    if engine.snapshot.manifest.documents > _MAX_DOCUMENTS:
        return None
    document = _named_document(engine, name, filter)
    if document is None:
        return None
    from rag_infer.summary.options import SummaryOptions
    from rag_infer.summary.pipeline import summarize_indexed

    try:
        summary = summarize_indexed(engine, document, SummaryOptions(bullets=_POINTS))
    except RagError:  # nothing in it can be summarized: an ordinary question after all
        return None
    if not summary.points:
        return None
    return _answer(question, summary.citations, summary.points, (), None)


def _named_document(engine: Engine, name: str, filter: Filter) -> str | None:
    rows = engine.documents(filter)
    if _THIS.match(name):
        return rows[0].id if len(rows) == 1 else None
    named = documents_named(engine, rows, name)
    return named[0].id if len(named) == 1 else None


def _answer(
    question: str,
    citations: Sequence[Citation],
    claims: Sequence[Claim],
    hits: Sequence[Hit],
    reason: str | None,
) -> Answer:
    text = "\n".join(
        f"- {' '.join(claim.text.split())} {''.join(f'[{n}]' for n in claim.citations)}"
        for claim in claims
    )
    return Answer(
        question, text, True, EXTRACTIVE, tuple(citations), tuple(claims), tuple(hits),
        reason=reason, probability=_PROBABILITY, grade="confident",
    )  # fmt: skip
