"""``rag batch``: the questions of a file, answered side by side into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, RuntimeOption, values_of
from rag_infer.cli.output import count_of, print_json, print_note, print_text
from rag_infer.cli.progress import counting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_infer import AskOptions, Index
    from rag_infer.batch.costs import CostCeiling
    from rag_infer.batch.run import BatchReport
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
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Answer the questions of a file. Run it again after a break: it goes on where it was.

    Exit code 1 when a question failed or was not asked.
    """
    from rag_infer import AskOptions, GenerationOptions, Index, RetrievalOptions
    from rag_infer.batch.journal import AnswerJournal
    from rag_infer.batch.questions import read_batch
    from rag_infer.batch.run import BatchOptions, batch_keys, run_batch

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
    options = BatchOptions(model, top_k, ask, concurrency, ceiling)
    path = output or questions.with_name(f"{questions.stem}.answers.jsonl")
    with AnswerJournal(path) as journal:
        if retry_failed:
            journal.drop_failed()
        with counting("questions", not json_) as on_progress:
            report = run_batch(opened, rows, journal, options, on_progress)
        if ordered:
            journal.order(batch_keys(rows, options))
    if json_:
        print_json(report)
    else:
        _render(report, path)
    if report.failed or report.remaining:
        raise typer.Exit(1)


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


def _render(report: BatchReport, path: Path) -> None:
    asked = report.answered + report.declined + report.failed
    rate = f", {asked / report.seconds:,.1f} a second" if asked and report.seconds else ""
    rows = [
        ("answered", report.answered, ""),
        ("not answered", report.declined, "by the documents"),
        ("failed", report.failed, "ask again with --retry-failed" if report.failed else ""),
        ("done before", report.before, ""),
    ]
    if report.remaining:
        rows.append(("not asked", report.remaining, "run the command again to go on"))
    for name, number, note in rows:
        print_text(f"{name:<14}{number:>7,}  {note}".rstrip())
    tokens = report.prompt_tokens + report.output_tokens
    cost = f", cost {report.cost:.4f}" if report.cost is not None else ""
    used = f", {tokens:,} tokens{cost}" if tokens else ""
    print_text(f"{count_of(report.questions, 'question')} in {report.seconds:,.1f} s{rate}{used}")
    print_text(f"answers: {path}")
    if report.other_generations:
        print_note(
            "note: the index has changed since some of these answers were written; "
            "for all from the present one, name another --output"
        )
