"""From a file or an indexed document to its summary: read, choose or write, account for it.

Knows: the order of the steps, what was read and what not, where a stopped run is kept.
Does not know: how sentences are chosen, how a model is asked, how a summary is shown.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.embed import Embedder, load_embedder
from rag_infer.errors import InputError, ReadError
from rag_infer.generate import EXTRACTIVE, Generator, load_generator
from rag_infer.paths import state_folder
from rag_infer.settings import ModelProfile
from rag_infer.summary.extractive import choose, section
from rag_infer.summary.sentence_filter import Statement, statements
from rag_infer.types import Citation, Claim, Coverage, Document, Page, Span, Summary

if TYPE_CHECKING:
    from rag_infer.engine import Engine

_EACH = 1  # sentences of each section in an outline
_BULLETS = 5


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How a document is summarized.

    ``bullets`` is the most points, ``words`` the most words of a quoted summary; with neither, 5
    points. ``outline`` takes a point of each section instead. ``question`` is what it is for.
    ``pages`` are the first and last page. ``llm`` is as in ``AskOptions``. ``drop_unsupported``
    leaves
    out points of a model that the pages do not bear. ``resume`` goes on where a run on the same
    document was stopped. ``on_progress`` is called with the chunks read and all.
    """

    bullets: int | None = None
    words: int | None = None
    outline: bool = False
    question: str | None = None
    pages: tuple[int, int] | None = None
    llm: str | Generator = EXTRACTIVE
    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    verifier: str | None = None
    drop_unsupported: bool = False
    max_tokens: int = 400
    passwords: tuple[str, ...] = ()
    resume: bool = True
    on_progress: Callable[[int, int], None] = lambda *_: None
    should_stop: Callable[[], bool] = lambda: False


def summarize(
    path: str | Path, options: SummaryOptions | None = None, *, embedder: Embedder | None = None
) -> Summary:
    """The summary of a file of any format that can be indexed.

    Raises InputError for a file that is not there or pages that it does not have; ReadError,
    PasswordError when it cannot be read or holds no text; ModelError, ContextError with a model.
    """
    options = options or SummaryOptions()
    began = time.perf_counter()
    document = _read(Path(path), options.passwords)
    made = summary_of(document, embedder or load_embedder(), options)
    seconds = time.perf_counter() - began
    return replace(made, coverage=replace(made.coverage, seconds=seconds))


def summarize_indexed(engine: Engine, name: str, options: SummaryOptions | None = None) -> Summary:
    """The summary of a document of an engine. Raises InputError when there is none of that name."""
    options = options or SummaryOptions()
    began = time.perf_counter()
    made = summary_of(_stored(engine, name), engine.embedder, options)
    seconds = time.perf_counter() - began
    return replace(made, coverage=replace(made.coverage, seconds=seconds))


def summary_of(document: Document, embedder: Embedder, options: SummaryOptions) -> Summary:
    """The summary of a document that was read."""
    pages = _chosen(document, options)
    if not any(page.text.strip() for page in pages):
        notes = ", ".join(dict.fromkeys(p.note for p in pages if p.note)) or "there is none"
        raise ReadError(f"it has no text to summarize: {notes}", where=document.id)
    told = statements(pages)
    coverage = Coverage(
        pages=len(document.pages),
        read=tuple(p.number for p in pages if p.text.strip()),
        empty_pages=tuple((p.number, p.note or "empty") for p in pages if not p.text.strip()),
        skipped=tuple(p.number for p in document.pages if p not in pages),
        sections=len({section(s) for s in told}),
    )
    part = replace(document, pages=tuple(pages))
    if options.llm == EXTRACTIVE:
        made = _quoted(part, told, embedder, options, coverage)
    else:
        made = _written(part, embedder, options, coverage)
    sections = {(s.page, s.start): section(s) for s in told}
    covered = {
        sections.get((s.page_number, s.start)) for p in made.points for s in p.evidence[:1]
    } - {None}
    return replace(made, coverage=replace(made.coverage, covered=len(covered)))


def _quoted(
    document: Document,
    told: Sequence[Statement],
    embedder: Embedder,
    options: SummaryOptions,
    coverage: Coverage,
) -> Summary:
    if options.outline:
        groups: dict[str, list[Statement]] = {}
        for s in told:
            groups.setdefault(section(s), []).append(s)
        chosen = [
            s
            for group in groups.values()
            for s in choose(group, embedder, bullets=_EACH, question=options.question)
        ]
    else:
        chosen = choose(
            told, embedder, bullets=options.bullets, words=options.words,
            question=options.question,
        )  # fmt: skip
    pages = {page.number: page for page in document.pages}
    points, citations = [], []
    for number, s in enumerate(chosen, 1):
        quote = pages[s.page].text[s.start : s.end]
        span = Span(document.id, s.page, s.start, s.end, quote)
        label = pages[s.page].label
        points.append(Claim(s.text, (number,), "supported", 1.0, None, (span,)))
        citations.append(Citation(number, span, s.section, label, document.format))
    few = "few of its sentences can stand alone; the points may not say what it is about"
    wanted = options.bullets or (_BULLETS if options.words is None else 1)
    return Summary(
        document.id, tuple(points), tuple(citations), coverage, EXTRACTIVE, document.title,
        (few,) if len(points) < wanted and not options.outline else (),
    )  # fmt: skip


def _written(
    document: Document, embedder: Embedder, options: SummaryOptions, coverage: Coverage
) -> Summary:
    from rag_infer.cite.claim_verifier import load_verifier
    from rag_infer.split import split
    from rag_infer.summary.map_reduce import MapReduceJob, SummaryInterrupted, write

    chosen = options.llm
    generator = (
        load_generator(chosen, options.model_profiles) if isinstance(chosen, str) else chosen
    )
    chunks = split(document, embedder)
    with _kept(document, generator.name, options) as (kept, keep, finish):
        writing = MapReduceJob(
            generator=generator,
            verifier=load_verifier(options.verifier, embedder),
            bullets=options.bullets or _BULLETS,
            question=options.question,
            max_tokens=options.max_tokens,
            kept=kept,
            keep=keep,
            on_read=options.on_progress,
            stopped=options.should_stop,
        )
        interrupted = False
        try:
            points = write(chunks, writing)
            finish()
        except SummaryInterrupted as stopped:
            points, interrupted = stopped.points, True
            done = {c.page_number for c in stopped.read} - {
                c.page_number for c in chunks[len(stopped.read) : len(stopped.read) + 1]
            }
            coverage = replace(
                coverage,
                read=tuple(n for n in coverage.read if n in done),
                skipped=(*coverage.skipped, *(n for n in coverage.read if n not in done)),
            )
    warnings = []
    if options.drop_unsupported:
        kept_points = [p for p in points if p.verdict != "unsupported"]
        if len(kept_points) < len(points):
            left = len(points) - len(kept_points)
            warnings.append(f"left out as unsupported: {left} of {len(points)} points")
        points = kept_points
    spent = writing.spent
    numbered, citations = _numbered(points, document)
    return Summary(
        document.id, numbered, citations,
        replace(
            coverage, calls=spent.calls, cached_calls=spent.repeated,
            prompt_tokens=spent.prompt_tokens, output_tokens=spent.output_tokens,
        ),
        generator.name, document.title, tuple(warnings), interrupted,
    )  # fmt: skip


def _numbered(
    points: Sequence[Claim], document: Document
) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Points with numbers of their own, 1 and on, for the words that bear them."""
    pages = {page.number: page for page in document.pages}
    cited: dict[Span, Citation] = {}
    told = []
    for point in points:
        numbers = []
        for span in point.evidence[:1]:
            if span not in cited:
                label = pages[span.page_number].label
                cited[span] = Citation(len(cited) + 1, span, (), label, document.format)
            numbers.append(cited[span].number)
        told.append(replace(point, citations=tuple(numbers)))
    return tuple(told), tuple(cited.values())


def _chosen(document: Document, options: SummaryOptions) -> list[Page]:
    if options.pages is None:
        return list(document.pages)
    first, last = options.pages
    found = [page for page in document.pages if first <= page.number <= last]
    if first < 1 or last < first or not found:
        raise InputError(
            f"has no pages {first}-{last}",
            where=document.id,
            hint=f"it has {len(document.pages)}",
        )
    return found


def _read(path: Path, passwords: tuple[str, ...]) -> Document:
    from rag_infer.read import ReadOptions, SourceFile, read_files

    if not path.is_file():
        raise InputError("no such file", where=str(path))
    documents: list[Document] = []
    for result in read_files([SourceFile(path, path.name)], ReadOptions(passwords=passwords)):
        if result.error is not None:
            raise result.error
        documents += result.documents
    if not documents:
        raise ReadError("it holds nothing to read", where=path.name)
    if len(documents) == 1:
        return documents[0]
    # Records of one file are read as its pages.
    pages = [page for document in documents for page in document.pages]
    numbered = tuple(replace(page, number=n) for n, page in enumerate(pages, 1))
    return replace(documents[0], id=path.name, pages=numbered, title=None)


def _stored(engine: Engine, name: str) -> Document:
    snapshot = engine.snapshot
    place = snapshot.find(name)
    if place is None:
        raise InputError("is not in the index", where=name, hint="see: rag status -v")
    segment = snapshot.segments[place.segment]
    row = segment.catalogue.document(place.row)
    pages = tuple(
        Page(p.number, segment.read(p.byte_start, p.byte_end), p.label, p.blocks, p.note)
        for p in segment.catalogue.pages(place.row)
    )
    return Document(row.id, row.format, row.sha256, pages, row.title, row.metadata, row.labels)


@contextmanager
def _kept(
    document: Document, model: str, options: SummaryOptions
) -> Iterator[tuple[Callable[[str], str | None], Callable[[str, str], None], Callable[[], None]]]:
    """What a stopped run on this document wrote, by prompt; a line is added after each call.

    A file that cannot be written costs the resuming and never the summary.
    """
    folder = state_folder() / "summaries"
    path = (
        folder / f"{hashlib.sha256(f'{document.sha256} {model}'.encode()).hexdigest()[:32]}.jsonl"
    )
    known: dict[str, str] = {}
    if options.resume and path.is_file():
        for line in path.read_text("utf-8", "replace").splitlines():
            try:
                key, text = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was killed
            if isinstance(key, str) and isinstance(text, str):
                known[key] = text

    def keep(key: str, text: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(json.dumps([key, text]) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return

    yield known.get, keep, lambda: path.unlink(missing_ok=True)
