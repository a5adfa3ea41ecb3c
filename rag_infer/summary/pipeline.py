"""From a file or an indexed document to its summary: read, choose or write, account for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.embed import Embedder, load_embedder
from rag_infer.errors import InputError, ReadError
from rag_infer.generate import EXTRACTIVE, load_generator
from rag_infer.generate.callable_generator import resolve_llm
from rag_infer.read.pdf import STAMPED_IMAGE
from rag_infer.summary.extracted import DEFAULT_POINTS, extracted
from rag_infer.summary.extractive import section, word_count
from rag_infer.summary.options import SummaryOptions
from rag_infer.summary.resume_store import ResumeStore
from rag_infer.summary.sentence_filter import statements_of
from rag_infer.summary.text_units import text_units
from rag_infer.tables.message import unpacked
from rag_infer.types import Citation, Claim, Coverage, Document, Page, Span, Summary

if TYPE_CHECKING:
    from rag_infer.engine import Engine


def summarize(
    path: str | Path,
    options: SummaryOptions | None = None,
    *,
    embedder: Embedder | None = None,
    document_id: str | None = None,
) -> Summary:
    """The summary of a file of any format that can be indexed.

    Args:
        path: The file.
        options: The limits, the focus, the model.
        embedder: What weighs sentences; the bundled one by default.
        document_id: What the file is called; its name by default.

    Raises InputError for a file that is not there or pages that it does not have; ReadError,
    PasswordError when it cannot be read or holds no text; ModelError, ContextWindowError with a
    model.
    """
    options = options or SummaryOptions()
    started = time.perf_counter()
    document = _read(Path(path), options.passwords, document_id)
    summary = summary_of(document, embedder or load_embedder(), options)
    seconds = time.perf_counter() - started
    return replace(summary, coverage=replace(summary.coverage, seconds=seconds))


def summarize_indexed(engine: Engine, name: str, options: SummaryOptions | None = None) -> Summary:
    """The summary of a document of an engine. Raises InputError when there is none of that name."""
    options = options or SummaryOptions()
    started = time.perf_counter()
    summary = summary_of(_stored(engine, name), engine.embedder, options)
    seconds = time.perf_counter() - started
    return replace(summary, coverage=replace(summary.coverage, seconds=seconds))


def summary_of(document: Document, embedder: Embedder, options: SummaryOptions) -> Summary:
    """The summary of a document that was read."""
    pages = _selected_pages(document, options)
    if not any(page.text.strip() for page in pages):
        notes = ", ".join(dict.fromkeys(p.note for p in pages if p.note)) or "the document is empty"
        raise ReadError(f"no text to summarize: {notes}", where=document.id)
    units = list(text_units(pages))
    sentences = statements_of(units, every_section=options.outline)
    part = replace(document, pages=tuple(pages))
    coverage = Coverage(
        pages=len(document.pages),
        read=tuple(p.number for p in pages if not _is_unread(p)),
        empty_pages=tuple((p.number, p.note or "empty") for p in pages if _is_unread(p)),
        skipped=tuple(p.number for p in document.pages if p not in pages),
        sections=len({section(s) for s in sentences}),
    )
    if options.llm == EXTRACTIVE:
        return extracted(part, units, sentences, embedder, options, coverage)
    summary = _generated(part, embedder, options, coverage)
    sections = {(s.page, s.start): section(s) for s in sentences}
    covered = {
        sections.get((s.page_number, s.start)) for p in summary.points for s in p.evidence[:1]
    } - {None}
    return replace(summary, coverage=replace(summary.coverage, covered=len(covered)))


def _is_unread(page: Page) -> bool:
    """Whether a page holds no text, or an image beside a few words that were stamped on it."""
    return not page.text.strip() or (page.note or "").startswith(STAMPED_IMAGE)


def _generated(
    document: Document, embedder: Embedder, options: SummaryOptions, coverage: Coverage
) -> Summary:
    from rag_infer.cite.claim_verifier import load_verifier
    from rag_infer.split import split
    from rag_infer.summary.map_reduce import MapReduceJob, SummaryInterrupted, write

    profiles = dict(options.model_profiles)
    llm = resolve_llm(options.llm, profiles)
    generator = load_generator(llm, profiles) if isinstance(llm, str) else llm
    chunks = split(document, embedder)
    store = ResumeStore(document.sha256, generator.name, resume=options.resume)
    job = MapReduceJob(
        generator=generator,
        verifier=load_verifier(options.verifier, embedder),
        bullets=options.bullets or DEFAULT_POINTS,
        question=options.question,
        max_tokens=options.max_tokens,
        max_calls=options.max_calls,
        store=store,
        on_read=options.on_progress,
        should_stop=options.should_stop,
    )
    interrupted = False
    try:
        points = write(chunks, job)
        store.clear()
    except SummaryInterrupted as stop:
        points, interrupted = stop.points, True
        # A page whose chunks were read only in part does not count as read.
        pages_read = {c.page_number for c in stop.read} - {
            c.page_number for c in chunks[len(stop.read) : len(stop.read) + 1]
        }
        coverage = replace(
            coverage,
            read=tuple(n for n in coverage.read if n in pages_read),
            skipped=(*coverage.skipped, *(n for n in coverage.read if n not in pages_read)),
        )
    warnings = []
    if options.drop_unsupported:
        supported_points = [p for p in points if p.verdict != "unsupported"]
        if len(supported_points) < len(points):
            dropped = len(points) - len(supported_points)
            warnings.append(f"left out as unsupported: {dropped} of {len(points)} points")
        points = supported_points
    if options.words is not None:
        fitting_points = _within_words(points, options.words)
        if len(fitting_points) < len(points):
            dropped = len(points) - len(fitting_points)
            warnings.append(f"left out for the limit of words: {dropped} of {len(points)} points")
        points = fitting_points
    if options.outline:
        warnings.append("an outline is made without a model; these points are not by section")
    usage = job.usage
    numbered, citations = _numbered(points, document)
    return Summary(
        document.id, numbered, citations,
        replace(
            coverage, calls=usage.calls, cached_calls=usage.repeated,
            prompt_tokens=usage.prompt_tokens, output_tokens=usage.output_tokens,
        ),
        generator.name, document.title, tuple(warnings), interrupted,
    )  # fmt: skip


def _within_words(points: Sequence[Claim], words: int) -> list[Claim]:
    """The points, in order, as long as they fit a number of words together."""
    fitting: list[Claim] = []
    for point in points:
        words -= word_count(point.text)
        if words < 0:
            break
        fitting.append(point)
    return fitting


def _numbered(
    points: Sequence[Claim], document: Document
) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Points with numbers of their own, 1 and on, for the words that support them."""
    pages = {page.number: page for page in document.pages}
    cited: dict[Span, Citation] = {}
    numbered = []
    for point in points:
        numbers = []
        for span in point.evidence[:1]:
            if span not in cited:
                label = pages[span.page_number].label
                cited[span] = Citation(len(cited) + 1, span, (), label, document.format)
            numbers.append(cited[span].number)
        numbered.append(replace(point, citations=tuple(numbers)))
    return tuple(numbered), tuple(cited.values())


def _selected_pages(document: Document, options: SummaryOptions) -> list[Page]:
    if options.pages is None:
        return list(document.pages)
    first, last = options.pages
    pages = [page for page in document.pages if first <= page.number <= last]
    if first < 1 or last < first or not pages:
        raise InputError(
            f"has no pages {first}-{last}",
            where=document.id,
            hint=f"it has {len(document.pages)}",
        )
    return pages


def _read(path: Path, passwords: tuple[str, ...], name: str | None) -> Document:
    from rag_infer.read import ReadOptions, SourceFile, read_files

    if not path.is_file():
        raise InputError("no such file", where=str(path))
    documents: list[Document] = []
    for result in read_files(
        [SourceFile(path, name or path.name)], ReadOptions(passwords=passwords)
    ):
        if result.error is not None:
            raise result.error
        documents += result.documents
    if not documents:
        raise ReadError("contains nothing to read", where=path.name)
    if len(documents) == 1:
        return documents[0]
    # Records of one file are read as its pages.
    pages = [page for document in documents for page in document.pages]
    numbered = tuple(replace(page, number=n) for n, page in enumerate(pages, 1))
    return replace(documents[0], id=name or path.name, pages=numbered, title=None)


def _stored(engine: Engine, name: str) -> Document:
    snapshot = engine.snapshot
    location = snapshot.find(name)
    if location is None:
        raise InputError("not in the index", where=name, code="document_not_found")
    segment = snapshot.segments[location.segment]
    row = segment.catalogue.document(location.row)
    tables: dict[int, list[bytes]] = {}
    for stored in segment.catalogue.tables(location.row):
        tables.setdefault(stored.page, []).append(stored.data)
    pages = tuple(
        Page(
            p.number,
            text := segment.read(p.byte_start, p.byte_end),
            p.label,
            p.blocks,
            p.note,
            tuple(unpacked(data, len(text)) for data in tables.get(p.number, ())),
        )
        for p in segment.catalogue.pages(location.row)
    )
    return Document(row.id, row.format, row.sha256, pages, row.title, row.metadata, row.labels)
