"""``rag batch``: the rows of a file, answered, labeled or summarized into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.batch_report import is_incomplete, render
from rag_infer.cli.batch_tasks import label_task, summary_task
from rag_infer.cli.options import (
    IndexOption,
    JsonOption,
    LlmOption,
    RuntimeOption,
    check_engine,
    values_of,
)
from rag_infer.cli.output import print_note, print_result
from rag_infer.cli.progress import counting

if TYPE_CHECKING:
    from rag_infer.cli.batch_report import Report


def batch(
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS",
            help="JSONL or CSV with 'question' (and 'id'), or lines of text; see --summarize.",
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
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            min=1,
            max=64,
            help="Processes that share the rows.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--on", metavar="ENGINE", help="Local, or ray: workers on the cluster of RAY_ADDRESS."
        ),
    ] = "local",
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Most tokens of an answer.")
    ] = 512,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0.0, help="Ask no more when this might be passed."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option("--labels", metavar="A,B,C", help="Give each record one of these labels."),
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", metavar="FILE", help="Fill a JSON schema from each record."),
    ] = None,
    escalate: Annotated[
        str | None,
        typer.Option("--escalate", metavar="MODEL", help="Ask it where the first is not sure."),
    ] = None,
    below: Annotated[
        float, typer.Option("--below", min=0.0, max=1.0, help="Confidence that is not sure.")
    ] = 0.7,
    samples: Annotated[
        int, typer.Option("--samples", min=0, max=20, help="Samples where no probabilities come.")
    ] = 0,
    with_documents: Annotated[
        bool, typer.Option("--with-documents", help="Show passages of the index with each record.")
    ] = False,
    summarize: Annotated[
        bool,
        typer.Option("--summarize", help="Rows are documents (ids, globs): summarize each."),
    ] = False,
    bullets: Annotated[
        int | None, typer.Option("--bullets", min=1, help="Points of a summary, at most.")
    ] = None,
    words: Annotated[
        int | None, typer.Option("--words", min=1, help="Words of a summary, at most.")
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
    """Answer, label or summarize rows of a file. Run again, it goes on where it was.

    Exit code 1 while a question has failed, was not asked, or waits for its result.
    """
    from rag_infer.batch.costs import ceiling_of
    from rag_infer.batch.documents import read_documents
    from rag_infer.batch.journal import AnswerJournal
    from rag_infer.batch.offline import export_batch, import_batch
    from rag_infer.batch.questions import read_batch, read_records
    from rag_infer.batch.run import BatchOptions, batch_keys, run_batch
    from rag_infer.batch.setup import BatchSetup
    from rag_infer.errors import InputError
    from rag_infer.generate import EXTRACTIVE

    check_engine(engine)
    _check_stage(export, import_, retry_failed=retry_failed, max_cost=max_cost)
    task = label_task(labels, schema, escalate, below, samples, with_documents=with_documents)
    summary = summary_task(bullets, words, summarize=summarize, is_labeling=task is not None)
    if (task or summary) and (export is not None or import_):
        raise InputError("--export and --import are for questions")
    noun = "document" if summary else "record" if task else "question"
    configured = settings.load()
    setup = BatchSetup(
        index or configured.index, llm or configured.llm, runtime, top_k, max_tokens, task,
        summary,
    )  # fmt: skip
    opened, ask_settings = setup.open(), setup.settings()
    if summary is not None and opened is not None:
        rows = read_documents(questions, opened)
    else:
        rows = read_batch(questions) if task is None else read_records(questions)
    if task is not None and setup.llm == EXTRACTIVE:
        raise InputError("labels need a language model", hint="name one with --llm")
    ceiling = None
    if max_cost is not None:
        with values_of("--max-cost"):
            ceiling = ceiling_of(ask_settings, max_cost)
    options = BatchOptions(
        ask_settings, concurrency, ceiling, processes, setup, engine, print_note
    )  # fmt: skip
    what = "summaries" if summary else "answers"
    path = output or questions.with_name(f"{questions.stem}.{what}.jsonl")
    with AnswerJournal(path) as journal:
        if retry_failed:
            journal.drop_failed(drop_exported=export is None)
        report: Report
        with counting(f"{noun}s", not json_) as on_progress:
            if export is not None and opened is not None:
                report = export_batch(opened, rows, journal, options, export, on_progress)
            elif import_ and opened is not None:
                report = import_batch(opened, rows, journal, options, import_, on_progress)
            else:
                report = run_batch(opened, rows, journal, options, on_progress)
        if ordered:
            journal.order(batch_keys(rows, options.settings))
    print_result(report, lambda report: render(report, path, export, noun), json_)
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
