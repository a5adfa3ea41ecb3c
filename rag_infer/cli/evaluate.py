"""``rag eval``: how good an index is on questions of one's own, or generated from its documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import evaluation_view, progress
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, values_of
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Index
    from rag_infer.evaluation.questions import EvalQuestion
    from rag_infer.evaluation.run import EvalSettings, Evaluation

_DEFAULT_COUNT = 40


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
        typer.Option("--make", min=1, help="Make this many questions from the documents; no run."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where --make and --review write.")
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
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a report as a page.")
    ] = None,
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
    from rag_infer.evaluation.metrics import metrics
    from rag_infer.evaluation.questions import read_questions, write_questions

    with values_of("--min, --max"):
        gates = [parse_gate(text) for text in minimum or ()]
        gates += [parse_gate(text, is_maximum=True) for text in maximum or ()]
    configured = settings.load()
    if review:
        _review(questions, out)
        return
    target = Index.open(index or configured.index)
    if questions is not None:
        selection = read_questions(questions)
    else:
        selection = _make_questions(target, make or limit or _DEFAULT_COUNT, seed)
    if make is not None:
        if questions is not None:
            raise InputError("--make makes questions: give no file", hint="--out names the new one")
        destination = out or Path("questions.jsonl")
        if destination.exists():
            raise InputError("there is such a file already", where=str(destination))
        write_questions(destination, selection)
        print_text(f"{len(selection)} questions written to {destination}")
        return
    selection = selection[:limit]
    if compare is not None:
        _compare(target, selection, compare, json_)
        return
    model = llm or configured.llm
    selected = _settings({"llm": model, "top_k": top_k}, configured)
    evaluation, previous = _run(target, selection, selected, keep=True)
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


def _run(
    index: Index, questions: list[EvalQuestion], selected: EvalSettings, *, keep: bool
) -> tuple[Evaluation, Any]:
    from rag_infer.evaluation.history import EvaluationHistory
    from rag_infer.evaluation.run import evaluate as run

    with progress.counting("questions", True) as show:
        evaluation = run(index, questions, selected, on_progress=show)
    if not keep:
        return evaluation, None
    history = EvaluationHistory(index.path)
    previous = history.last()
    try:
        history.add(evaluation)
    except InputError as error:
        print_note(str(error))
    return evaluation, previous


def _settings(values: dict[str, Any], configured: settings.Settings) -> EvalSettings:
    from rag_infer import AskOptions, GenerationOptions, RetrievalOptions
    from rag_infer.evaluation.run import EvalSettings

    model = values.get("llm") or configured.llm
    system = {"system": values["system"]} if values.get("system") else {}
    options = AskOptions(
        retrieval=RetrievalOptions(reranker=values.get("reranker") or configured.reranker),
        generation=GenerationOptions(
            model_profiles=settings.profiles(configured, model, None),
            max_tokens=values.get("max_tokens") or 512,
            **{**configured.prompts.options(), **system},
        ),
        min_confidence=values.get("min_confidence"),
    )
    return EvalSettings(model, values.get("top_k"), options)


def _make_questions(index: Index, count: int, seed: int) -> list[EvalQuestion]:
    from rag_infer.evaluation.question_generation import generate_questions
    from rag_infer.evaluation.run import page_texts

    generated = generate_questions(page_texts(index), count, seed=seed)
    if not generated:
        raise InputError(
            "no question could be generated from these documents",
            hint="write some: see rag eval --help",
        )
    overlap = sum(m.overlap for m in generated) / len(generated)
    print_note(
        f"{len(generated)} questions made from the documents; they repeat {overlap:.0%} of the "
        "words of their passages, so people's own questions are harder",
        "plain",
    )
    return [m.question for m in generated]


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
        runs.append(_run(target, questions, _settings(values, configured), keep=False)[0])
    result = compare(runs[0].answers, runs[1].answers)
    if as_json:
        print_json(evaluation_view.comparison_as_json(runs, result))
    else:
        evaluation_view.render_comparison(files, runs, result)


def _review(source: Path | None, out: Path | None) -> None:
    from dataclasses import replace

    from rag_infer.evaluation.questions import read_questions, write_questions

    if source is None:
        raise InputError("--review needs a file of questions", hint="make one with rag eval --make")
    questions = read_questions(source)
    retained: list[EvalQuestion] = []
    for number, original in enumerate(questions, 1):
        question = original
        evaluation_view.render_question(question, number, len(questions))
        choice = typer.prompt("[k]eep, [e]dit, [d]rop, [q]uit", default="k").strip().lower()[:1]
        if choice == "q":
            retained += questions[number - 1 :]
            break
        if choice == "d":
            continue
        if choice == "e":
            text = typer.prompt("question", default=question.question)
            answer = typer.prompt("answer", default=" / ".join(question.answers))
            answers = tuple(a.strip() for a in answer.split(" / ") if a.strip())
            question = replace(question, question=text, answers=answers)
        retained.append(question)
    write_questions(out or source, retained)
    print_note(f"{len(retained)} of {len(questions)} questions kept in {out or source}", "plain")
