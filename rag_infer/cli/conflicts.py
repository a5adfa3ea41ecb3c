"""``rag conflicts``: statements of the same thing that differ, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.api.document_paths import with_paths
from rag_infer.cli.options import (
    FilterArguments,
    IndexOption,
    JsonOption,
    with_filter_options,
)
from rag_infer.cli.output import count_of, print_note, print_result, print_text
from rag_infer.cli.progress import counting
from rag_infer.cli.terminal import one_line, shortened, styled, wrapped
from rag_infer.conflicts.results import Conflict, ConflictReport

_QUOTE_COLUMNS = 240
_COLORS = {"conflict": "red", "changed": "yellow"}


@with_filter_options
def conflicts(
    filter_arguments: FilterArguments,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Indexed documents, folders or globs; none: all."),
    ] = None,
    max_documents: Annotated[
        int, typer.Option("--max-documents", min=1, help="Most documents to compare.")
    ] = 1000,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when documents are in conflict.")
    ] = False,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """List statements in which documents differ. Each comes with its citation.

    Dated versions of a document are shown as changed, others as a conflict.
    """
    from rag_infer import Index

    opened = Index.open(index or settings.load().index)
    filter = with_paths(opened, filter_arguments.to_filter(), paths or ())
    with counting("documents", not json_) as on_progress:
        report = opened.conflicts(
            filter=filter, max_documents=max_documents, on_progress=on_progress
        )
    print_result(report, _render_report, json_)
    if exit_code and any(conflict.kind == "conflict" for conflict in report.conflicts):
        raise typer.Exit(1)


def _render_report(report: ConflictReport) -> None:
    for conflict in report.conflicts:
        _render_conflict(conflict)
    count = sum(conflict.kind == "conflict" for conflict in report.conflicts)
    changes = len(report.conflicts) - count
    documents = count_of(report.read, "document")
    print_text(f"{documents} compared: {count_of(count, 'conflict')}, {changes} changed")
    for warning in report.warnings:
        print_note(f"note: {warning}")


def _render_conflict(conflict: Conflict) -> None:
    kind = styled(conflict.kind, _COLORS[conflict.kind])
    print_text(f"{kind}: {one_line(conflict.subject)}")
    for statement in conflict.statements:
        location = one_line(statement.citation.location)
        dated = f" ({statement.date})" if statement.date else ""
        value = shortened(one_line(statement.value), 40)
        print_text(wrapped(f"{value}  {location}{dated}", indent="      ", first="  "))
        quote = shortened(one_line(statement.citation.span.quote), _QUOTE_COLUMNS)
        print_text(styled(wrapped(f"“{quote}”", indent="      "), "dim"))
    print_text()
