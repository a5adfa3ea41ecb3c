"""``rag eval``: how good an index is on questions of one's own, or generated from its documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import evaluation_review, evaluation_sources, evaluation_view, progress
from rag_infer.cli.evaluation_settings import eval_settings
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, values_of
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.cli.tracing_setup import start_traces
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Index
    from rag_infer.evaluation.exchange import ExchangeFormat
    from rag_infer.evaluation.judge import ModelJudge
    from rag_infer.evaluation.questions import EvalQuestion
    from rag_infer.evaluation.run import EvalSettings, Evaluation


def evaluate(
    questions: Annotated[
        Path | None,
        typer.Argument(
            help="JSONL, JSON or CSV. Without it, questions are generated from the index."
        ),
    ] = None,
    index: IndexOption = None,
    llm: LlmOption = None,
    top_k: Annotated[
        int | None, typer.Option("-k", "--top-k", min=1, help="Most passages.")
    ] = None,
    make: Annotated[
        int | None,
        typer.Option(
            "--make", min=1, help="Make this many questions, or let --llm MODEL write them; no run."
        ),
    ] = None,
    from_feedback: Annotated[
        bool,
        typer.Option(
            "--from-feedback", help="Questions whose answers you called right, or corrected."
        ),
    ] = False,
    from_log: Annotated[
        bool,
        typer.Option("--from-log", help="Write the questions you asked, to be reviewed; no run."),
    ] = False,
    import_: Annotated[
        str | None,
        typer.Option(
            "--import",
            metavar="FORMAT",
            help="The file is of ragas, llama-index, haystack, beir or trec.",
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option("--export", metavar="FORMAT", help="Write the run for them, to --out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where questions are written, without a run."),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Keep, edit or drop each question; no run.")
    ] = False,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A.TOML B.TOML", help="Two settings, compared in pairs."),
    ] = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", metavar="NAME=VALUE", help="Exit 1 below it. Repeatable."),
    ] = None,
    maximum: Annotated[
        list[str] | None,
        typer.Option("--max", metavar="NAME=VALUE", help="Exit 1 above it. Repeatable."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="MODEL", help="Also let a model say what is right."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a report as a page.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show the figures of earlier runs; no run.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which questions are generated.")] = 0,
    json_: JsonOption = False,
) -> None:
    """Measure how well the index answers.

    Figures for retrieval, answers, citations and refusals. Runs are kept: the next one says what
    became better and worse since.
    """
    from rag_infer import Index
    from rag_infer.evaluation.gates import parse_gate
    from rag_infer.evaluation.history import EvaluationHistory
    from rag_infer.evaluation.metrics import metrics

    with values_of("--min, --max"):
        gates = [parse_gate(text) for text in minimum or ()]
        gates += [parse_gate(text, is_maximum=True) for text in maximum or ()]
    export_format = evaluation_sources.exchange_format(export, "--export")
    import_format = evaluation_sources.exchange_format(import_, "--import")
    if export is not None and out is None:
        raise InputError("--export needs --out")
    configured = settings.load()
    start_traces(configured)
    name = index or configured.index
    if review:
        evaluation_review.review(questions, out, name)
        return
    target = Index.open(name)
    if history:
        stored = EvaluationHistory(target.path).all()
        print_json(stored) if json_ else evaluation_view.render_history(stored)
        return
    selection = evaluation_sources.selected(
        target, questions, make, limit, import_format,
        from_feedback=from_feedback, from_log=from_log, seed=seed, writer=llm,
    )  # fmt: skip
    if make is not None or from_log or (out is not None and export is None):
        _write(selection, out or Path("questions.jsonl"))
        return
    selection = evaluation_sources.labeled(selection)
    selection = selection[:limit]
    evaluation_sources.note_absent_documents(target, selection)
    if compare is not None:
        _compare(target, selection, compare, json_)
        return
    model = llm or configured.llm
    selected = eval_settings({"llm": model, "top_k": top_k}, configured)
    judging = None if judge is None else evaluation_sources.judge(target, judge, configured)
    evaluation, previous = _run(target, selection, selected, keep=True, judge=judging)
    if export_format is not None and out is not None:
        _export(export_format, out, target, evaluation)
    figures = metrics(evaluation.answers)
    failures = [f for f in (gate.failure(figures) for gate in gates) if f is not None]
    if html is not None:
        from rag_infer.cli import evaluation_report

        evaluation_report.write(html, evaluation)
    if json_:
        print_json(evaluation_view.as_json(evaluation, previous, failures))
    else:
        evaluation_view.render(evaluation, previous)
    for failure in failures:
        print_note(f"below the bound: {failure}", "red")
    if failures:
        raise typer.Exit(1)


def _write(questions: list[EvalQuestion], destination: Path) -> None:
    from rag_infer.evaluation.questions import write_questions

    if destination.exists():
        raise InputError("there is such a file already", where=str(destination))
    write_questions(destination, questions)
    print_text(f"{len(questions)} questions written to {destination}")


def _export(form: ExchangeFormat, out: Path, index: Index, evaluation: Evaluation) -> None:
    from rag_infer.evaluation.exchange import write_exchange
    from rag_infer.evaluation.run import page_texts

    files = write_exchange(form, out, evaluation, page_texts(index))
    print_note(f"written: {', '.join(map(str, files))}", "plain")


def _run(
    index: Index,
    questions: list[EvalQuestion],
    selected: EvalSettings,
    *,
    keep: bool,
    judge: ModelJudge | None = None,
) -> tuple[Evaluation, Any]:
    from rag_infer.evaluation.history import EvaluationHistory
    from rag_infer.evaluation.run import evaluate as run

    with progress.counting("questions", True) as show:
        evaluation = run(index, questions, selected, judge=judge, on_progress=show)
    if not keep:
        return evaluation, None
    history = EvaluationHistory(index.path)
    previous = history.last()
    try:
        history.add(evaluation)
    except InputError as error:
        print_note(str(error))
    return evaluation, previous


def _compare(
    index: Index, questions: list[EvalQuestion], files: tuple[Path, Path], as_json: bool
) -> None:
    from rag_infer import Index as IndexClass
    from rag_infer.evaluation.comparison import compare
    from rag_infer.evaluation.settings_file import read_eval_settings

    configured = settings.load()
    runs: list[Evaluation] = []
    for file in files:
        values = read_eval_settings(file)
        target = IndexClass.open(values["index"]) if "index" in values else index
        runs.append(
            _run(target, questions, eval_settings(values, configured, target), keep=False)[0]
        )
    result = compare(runs[0].answers, runs[1].answers)
    if as_json:
        print_json(evaluation_view.comparison_as_json(runs, result))
    else:
        evaluation_view.render_comparison(files, runs, result)
