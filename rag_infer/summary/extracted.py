"""A summary without a model: points of the document's kind, else its most telling sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rag_infer.embed import Embedder
from rag_infer.generate import EXTRACTIVE
from rag_infer.summary.document_kind import key_points
from rag_infer.summary.extractive import section, select_sentences, word_count
from rag_infer.summary.key_points import KeyPoint, KeyPoints
from rag_infer.summary.leaning import leaning
from rag_infer.summary.options import SummaryOptions
from rag_infer.summary.sentence_filter import Statement, short_sentences
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Citation, Claim, Coverage, Document, Span, Summary
from rag_infer.types.documents import is_line

DEFAULT_POINTS = 5
_POINTS_PER_SECTION = 1  # sentences of each section in an outline
_SHORT_DOCUMENT_UNITS = 60  # sentences and headings of a document whose short sentences count


def extracted(
    document: Document,
    units: Sequence[TextUnit],
    sentences: Sequence[Statement],
    embedder: Embedder,
    options: SummaryOptions,
    coverage: Coverage,
) -> Summary:
    """The summary of a document's own words.

    Args:
        document: The document, with the pages that are to be summarized.
        units: The units of these pages.
        sentences: Those of them that can stand in a summary.
        embedder: What weighs sentences.
        options: The limits, the focus.
        coverage: What was read.
    """
    by_kind = None if options.outline else key_points(document, units)
    if by_kind is not None:
        selected, notes = _of_kind(by_kind, units, sentences, embedder, options)
    elif options.outline:
        selected, notes = _outline(sentences, embedder, options)
    else:
        selected, notes = _of_sentences(units, sentences, embedder, options)
    points, citations = _cited(document, selected)
    if by_kind is None:
        coverage = replace(coverage, covered=len({section(s) for s in selected}))
    else:  # its points are not chosen by section
        coverage = replace(coverage, sections=0)
    return Summary(
        document.id, points, citations, coverage, EXTRACTIVE, document.title, notes
    )  # fmt: skip


def _of_kind(
    by_kind: KeyPoints,
    units: Sequence[TextUnit],
    sentences: Sequence[Statement],
    embedder: Embedder,
    options: SummaryOptions,
) -> tuple[list[Statement], tuple[str, ...]]:
    """The points that matter most, as many as the limits allow, then what else there is room for.

    With a question, the points nearest to it, of all.
    """
    first = [_statement(point, n) for n, point in enumerate(by_kind.points)]
    further = [_statement(point, n) for n, point in enumerate(by_kind.further, len(first))]
    if options.question is not None:
        candidates = [*first, *further]
        selected = select_sentences(
            candidates, embedder, bullets=options.bullets, words=options.words,
            question=options.question,
        )  # fmt: skip
        return selected, _word_limit_note(candidates, selected, options)
    bullets = _bullets(options, by_kind.count)
    words: float = math.inf if options.words is None else options.words
    # Where there is room for little, what is said comes before the header above it.
    body: list[Statement] = []
    if further and (bullets == 1 or options.words is not None):
        body = _further(by_kind, further, embedder, int(min(bullets, 10_000)), words)
        words -= sum(word_count(s.text) for s in body)
        bullets -= len(body)
    selected = []
    for point in by_kind.points:
        if len(selected) >= bullets:
            break
        for form in (point, point.shorter):
            if form is not None and word_count(form.text) <= words:
                selected.append(_statement(form, len(selected)))
                words -= word_count(form.text)
                break
    missing = len(first) - len(selected)
    room = bullets - len(selected)
    selected += body
    if room > 0 and words > 0 and not body:
        if not further and not by_kind.noun:
            further = _not_leaning(units, [s for s in sentences if not _overlaps(s, selected)])
        selected += _further(by_kind, further, embedder, int(min(room, 10_000)), words)
    notes = _word_limit_note([*first, *further], selected, options)
    if not notes and by_kind.noun and missing > 0 and options.words is None:
        one, several = by_kind.noun
        are = f"{one} is" if missing == 1 else f"{several} are"
        notes = (f"{missing} more {are} left out; -n sets how many are shown",)
    return _in_order(selected), notes


def _further(
    by_kind: KeyPoints,
    further: Sequence[Statement],
    embedder: Embedder,
    room: int,
    words: float,
) -> list[Statement]:
    """The further points that fit; those of one subject with most others where not all do."""
    shorter = {point.spans[0]: point.shorter for point in by_kind.further}
    needed = sum(word_count(s.text) for s in further)
    if len(further) <= room and needed <= words:
        return list(further)
    fitting = []
    for s in further:
        short = shorter.get((s.page, s.start, s.end))
        if word_count(s.text) <= words:
            fitting.append(s)
        elif short is not None and word_count(short.text) <= words:
            fitting.append(_statement(short, s.order))
    limit = None if math.isinf(words) else int(words)
    return select_sentences(fitting, embedder, bullets=room, words=limit)


def _of_sentences(
    units: Sequence[TextUnit],
    sentences: Sequence[Statement],
    embedder: Embedder,
    options: SummaryOptions,
) -> tuple[list[Statement], tuple[str, ...]]:
    """The most telling sentences; of a short document also its short ones, in order."""
    is_short = len(units) <= _SHORT_DOCUMENT_UNITS
    candidates = _not_leaning(units, sentences) if is_short else list(sentences)
    selected = select_sentences(
        candidates, embedder, bullets=options.bullets, words=options.words,
        question=options.question,
    )  # fmt: skip
    short = [s for s in short_sentences(units) if not _overlaps(s, candidates)] if is_short else []
    bullets = _bullets(options, DEFAULT_POINTS)
    added: list[Statement] = []
    words: float = math.inf if options.words is None else options.words
    words -= sum(word_count(s.text) for s in selected)
    for s in _not_leaning(units, short):
        if len(selected) + len(added) < bullets and word_count(s.text) <= words:
            words -= word_count(s.text)
            added.append(s)
    notes = _word_limit_note([*candidates, *short], [*selected, *added], options)
    if not notes:
        notes = _few_points_note(len(selected) + len(added), is_short, options)
    return _in_order([*selected, *added]), notes


def _outline(
    sentences: Sequence[Statement], embedder: Embedder, options: SummaryOptions
) -> tuple[list[Statement], tuple[str, ...]]:
    groups: dict[str, list[Statement]] = {}
    for s in sentences:
        groups.setdefault(section(s), []).append(s)
    candidates = [
        s
        for group in groups.values()
        for s in select_sentences(
            group, embedder, bullets=_POINTS_PER_SECTION, question=options.question
        )
    ]
    selected = candidates
    if options.bullets is not None or options.words is not None:
        selected = select_sentences(
            candidates, embedder, bullets=options.bullets, words=options.words,
            question=options.question,
        )  # fmt: skip
    if notes := _word_limit_note(candidates, selected, options):
        return selected, notes
    is_flat = len(candidates) > 0 and not any(s.section for s in candidates)
    note = "no headings were recognized; there is a point for each page"
    return selected, ((note,) if is_flat else ())


def _bullets(options: SummaryOptions, default: int) -> float:
    if options.bullets is not None:
        return options.bullets
    return default if options.words is None else math.inf


def _statement(point: KeyPoint, order: int) -> Statement:
    return Statement(*point.spans[0], point.text, point.section, order, False, point.spans)


def _not_leaning(units: Sequence[TextUnit], sentences: Sequence[Statement]) -> list[Statement]:
    leans = leaning(units)
    return [s for s in sentences if (s.page, s.start) not in leans]


def _overlaps(statement: Statement, others: Sequence[Statement]) -> bool:
    return any(
        page == statement.page and start < statement.end and statement.start < end
        for other in others
        for page, start, end in (other.spans or ((other.page, other.start, other.end),))
    )


def _in_order(statements: Sequence[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda s: (s.page, s.start))


def _word_limit_note(
    candidates: Sequence[Statement], selected: Sequence[Statement], options: SummaryOptions
) -> tuple[str, ...]:
    shortest = min((word_count(s.text) for s in candidates), default=0)
    if options.words is not None and not selected and shortest > options.words:
        return (f"no sentence fits in {options.words} words; the shortest has {shortest}",)
    return ()


def _few_points_note(count: int, is_short: bool, options: SummaryOptions) -> tuple[str, ...]:
    """What is to be said where fewer points came out than were wanted."""
    if not count:
        return ("it has no sentence or line that can stand in a summary",)
    wanted = options.bullets or (DEFAULT_POINTS if options.words is None else 1)
    # A limit in words may be what keeps the points few; a short text has no more to say.
    if count >= wanted or options.words is not None or is_short:
        return ()
    return ("few of its sentences can stand alone; the points may not say what it is about",)


def _cited(
    document: Document, selected: Sequence[Statement]
) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Points with a citation for each quote; words that two points quote are cited once."""
    pages = {page.number: page for page in document.pages}
    numbers: dict[Span, int] = {}
    points, citations = [], []
    for s in selected:
        spans = []
        for page, start, end in s.spans or ((s.page, s.start, s.end),):
            span = Span(document.id, page, start, end, pages[page].text[start:end])
            spans.append(span)
            if span not in numbers:
                numbers[span] = len(numbers) + 1
                label = pages[page].label
                heading = _heading(s, pages[page].text, start)
                citations.append(Citation(numbers[span], span, heading, label, document.format))
        cited = tuple(dict.fromkeys(numbers[span] for span in spans))
        points.append(replace(Claim(s.text, cited, "supported", 1.0), evidence=tuple(spans)))
    return tuple(points), tuple(citations)


def _heading(statement: Statement, text: str, start: int) -> tuple[str, ...]:
    """The headings of a quote; in source code, whose sections are lines, its own line."""
    if not is_line(statement.section):
        return statement.section
    return (f"L{text.count(chr(10), 0, start) + 1}",)
