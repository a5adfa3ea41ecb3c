"""``rag batch``: the questions of a file, answered side by side into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.batch_report import is_incomplete, render
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, RuntimeOption, values_of
from rag_infer.cli.output import print_result
from rag_infer.cli.progress import counting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_infer import AskOptions, Index
    from rag_infer.batch.costs import CostCeiling
    from rag_infer.cli.batch_report import Report
    from rag_infer.settings import ModelProfile


def batch(
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS", help="JSONL or CSV with 'question' (and 'id'), or lines of text."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Answers as JSONL; default: beside QUESTIONS."
        ),
    ] = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", min=1, help="Most passages of a question.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=256, help="Most questions at once.")
    ] = 4,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Most tokens of an answer.")
    ] = 512,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0.0, help="Ask no more when this might be passed."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what ended in an error.")
    ] = False,
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Put the answers in the order of the questions.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Ask nothing: write the requests in OpenAI's format."
        ),
    ] = None,
    import_: Annotated[
        list[Path] | None,
        typer.Option(
            "--import", metavar="FILE", help="Check and write the results of exported requests."
        ),
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Answer the questions of a file. Run it again after a break: it goes on where it was.

    Exit code 1 when a question failed, was not asked, or waits for its result.
    """
    from rag_infer import AskOptions, GenerationOptions, Index, RetrievalOptions
    from rag_infer.batch.attempts import AskSettings
    from rag_infer.batch.journal import AnswerJournal
    from rag_infer.batch.offline import export_batch, import_batch
    from rag_infer.batch.questions import read_batch
    from rag_infer.batch.run import BatchOptions, batch_keys, run_batch

    _check_stage(export, import_, retry_failed=retry_failed, max_cost=max_cost)
    rows = read_batch(questions)
    configured = settings.load()
    model = llm or configured.llm
    opened = Index.open(index or configured.index)
    profiles = settings.profiles(configured, model, runtime)
    ask = AskOptions(
        retrieval=RetrievalOptions(reranker=configured.reranker),
        generation=GenerationOptions(
            model_profiles=profiles, max_tokens=max_tokens, **configured.prompts.options()
        ),
        verifier=configured.verifier,
    )
    ceiling = None
    if max_cost is not None:
        with values_of("--max-cost"):
            ceiling = _ceiling(opened, model, profiles, ask, max_cost)
    options = BatchOptions(AskSettings(model, top_k, ask), concurrency, ceiling)
    path = output or questions.with_name(f"{questions.stem}.answers.jsonl")
    with AnswerJournal(path) as journal:
        if retry_failed:
            journal.drop_failed(drop_exported=export is None)
        report: Report
        with counting("questions", not json_) as on_progress:
            if export is not None:
                report = export_batch(opened, rows, journal, options, export, on_progress)
            elif import_:
                report = import_batch(opened, rows, journal, options, import_, on_progress)
            else:
                report = run_batch(opened, rows, journal, options, on_progress)
        if ordered:
            journal.order(batch_keys(rows, options.settings))
    print_result(report, lambda report: render(report, path, export), json_)
    if is_incomplete(report):
        raise typer.Exit(1)


def _check_stage(
    export: Path | None, import_: list[Path] | None, *, retry_failed: bool, max_cost: float | None
) -> None:
    """Raises InputError for options that exclude each other."""
    from rag_infer.errors import InputError

    if export is not None and import_:
        raise InputError("--export and --import are two commands, the first before the second")
    if import_ and retry_failed:
        raise InputError("--import imports, --retry-failed asks again", hint="use one of them")
    if max_cost is not None and (export is not None or import_):
        raise InputError("--max-cost is for questions that are asked here, not for an export")


def _ceiling(
    index: Index, model: str | None, profiles: Mapping[str, ModelProfile], ask: AskOptions,
    limit: float,
) -> CostCeiling:  # fmt: skip
    from rag_infer.batch.costs import CostBound, CostCeiling
    from rag_infer.errors import InputError
    from rag_infer.generate import EXTRACTIVE

    profile = profiles.get(model or EXTRACTIVE)
    if model is None or profile is None:
        raise InputError("only a model of a [models] table has a price")
    window = index.engine.generator(model, profiles).window
    calls = 1 + ask.retrieval.further_searches
    return CostCeiling(limit, CostBound(profile, window, ask.generation.max_tokens, calls))
