"""``rag summarize``: the points of whole documents, and what was read of them.

Knows: options, how points and coverage are laid out.
Does not know: how a summary is made.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli import output
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, RuntimeOption, VerifierOption
from rag_infer.cli.progress import counting
from rag_infer.cli.terminal import one_line, styled, wrapped
from rag_infer.errors import IndexNotFoundError, RagError
from rag_infer.types import Citation

if TYPE_CHECKING:
    from rag_infer import Summary, SummaryOptions


def summarize(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files, indexed documents by name, or - for text."),
    ],
    bullets: Annotated[
        int | None, typer.Option("--bullets", "-n", min=1, help="Most points.")
    ] = None,
    words: Annotated[int | None, typer.Option("--words", min=1, help="Most words.")] = None,
    outline: Annotated[bool, typer.Option("--outline", help="A point of each section.")] = False,
    question: Annotated[
        str | None, typer.Option("--question", "-q", help="What the summary is for.")
    ] = None,
    pages: Annotated[
        str | None, typer.Option("--pages", metavar="A-B", help="Only these pages.")
    ] = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    verifier: VerifierOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out points that the pages do not bear.")
    ] = False,
    password: Annotated[
        list[str] | None, typer.Option("--password", help="Tried on encrypted files.")
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Summarize whole documents: points, each with its page, and what was read of them."""
    from rag_infer import SummaryOptions

    chosen = settings.load()
    found: list[Summary] = []
    failed = 0
    for name in files:
        with counting("passages", not json_) as on_progress:
            options = SummaryOptions(
                bullets=bullets,
                words=words,
                outline=outline,
                question=question,
                pages=_pages(pages),
                llm=llm or chosen.llm,
                model_profiles=settings.profiles(chosen, llm or chosen.llm, runtime),
                verifier=verifier,
                drop_unsupported=strict,
                passwords=tuple(password or ()),
                on_progress=on_progress or (lambda *_: None),
            )
            try:
                made = _of(name, options, index or chosen.index)
            except RagError as error:
                if len(files) == 1:
                    raise
                failed += 1
                print(f"rag: {error}", file=sys.stderr)  # noqa: T201
                continue
        found.append(made)
        if not json_:
            _show(made, several=len(files) > 1)
        if made.interrupted:
            break
    if json_:
        print(json.dumps(output.plain(found), ensure_ascii=False, indent=2))  # noqa: T201
    if any(made.interrupted for made in found):
        raise typer.Exit(130)
    if failed:
        raise typer.Exit(1)


def _of(name: str, options: SummaryOptions, index: str) -> Summary:
    from rag_infer.api import Index
    from rag_infer.summary.pipeline import summarize as of_file
    from rag_infer.summary.pipeline import summarize_indexed

    if name == "-":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "standard-input.txt"
            path.write_bytes(sys.stdin.buffer.read())
            return of_file(path, options)
    if Path(name).is_file():
        return of_file(name, options)
    try:
        return summarize_indexed(Index.open(index).engine, name, options)
    except IndexNotFoundError:
        return of_file(name, options)  # which says that there is no such file


def _pages(given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    first, _, last = given.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise typer.BadParameter("pages are given as 10-30", param_hint="--pages") from None


def _show(made: Summary, several: bool) -> None:
    if several:
        _say(styled(one_line(made.document_id), "bold") + "\n")
    places = {c.number: c for c in made.citations}
    quoted = made.model == "extractive"
    for point in made.points:
        where = [places[n] for n in point.citations if n in places]
        mark = "•" if quoted else output.VERDICTS[point.verdict][0]
        tail = "".join(f" ({_page(c)})" for c in where) if quoted else _numbers(point.citations)
        _say(wrapped(f"{one_line(point.text)}{tail}", indent="  ", first=f"{mark} "))
        if not quoted and point.verdict != "supported":
            why = f": {one_line(point.reason)}" if point.reason else ""
            _say(styled(wrapped(f"{point.verdict}{why}", indent="  ", first="  "), "dim"))
    if not quoted and made.citations:
        _say("")
        for citation in made.citations:
            output.cited(citation)
    for warning in made.warnings:
        print(styled(f"note: {one_line(warning)}", "yellow", sys.stderr), file=sys.stderr)  # noqa: T201
    _say("\n" + styled(wrapped(covered(made)), "dim"))
    if several:
        _say("")


def covered(made: Summary) -> str:
    """What was read: ``pages 1-214 read, 2 without text (...), 0 skipped; ...``."""
    c = made.coverage
    silent = f"{len(c.empty_pages)} without text"
    if c.empty_pages:
        whys = dict.fromkeys(why for _, why in c.empty_pages)
        silent += f" ({ranges([n for n, _ in c.empty_pages])}: {', '.join(whys)})"
    skipped = f"{len(c.skipped)} skipped" + (f" ({ranges(c.skipped)})" if c.skipped else "")
    parts = [f"pages {ranges(c.read) or 'none'} read, {silent}, {skipped}"]
    if c.sections > 1:
        parts.append(f"points from {c.covered} of {c.sections} sections")
    if c.calls or c.cached_calls:
        kept = f" and {c.cached_calls} kept from before" if c.cached_calls else ""
        parts.append(f"{c.calls} calls{kept}, {c.prompt_tokens} tokens in, {c.output_tokens} out")
    parts.append(f"{c.seconds:.1f} s")
    stopped = "stopped; run the same command to go on. " if made.interrupted else ""
    return stopped + "; ".join(parts)


def ranges(numbers: Sequence[int]) -> str:
    """``1-3, 7``: page numbers for people."""
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


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(f" [{n}]" for n in numbers)


def _say(text: str) -> None:
    print(text)  # noqa: T201
