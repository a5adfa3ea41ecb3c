"""How results look: answers, hits, tables.

Knows: layout.
Does not know: where results come from.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from rag_infer.cli.terminal import one_line, safe, shortened, size, styled, width, wrapped
from rag_infer.errors import RagError
from rag_infer.types import Answer, Citation, Claim, Hit, ToolResult

if TYPE_CHECKING:
    from rag_infer.api import Status
    from rag_infer.index.maintenance import GcReport, VerifyReport
    from rag_infer.ingest.pipeline import IngestReport

_QUOTE_COLUMNS = 600
_RESULT_COLUMNS = 240
_ROWS = 9
_LISTED = 20
_UNSURE = 0.35
VERDICTS = {
    "supported": ("✓", "green"),
    "partial": ("~", "yellow"),
    "unsupported": ("✗", "red"),
    "unchecked": ("·", "dim"),
}


def plain(value: Any) -> Any:
    """A result as JSON types, in the shapes that REST and MCP give too."""
    from rag_infer.responses import to_jsonable

    return to_jsonable(value)


def stream(out: TextIO) -> Callable[[str], None]:
    """What to call with each piece of a streamed answer."""

    def show(piece: str) -> None:
        out.write(safe(piece))
        out.flush()

    return show


def asking(err: TextIO) -> Callable[[ToolResult], None]:
    """What to call with each result of a tool: told at once on a terminal, as it may take long."""

    def show(result: ToolResult) -> None:
        if err.isatty():
            err.write(styled(shortened(f"({one_line(result.location)})", 80), "dim", err) + "\n")
            err.flush()

    return show


def answer(found: Answer, *, streamed: bool = False) -> None:
    """The answer, then its sources with the quoted words; a streamed text is not repeated."""
    if not found.answered:
        _unanswered(found, streamed)
    elif streamed:
        _say("")
    else:
        if found.short_answer is not None:
            _say(styled(wrapped(one_line(found.short_answer.quote)), "bold") + "\n")
        _say(wrapped(one_line(found.text)))
        _doubted(found)
    if found.rewritten_question:
        _say(styled(wrapped(f"(searched for: {one_line(found.rewritten_question)})"), "dim"))
    if found.citations:
        _say("")
    for citation in found.citations:
        cited(citation)
    if found.answered:
        _checked(found)
    _asked(found)
    for warning in found.warnings:
        _note(f"note: {one_line(warning)}")


def _doubted(found: Answer) -> None:
    """A quote that is more likely wrong than right should not look like one that is right."""
    sure = found.probability
    if sure is not None and sure < _UNSURE:
        _say(styled(f"(unsure: of such quotes, about {sure:.0%} answer the question)", "dim"))
    if found.reason:
        _say(styled(wrapped(one_line(found.reason)), "yellow"))


def _checked(found: Answer) -> None:
    """How much of what a model wrote its passages bear, and what they do not, with the reason."""
    judged = [claim for claim in found.claims if claim.verdict != "unchecked"]
    if found.probability is not None or not judged:
        return
    borne = sum(claim.verdict == "supported" for claim in judged)
    _say(f"\n{borne} of {len(judged)} claims are borne by the passages")
    for claim in judged:
        if claim.verdict != "supported":
            verdict(claim)


def _asked(found: Answer) -> None:
    """What a model asked of tools, with what they gave back, unless it is all cited above."""
    cited_calls = {c.span.document_id for c in found.citations if c.format == "tool"}
    rest = [result for result in found.tool_results if result.location not in cited_calls]
    if not rest:
        return
    _say("\nasked on the way:")
    for result in rest:
        told = shortened(one_line(result.text), _RESULT_COLUMNS)
        colour = "yellow" if result.is_error else "dim"
        _say(f"  {shortened(one_line(result.location), 76)}")
        _say(styled(wrapped(told, indent="    "), colour))


def verdict(claim: Claim) -> None:
    """One claim with what checking it found, and why."""
    mark, colour = VERDICTS[claim.verdict]
    numbers = "".join(f" [{n}]" for n in claim.citations)
    sure = "" if claim.probability is None else f" {claim.probability:.2f}"
    why = f": {one_line(claim.reason)}" if claim.reason else ""
    _say(wrapped(f"{one_line(claim.text)}{numbers}", indent="    ", first=f"  {mark} "))
    _say(styled(wrapped(f"{claim.verdict}{sure}{why}", indent="    "), colour))


def cited(citation: Citation) -> None:
    """A numbered source: its place, then the quoted words."""
    number = f"[{citation.number}] "
    place = wrapped(one_line(citation.location), indent="    ", first=number)
    _say(styled(number, "cyan") + styled(place.removeprefix(number), "bold"))
    if citation.format == "tool":
        _given_back(citation.span.quote)
        return
    quote = shortened(one_line(citation.span.quote), _QUOTE_COLUMNS)
    _say(styled(wrapped(f"“{quote}”", indent="    "), "dim"))


def _given_back(text: str) -> None:
    """What a tool gave back, line by line: rows are read one below the other."""
    lines = [one_line(line) for line in text.split("\n")]
    for line in lines[:_ROWS]:
        _say(styled(wrapped(shortened(line, _RESULT_COLUMNS), indent="    "), "dim"))
    if len(lines) > _ROWS:
        _say(styled(f"    and {len(lines) - _ROWS} more lines", "dim"))


def _unanswered(found: Answer, streamed: bool) -> None:
    _say("" if streamed else wrapped(one_line(found.text)))
    if found.reason:
        _say(styled(wrapped(f"({one_line(found.reason)})"), "dim"))
    if not found.hits:
        return
    _say("\nThe nearest passages:")
    for hit in found.hits[:3]:
        _say(f"  {styled(one_line(hit.location), 'bold')}")
        _say(styled(wrapped(shortened(one_line(hit.chunk.text), 160), indent="    "), "dim"))


def hits(found: Sequence[Hit]) -> None:
    """Passages, best first, each with its scores."""
    if not found:
        _say("Nothing found.")
    for number, hit in enumerate(found, 1):
        scores = f"{hit.score:.3f}"
        detail = f"dense {hit.dense or 0:.3f}, lexical {hit.lexical or 0:.2f}"
        _say(f"{number:>2}. {styled(scores, 'cyan')}  {styled(one_line(hit.location), 'bold')}")
        _say(styled(f"           {detail}, {hit.chunk.tokens} tokens", "dim"))
        text = shortened(one_line(hit.chunk.text), 3 * (width() - 4))
        _say(wrapped(text, indent="    "))


def ingest(report: IngestReport) -> None:
    """The closing table of an index run, failures with their reasons."""
    rows = [
        ("indexed", len(report.indexed), _count(report)),
        ("unchanged", report.unchanged, ""),
        ("removed", len(report.removed), ""),
        ("failed", len(report.failed), ""),
    ]
    for name, count, detail in rows:
        colour = "red" if name == "failed" and count else "bold"
        shown = styled(f"{count:>6}", colour) if count else f"{count:>6}"
        _say(f"{name:<10}{shown}  {detail}".rstrip())
    if report.skipped:
        listed = ", ".join(f"{count} {suffix}" for suffix, count in sorted(report.skipped.items()))
        _say(f"{'skipped':<10}{sum(report.skipped.values()):>6}  no reader for: {listed}")
    retained = sum(path.documents for path in report.unreachable)
    if retained:
        documents = "1 document" if retained == 1 else f"{retained:,} documents"
        _say(f"not reachable, kept: {documents} (remove them with --remove-missing)")
        for path in report.unreachable:
            _say(f"  {one_line(path.id)}: {path.reason}, {path.documents}")
    noted = [(f.id, note) for f in report.indexed for note in f.notes]
    _listed("pages without text", [f"{file}, {note}" for file, note in noted])
    _listed("failed", [f"{f.id}: {f.reason}" for f in report.failed])
    _listed("removed", list(report.removed))
    if report.interrupted:
        _note("stopped: what was finished is kept; run the same command to go on")


def followed(found: IngestReport | RagError) -> None:
    """One line for each run while watching; nothing for a run that changed nothing."""
    if isinstance(found, RagError):
        _note(f"rag: {found}")
        return
    lines = [f"+ {f.id}, {f.chunks} chunks" for f in found.indexed]
    lines += [f"- {name}" for name in found.removed]
    lines += [f"! {f.id}: {f.reason}" for f in found.failed]
    for line in lines:
        print(one_line(line), flush=True)  # noqa: T201


def _count(report: IngestReport) -> str:
    if not report.indexed:
        return ""
    pages = sum(f.pages for f in report.indexed)
    rate = report.chunks / max(report.seconds, 1e-9)
    return (
        f"{pages} pages, {report.chunks} chunks ({report.embedded} embedded)"
        f" in {report.seconds:.1f} s, {rate:.0f} chunks/s"
    )


def _listed(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    _say(f"\n{title}:")
    for line in lines[:_LISTED]:
        _say(wrapped(one_line(line), indent="    ", first="  "))
    if len(lines) > _LISTED:
        _say(f"  ... and {len(lines) - _LISTED} more (all of them with --json)")


def status(found: Status) -> None:
    """What an index holds."""
    formats = ", ".join(f"{count} {name}" for name, count in found.formats.items())
    silent = f" ({found.silent_pages} without text)" if found.silent_pages else ""
    rows = [
        ("index", found.path),
        ("documents", f"{found.documents}" + (f" ({formats})" if formats else "")),
        ("pages", f"{found.pages}{silent}"),
        ("chunks", f"{found.chunks} in {found.segments} segments"),
        ("embedder", f"{found.embedder}, {found.dimension} dimensions"),
        ("size", size(found.bytes)),
        ("generation", f"{found.generation}, {found.created}"),
        ("from", ", ".join(found.roots)),
    ]
    for name, value in rows:
        _say(f"{styled(f'{name:<12}', 'bold')}{one_line(value)}")


def documents(found: Sequence[Any]) -> None:
    """One line a document."""
    for row in found:
        labels = f"  [{', '.join(sorted(row.labels))}]" if row.labels else ""
        _say(one_line(f"{row.id}{labels}"))


def removed(found: Mapping[str, Sequence[str]]) -> None:
    for name in found["removed"]:
        _say(f"removed {one_line(name)}")


def verification(found: VerifyReport) -> None:
    """Whether an index is whole, and which files are not."""
    whole = found.verification
    if not found.damage:
        _say(
            f"whole: generation {whole.generation}, {whole.documents} documents,"
            f" {whole.chunks} chunks, {whole.files} files, {size(whole.bytes)} read"
        )
        return
    for damage in found.damage:
        _say(styled(f"damaged: {one_line(damage.file)}: {one_line(damage.what)}", "red"))
    if found.repaired:
        _say(f"repaired: generation {found.repaired} is whole and is the current one again")
    elif found.last_intact:
        _say(f"generation {found.last_intact} is whole; go back to it with: rag verify --repair")
    else:
        _say("no whole generation is left; index the documents again into another --index")


def collected(found: GcReport) -> None:
    _say(f"freed {size(found.freed)}; generation {found.generation} stays")


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _note(text: str) -> None:
    print(styled(text, "yellow", sys.stderr), file=sys.stderr)  # noqa: T201
