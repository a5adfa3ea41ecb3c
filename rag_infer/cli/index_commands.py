"""Commands for an index and its contents: ``rag index``, ``ls``, ``status``, ``gc`` and others."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import evaluation_check, index_view
from rag_infer.cli.options import (
    EmbedderOption,
    IndexOption,
    JsonOption,
    PasswordOption,
    check_engine,
    index_names,
)
from rag_infer.cli.output import print_result
from rag_infer.cli.writer_wait import lock_wait
from rag_infer.errors import InputError, RagError
from rag_infer.store.addresses import is_store_address, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_infer import Index, IngestReport
    from rag_infer.index.erasure import ErasureCertificate
    from rag_infer.jobs.index_job import JobOptions


def index(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, and addresses of web pages."),
    ],
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    password: PasswordOption = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="Only this group may read them. Repeatable."),
    ] = None,
    fail_on_error: Annotated[
        bool, typer.Option("--fail-on-error", help="Exit with 1 when a file cannot be read.")
    ] = False,
    remove_missing: Annotated[
        bool,
        typer.Option("--remove-missing", help="Remove documents of empty or unreachable folders."),
    ] = False,
    text_field: Annotated[
        list[str] | None,
        typer.Option(
            "--text-field",
            metavar="NAME",
            help="The field of JSONL records that is their text. Repeatable.",
        ),
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option(
            "--id-field", metavar="NAME", help="The field of JSONL records that is an id."
        ),
    ] = None,
    depth: Annotated[
        int,
        typer.Option(
            "--depth",
            metavar="N",
            min=0,
            max=20,
            help="Also web pages of the same site up to N links away.",
        ),
    ] = 0,
    max_pages: Annotated[
        int,
        typer.Option("--max-pages", metavar="N", min=1, help="Most new web pages of an address."),
    ] = 500,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="Also web pages of this machine and of private networks."
        ),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running and index every change until Ctrl-C.")
    ] = False,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="ENGINE",
            help="Into a bucket: local, or ray, a cluster that RAY_ADDRESS names.",
        ),
    ] = "local",
    json_: JsonOption = False,
) -> None:
    """Index files, folders and web pages.

    Later runs index only what changed and drop what was deleted. A web page is dropped when its
    server says that it is gone. With an address as the index (s3://BUCKET/PREFIX) it is made in the
    bucket; several may do so at once, and a run that was stopped goes on.
    """
    from rag_infer import Index, ReadOptions, WebOptions
    from rag_infer.cli.progress import indexing
    from rag_infer.index.roots import is_web
    from rag_infer.jobs.index_job import JobOptions

    if watch and any(is_web(path.lower()) for path in paths):
        raise typer.BadParameter("it follows folders, not web pages", param_hint="--watch")
    web = WebOptions(depth=depth, max_pages=max_pages, allow_private=allow_private)
    configured = settings.load()
    name = index or configured.index
    options = ReadOptions(
        passwords=tuple(password or ()), text_fields=tuple(text_field or ()), id_field=id_field
    )
    if is_store_address(name):
        if watch or depth:
            raise typer.BadParameter("not into a bucket", param_hint="--watch, --depth")
        job = JobOptions(
            embedder or configured.embedder, options, frozenset(group or ()), remove_missing
        )
        report = _index_into_bucket(paths, name, on, job, json_=json_)
        if report.interrupted:
            raise typer.Exit(130)
        if report.failed and (fail_on_error or not (report.indexed or report.unchanged)):
            raise typer.Exit(1)
        return
    if on != "local":
        raise typer.BadParameter("needs an index in a bucket: -i s3://...", param_hint="--on")
    target = Index.open(name, create=True, embedder=embedder or configured.embedder)
    target.lock_wait = lock_wait()

    def run() -> IngestReport:
        with indexing(not json_) as on_progress:
            return target.add(
                *paths,
                options=options,
                groups=group or (),
                on_progress=on_progress,
                remove_missing=remove_missing,
                web=web,
            )

    is_new = not (target.path / "CURRENT").is_file()
    report = run()
    print_result(report, index_view.render_ingest_report, json_)
    if report.interrupted:
        raise typer.Exit(130)
    if is_new and not json_ and report.indexed:
        index_view.render_next_step(name, index is None)
    if not json_ and report.indexed:
        engine = target.engine
        made_with = engine.manifest().embedder.name
        index_view.render_unknown_languages(engine.unknown_languages(), made_with, _option(index))
    if report.indexed or report.removed:
        changed = {*(file.id for file in report.indexed), *report.removed}
        evaluation_check.ask_last_questions(target, configured, changed)
    if watch:
        from rag_infer.ingest.watcher import watch_folders

        for result in watch_folders([Path(path) for path in paths], target.path, run):
            print_result(result, index_view.render_watch_result, json_)
        return
    if report.failed and (fail_on_error or not (report.indexed or report.unchanged)):
        raise typer.Exit(1)


def _index_into_bucket(
    paths: Sequence[str], address: str, engine: str, options: JobOptions, *, json_: bool
) -> IngestReport:
    """Runs a job, and shows its report."""
    from rag_infer.cli.output import print_note
    from rag_infer.cli.progress import indexing
    from rag_infer.jobs.engines import open_engine
    from rag_infer.jobs.index_job import index_into_bucket

    check_engine(engine)
    with indexing(not json_) as on_progress:
        report = index_into_bucket(
            paths, address, open_engine(engine), options, on_progress=on_progress, say=print_note
        )
    print_result(report, index_view.render_ingest_report, json_)
    return report


def _option(index: str | None) -> str:
    """What selects the index in a further command."""
    return "" if index is None else f" -i {index}"


def reindex(
    index: IndexOption = None,
    embedder: Annotated[
        str,
        typer.Option(
            "--embedder",
            metavar="NAME",
            help="Embedding model: minilm, multilingual, a folder, or a hub id.",
        ),
    ] = "",
    chunk_tokens: Annotated[
        int | None,
        typer.Option(
            "--chunk-tokens",
            metavar="N",
            min=0,
            max=8192,
            help="Size of chunks, also of later documents; 0: the usual one.",
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Embed all documents anew. Files are not read again.

    With another embedder, or in chunks of another size. Questions are answered from the old
    vectors until it is done; after Ctrl-C the same command goes on where it was.
    """
    from rag_infer import Index
    from rag_infer.cli.progress import indexing

    if not embedder and chunk_tokens is None:
        raise typer.BadParameter("name an embedder, or a size of chunks", param_hint="--embedder")
    configured = settings.load()
    opened = Index.open(index or configured.index)
    opened.lock_wait = lock_wait()
    with indexing(not json_) as on_progress:
        report = opened.reindex(
            embedder or None, chunk_tokens=chunk_tokens, on_progress=on_progress
        )
    print_result(report, index_view.render_reindex_report, json_)
    if report.interrupted:
        raise typer.Exit(130)
    evaluation_check.ask_last_questions(opened, configured)


def ls(
    index: IndexOption = None,
    indexes: Annotated[
        bool, typer.Option("--indexes", help="List the indexes instead of the documents.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """List the documents of an index."""
    from rag_infer import Index

    if indexes:
        print_result(_list_indexes(), index_view.render_indexes, json_)
        return
    documents = Index.open(index or settings.load().index).documents()
    print_result(documents, index_view.render_documents, json_)


def _list_indexes() -> list[dict[str, Any]]:
    from rag_infer import Index

    default = settings.load().index
    rows: list[dict[str, Any]] = []
    for name in index_names():
        row: dict[str, Any] = {
            "name": name, "is_default": name == default, "documents": None, "embedder": None,
            "error": None,
        }  # fmt: skip
        try:
            with Index.open(name) as opened:
                status = opened.status()
            row |= {"documents": status.documents, "embedder": status.embedder}
        except RagError as error:
            row["error"] = str(error)
        rows.append(row)
    return rows


def status(
    index: IndexOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also list the documents.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Show contents, embedder and size of an index."""
    from rag_infer import Index

    opened = Index.open(index or settings.load().index)
    render = partial(index_view.render_status, option=_option(index))
    print_result(opened.status(), render, json_ and not verbose)
    if verbose:
        print_result(opened.documents(), index_view.render_documents, json_)


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Documents or folders.")],
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            help="Also look for their text in all files of the index, and write what was seen.",
        ),
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Remove documents from an index. Their text is deleted from the index; your files stay.

    A file that is still in an indexed folder is added again by the next rag index of that folder.
    To keep it out, list it in the folder's .ragignore.
    """
    from rag_infer import Index

    opened = Index.open(index or settings.load().index)
    opened.lock_wait = lock_wait()
    files = {named.id: named.file for row in opened.documents() for named in row.by_names()}
    if certificate is None:
        removed, proof = opened.remove(names), None
    else:
        proof = opened.erase(names)
        removed = tuple(document.id for document in proof.documents)
        _write_certificate(certificate, proof)
    # What another process added while this one waited for it is not in that list.
    returning = _present_files(opened, [files[d] for d in removed if d in files])
    result = {"removed": removed, "returning": returning}
    print_result(result, index_view.render_removed, json_)
    if proof is not None and not json_:
        index_view.render_certificate(proof, str(certificate))
    if proof is not None and not proof.is_complete:
        raise typer.Exit(1)


def _write_certificate(path: Path, certificate: ErasureCertificate) -> None:
    try:
        path.write_text(certificate.to_json(indent=1) + "\n", "utf-8")
    except OSError as error:
        raise InputError(
            f"the documents are removed, but this cannot be written ({error.strerror})",
            where=str(path),
        ) from error


def access(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Documents or folders.")],
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="Only this group may read them. Repeatable."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Everyone may read them.")] = False,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Change who may read documents.

    Nothing is read or embedded again. A .ragaccess file in an indexed folder says it for good; see
    rag ls for who may read what, and --as-group to ask as a member of a group.
    """
    from rag_infer import Index

    if bool(group) == everyone:
        raise typer.BadParameter("say --group GROUP or --everyone", param_hint="--group")
    opened = Index.open(index or settings.load().index)
    opened.lock_wait = lock_wait()
    changed = opened.set_groups(names, group or ())
    result = {"documents": list(changed), "groups": sorted(set(group or ()))}
    print_result(result, index_view.render_access, json_)


def _present_files(opened: Index, files: Sequence[str]) -> list[str]:
    """The files that are still in indexed folders, so that the next run adds them again."""
    from rag_infer.index.roots import path_of

    roots = opened.engine.manifest().roots
    paths = [path_of(file, opened.path, roots) for file in dict.fromkeys(files)]
    return [str(path) for path in paths if path is not None and path.exists()]


def verify(
    index: IndexOption = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Restore the last intact generation if necessary.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Check every file of an index. Exit code 1 when anything is damaged."""
    from rag_infer.index.maintenance import VerifyReport, check

    name = index or settings.load().index
    if is_store_address(name):
        from rag_infer.buckets.maintenance import verify_bucket

        if repair:
            raise typer.BadParameter("an index in a bucket is not repaired", param_hint="--repair")
        checked = verify_bucket(open_store(name))
        report = VerifyReport(checked, checked.damage)
    else:
        report = check(name, repair=repair)
    print_result(report, partial(index_view.render_verification, option=_option(index)), json_)
    if report.damage and not report.repaired:
        raise typer.Exit(1)


def upgrade(index: IndexOption = None, json_: JsonOption = False) -> None:
    """Bring an index to the present format.

    From what it stores: no document is read again. The first write of an older index does it too.
    """
    from rag_infer.index.maintenance import upgrade as upgrade_index

    name = index or settings.load().index
    if is_store_address(name):
        raise typer.BadParameter("upgrade the index here, then push it", param_hint="--index")
    print_result(upgrade_index(name, lock_wait()), index_view.render_upgrade, json_)


def gc(
    index: IndexOption = None,
    older_than: Annotated[
        float,
        typer.Option(
            "--older-than",
            metavar="HOURS",
            min=1.0,
            help="In a bucket: only files of at least this age.",
        ),
    ] = 24.0,
    retention: Annotated[
        float,
        typer.Option(
            "--retention",
            metavar="HOURS",
            min=1.0,
            help="In a bucket: keep generations that were replaced within these hours.",
        ),
    ] = 168.0,
    json_: JsonOption = False,
) -> None:
    """Delete old generations, join small segments.

    In a bucket: join what jobs left apart, then delete generations that were replaced long ago,
    files that none names, and the notes of finished jobs.
    """
    from rag_infer.index.maintenance import collect

    name = index or settings.load().index
    if is_store_address(name):
        from rag_infer.buckets.joining import join_segments
        from rag_infer.buckets.maintenance import collect_bucket

        store = open_store(name)
        joined = join_segments(store)
        freed = replace(collect_bucket(store, older_than, retention), joined=joined)
        print_result(freed, index_view.render_bucket_gc, json_)
        return
    report = collect(name, lock_wait())
    print_result(report, index_view.render_gc, json_)
