"""``rag push`` and ``rag pull``: an index to a bucket and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer.cli.options import JsonOption, values_of
from rag_infer.cli.output import count_of, print_result, print_text
from rag_infer.cli.progress import megabytes
from rag_infer.cli.terminal import size
from rag_infer.cli.writer_wait import lock_wait

if TYPE_CHECKING:
    from rag_infer.store.base import Store

_AddressArgument = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS", help="A bucket: s3://BUCKET/PREFIX, or a folder: file:///FOLDER."
    ),
]
_IndexArgument = Annotated[
    str, typer.Argument(metavar="INDEX", help="Name or path of an index of this machine.")
]


def push(
    index: _IndexArgument,
    address: _AddressArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the bucket has another index, or newer.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Put an index into a bucket. Only what is missing there is sent.

    Of several that push at once one is first; the others are told, and lose nothing.
    """
    from rag_infer.buckets.push import PushReport
    from rag_infer.buckets.push import push as push_index

    path = _local_path(index, "INDEX")
    store = _store(address)

    def render(report: PushReport) -> None:
        if not report.committed:
            print_text(f"already there: generation {report.generation} of {report.url}")
            return
        print_text(
            f"pushed: generation {report.generation} of {report.url};"
            f" {report.files_sent} of {count_of(report.files, 'file')} sent,"
            f" {size(report.bytes_sent)}"
        )

    with megabytes(not json_) as on_progress:
        report = push_index(path, store, replace=replace, on_progress=on_progress)
    print_result(report, render, json_)


def pull(
    address: _AddressArgument,
    index: _IndexArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up an index or changes that are here.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Get an index from a bucket. Only what is missing here is fetched.

    The index here is the old one until all of the new one is on disk and checked. Run it again
    after a stop: it goes on.
    """
    from rag_infer.buckets.pull import PullReport
    from rag_infer.buckets.pull import pull as pull_index

    path = _local_path(index, "INDEX")
    store = _store(address)

    def render(report: PullReport) -> None:
        if not report.changed:
            print_text(f"up to date: generation {report.bucket_generation} of {report.url}")
            return
        print_text(
            f"pulled: generation {report.bucket_generation} of {report.url},"
            f" {count_of(report.documents, 'document')}; {report.files_fetched} of"
            f" {count_of(report.files, 'file')} fetched, {size(report.bytes_fetched)}"
        )

    with megabytes(not json_) as on_progress:
        report = pull_index(
            store, path, replace_local=replace, wait=lock_wait(), on_progress=on_progress
        )
    print_result(report, render, json_)


def _local_path(index: str, argument: str) -> Path:
    from rag_infer.settings import index_path
    from rag_infer.store.addresses import is_store_address

    if is_store_address(index):
        raise typer.BadParameter("is an address, not an index", param_hint=argument)
    return index_path(index)


def _store(address: str) -> Store:
    from rag_infer.store.addresses import is_store_address, open_store

    if not is_store_address(address):
        raise typer.BadParameter(
            "expected s3://BUCKET/PREFIX or file:///FOLDER", param_hint="ADDRESS"
        )
    with values_of("ADDRESS"):
        return open_store(address)
