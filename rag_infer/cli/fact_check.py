"""``rag fact-check``: the claims of a text, checked against the documents."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.answer_view import render_citation, render_claim
from rag_infer.cli.options import (
    FilterArguments,
    IndexOption,
    JsonOption,
    VerifierOption,
    with_filter_options,
)
from rag_infer.cli.output import count_of, print_result, print_text
from rag_infer.cli.progress import counting
from rag_infer.cli.standard_input import document_file

if TYPE_CHECKING:
    from rag_infer.answering.fact_check import FactCheckReport


@with_filter_options
def fact_check(
    file: Annotated[Path, typer.Argument(help="The text; - reads it from standard input.")],
    filter_arguments: FilterArguments,
    index: IndexOption = None,
    verifier: VerifierOption = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when a claim is not supported.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Check which claims of a text are supported. Each comes with the quote that supports it."""
    from rag_infer import Index
    from rag_infer.answering.fact_check import read_text as read_file

    configured = settings.load()
    target = Index.open(index or configured.index)
    with document_file() if str(file) == "-" else nullcontext(file) as path:
        text = read_file(path)
    with counting("claims", not json_) as on_progress:
        report = target.fact_check(
            text,
            filter=filter_arguments.to_filter(),
            verifier=verifier or configured.verifier,
            on_progress=on_progress,
        )
    print_result(report, _render_report, json_)
    if exit_code and report.count("unsupported") + report.count("partial"):
        raise typer.Exit(1)


def _render_report(report: FactCheckReport) -> None:
    for claim in report.claims:
        render_claim(claim)
    if report.citations:
        print_text()
    for citation in report.citations:
        render_citation(citation)
    print_text(
        f"\n{count_of(len(report.claims), 'sentence')}: "
        f"{report.count('supported')} supported, "
        f"{report.count('partial')} partially supported, "
        f"{report.count('unsupported')} unsupported, "
        f"{report.count('unchecked')} without a claim to check"
    )
