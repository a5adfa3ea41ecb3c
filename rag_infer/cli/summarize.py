"""``rag summarize``: the key points of documents, and how much of them was read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.answer_view import VERDICT_MARKS, render_citation
from rag_infer.cli.folder_files import NamedFile, expanded
from rag_infer.cli.options import (
    DropUnsupportedOption,
    IndexOption,
    JsonOption,
    LlmOption,
    PasswordOption,
    RuntimeOption,
    VerifierOption,
)
from rag_infer.cli.output import count_of, print_error, print_json, print_note, print_text
from rag_infer.cli.progress import counting
from rag_infer.cli.standard_input import document_file
from rag_infer.cli.terminal import one_line, styled, wrapped
from rag_infer.errors import IndexNotFoundError, InputError, RagError
from rag_infer.types import Citation

if TYPE_CHECKING:
    from rag_infer import Summary, SummaryOptions
    from rag_infer.embed import Embedder

_FOLDER_POINTS = 3  # of each file of a folder, where no number is asked for


def summarize(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders, names of indexed documents, or - for stdin.",
        ),
    ],
    bullets: Annotated[
        int | None, typer.Option("--bullets", "-n", min=1, help="Number of points, at most.")
    ] = None,
    words: Annotated[
        int | None, typer.Option("--words", min=1, help="Number of words, at most.")
    ] = None,
    outline: Annotated[bool, typer.Option("--outline", help="One point for each section.")] = False,
    question: Annotated[
        str | None, typer.Option("--question", "-q", help="Topic to focus the summary on.")
    ] = None,
    pages: Annotated[
        str | None, typer.Option("--pages", metavar="A-B", help="Only these pages.")
    ] = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    verifier: VerifierOption = None,
    drop_unsupported: DropUnsupportedOption = False,
    password: PasswordOption = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Summarize documents with page references. What was read of them is reported.

    A contract gives its parties, subject, term, payment and notice, minutes their decisions and
    actions, an invoice its total; a table and code say what they hold. Of a folder, each file that
    can be read is summarized in 3 points, 30 files at most.
    """
    from rag_infer import SummaryOptions
    from rag_infer.embed import load_embedder

    configured = settings.load()
    model = llm or configured.llm
    page_range = _pages(pages)
    _check_names(files, index or configured.index)
    named_files, notes = expanded(files, index or configured.index)
    for note in notes:
        print_note(f"note: {one_line(note)}")
    embedder_of = functools.cache(load_embedder)
    summaries: list[Summary] = []
    failed = 0
    for file in named_files:
        with counting("passages", not json_) as on_progress:
            options = SummaryOptions(
                bullets=_FOLDER_POINTS
                if file.folder and bullets is None and not words
                else bullets,
                words=words,
                outline=outline,
                question=question,
                pages=page_range,
                llm=model,
                model_profiles=settings.profiles(configured, model, runtime),
                verifier=verifier or configured.verifier,
                drop_unsupported=drop_unsupported,
                passwords=tuple(password or ()),
                on_progress=on_progress or (lambda *_: None),
            )
            try:
                summary = _summarize_one(file, options, index or configured.index, embedder_of)
            except RagError as error:
                if len(named_files) == 1:
                    raise
                failed += file.folder is None
                print_error(error)
                continue
        summaries.append(summary)
        if not json_:
            _render_summary(summary, with_title=len(named_files) > 1)
        if summary.interrupted:
            break
    if json_:
        print_json(summaries)
    if any(summary.interrupted for summary in summaries):
        raise typer.Exit(130)
    if failed or not summaries:
        raise typer.Exit(1)


def _check_names(names: Sequence[str], index: str) -> None:
    """Raises InputError before any work where a name is no file, folder or indexed document."""
    from rag_infer.api import Index

    others = [
        name for name in names if name != "-" and not (Path(name).is_file() or Path(name).is_dir())
    ]
    if not others:
        return
    try:
        snapshot = Index.open(index).engine.snapshot
    except IndexNotFoundError:
        missing = others
    else:
        missing = [name for name in others if snapshot.find(name) is None]
    if missing:
        raise InputError(
            "no such file, and no such document in the index",
            where=", ".join(missing),
            hint="see: rag ls",
            code="document_not_found",
        )


def _summarize_one(
    file: NamedFile, options: SummaryOptions, index: str, embedder_of: Callable[[], Embedder]
) -> Summary:
    from rag_infer.api import Index
    from rag_infer.summary.pipeline import summarize as summarize_file
    from rag_infer.summary.pipeline import summarize_indexed

    name = file.name
    if file.path is not None:
        return summarize_file(file.path, options, embedder=embedder_of(), document_id=name)
    if name == "-":
        with document_file() as path:
            return summarize_file(path, options, embedder=embedder_of())
    if Path(name).is_file():
        return summarize_file(name, options, embedder=embedder_of())
    try:
        return summarize_indexed(Index.open(index).engine, name, options)
    except IndexNotFoundError:
        return summarize_file(name, options)  # reports that there is no such file


def _pages(argument: str | None) -> tuple[int, int] | None:
    if argument is None:
        return None
    first, _, last = argument.partition("-")
    try:
        pages = int(first), int(last or first)
    except ValueError:
        pages = 0, 0
    if not 1 <= pages[0] <= pages[1]:
        raise typer.BadParameter("expected a range such as 10-30", param_hint="--pages")
    return pages


def _render_summary(summary: Summary, with_title: bool) -> None:
    if with_title:
        print_text(styled(one_line(summary.document_id), "bold") + "\n")
    citations = {c.number: c for c in summary.citations}
    is_quoted = summary.model == "extractive"
    for point in summary.points:
        cited = [citations[n] for n in point.citations if n in citations]
        mark = "•" if is_quoted else VERDICT_MARKS[point.verdict][0]
        pages = "".join(f" ({page})" for page in dict.fromkeys(map(_page, cited)))
        numbers = "".join(f" [{n}]" for n in point.citations)
        suffix = pages if is_quoted else numbers
        print_text(wrapped(f"{one_line(point.text)}{suffix}", indent="  ", first=f"{mark} "))
        if not is_quoted and point.verdict != "supported":
            reason = f": {one_line(point.reason)}" if point.reason else ""
            text = wrapped(f"{point.verdict}{reason}", indent="  ", first="  ")
            print_text(styled(text, "dim"))
    if not is_quoted and summary.citations:
        print_text()
        for citation in summary.citations:
            render_citation(citation)
    for warning in summary.warnings:
        print_note(f"note: {one_line(warning)}")
    print_text("\n" + styled(wrapped(coverage_line(summary)), "dim"))
    if with_title:
        print_text()


def coverage_line(summary: Summary) -> str:
    """What was read: ``pages 1-214 read, 2 without text (...), 0 skipped; ...``."""
    c = summary.coverage
    empty = f"{len(c.empty_pages)} without text"
    if c.empty_pages:
        reasons = dict.fromkeys(reason for _, reason in c.empty_pages)
        empty += f" ({ranges([n for n, _ in c.empty_pages])}: {', '.join(reasons)})"
    skipped = f"{len(c.skipped)} skipped" + (f" ({ranges(c.skipped)})" if c.skipped else "")
    # Points name the printed page; what is counted here are the pages of the file.
    is_printed = any(
        cited.page_label not in (None, str(cited.span.page_number)) for cited in summary.citations
    )
    noun = f"{'sheet' if is_printed else 'page'}{'' if len(c.read) == 1 else 's'}"
    parts = [f"{noun} {ranges(c.read) or 'none'} read, {empty}, {skipped}"]
    if c.sections > 1:
        parts.append(f"points from {c.covered} of {c.sections} sections")
    if c.calls or c.cached_calls:
        cached = f" and {c.cached_calls} cached" if c.cached_calls else ""
        calls = f"{count_of(c.calls, 'model call')}{cached}"
        parts.append(f"{calls}, {c.prompt_tokens} tokens in, {c.output_tokens} out")
    parts.append(f"{c.seconds:.1f} s")
    prefix = "stopped; run the same command to continue. " if summary.interrupted else ""
    return prefix + "; ".join(parts)


def ranges(numbers: Sequence[int]) -> str:
    """Page numbers as ranges: ``1-3, 7``."""
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _page(citation: Citation) -> str:
    if citation.format == "pdf":
        return f"p. {citation.page_label or citation.span.page_number}"
    return (
        " > ".join(one_line(h) for h in citation.heading[-1:]) or f"p. {citation.span.page_number}"
    )
