"""``rag tune``: settings and a confidence that fit one's own questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import evaluation_sources
from rag_infer.cli.evaluation_settings import eval_settings
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.cli.terminal import one_line
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer.evaluation.calibration_fit import CalibrationFit
    from rag_infer.evaluation.tuning import TuningResult


def tune(
    questions: Annotated[
        Path | None, typer.Argument(help="JSONL, JSON or CSV, as for rag eval; 20 or more.")
    ] = None,
    index: IndexOption = None,
    llm: LlmOption = None,
    budget: Annotated[
        float, typer.Option("--budget", metavar="SECONDS", min=1, help="How long it may take.")
    ] = 300.0,
    reranker: Annotated[
        list[str] | None,
        typer.Option("--reranker", metavar="MODEL", help="A cross-encoder to try. Repeatable."),
    ] = None,
    chunk_tokens: Annotated[
        list[int] | None,
        typer.Option(
            "--chunk-tokens",
            metavar="N",
            min=32,
            max=8192,
            help="A size of chunks to try, on a copy. Repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Also write the settings, for rag eval."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be won; keep nothing.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove what an earlier run kept with the index.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Which questions are for the search.")] = 0,
    json_: JsonOption = False,
) -> None:
    """Search settings that fit your questions.

    Half of the questions select the settings, the other half must confirm them. What holds is kept
    with the index and used by every command from then on.
    """
    from rag_infer import Index
    from rag_infer.cli.progress import indexing
    from rag_infer.evaluation.questions import read_questions
    from rag_infer.evaluation.tuning import tune as search
    from rag_infer.evaluation.tuning import tuning_of
    from rag_infer.index import tuning as stored

    configured = settings.load()
    target = Index.open(index or configured.index)
    target.check_writable()
    if reset:
        had_one = stored.remove(target.path)
        print_text("the tuning is removed" if had_one else "the index has no tuning")
        return
    if questions is None:
        raise InputError("name a file of questions", hint="rag eval --make 100 writes one")
    if out is not None and out.exists():
        raise InputError("there is such a file already", where=str(out))
    selection = evaluation_sources.labeled(read_questions(questions))
    present = target.engine.tuning
    result = search(
        target,
        selection,
        eval_settings({"llm": llm}, configured, target),
        budget_s=budget,
        rerankers=tuple(reranker or ()),
        chunk_tokens=tuple(dict.fromkeys(chunk_tokens or ())),
        seed=seed,
        on_progress=(lambda line: print_note(line, "dim")) if sys.stderr.isatty() else None,
    )
    tuning = tuning_of(result, present)
    is_kept = tuning != present and not dry_run
    new_chunks = None if dry_run else result.selected.chunk_tokens
    if new_chunks is not None:
        with indexing(not json_) as on_progress:
            target.reindex(chunk_tokens=new_chunks, on_progress=on_progress)
    if is_kept:
        stored.write(target.path, tuning)
    if out is not None:
        _write_settings(out, result)
    if json_:
        is_kept = is_kept or new_chunks is not None
        print_json({**_as_json(result), "tuning": tuning, "is_kept": is_kept})
    else:
        _render(result, new_chunks, is_kept=is_kept)


def _write_settings(out: Path, result: TuningResult) -> None:
    from dataclasses import asdict

    from rag_infer.evaluation.settings_file import write_eval_settings

    values = {k: v for k, v in asdict(result.selected).items() if v is not None}
    values.pop("chunk_tokens", None)  # of an index, not of a question
    write_eval_settings(out, values)


def _render(result: TuningResult, new_chunks: int | None, *, is_kept: bool) -> None:
    print_text(f"{result.candidates} settings tried, {result.asked} questions asked")
    print_text(_verdict(result))
    if result.calibration is not None:
        print_text(_calibration_verdict(result.calibration))
    if new_chunks is not None:
        print_text(f"the index has chunks of {new_chunks} tokens now; rag reindex changes them")
    if result.selected.reranker is not None:
        print_text(f'to use the reranker: reranker = "{result.selected.reranker}" in rag.toml')
    if is_kept:
        print_text("kept with the index; rag tune --reset removes it")


def _verdict(result: TuningResult) -> str:
    """What the settings won, in words."""
    from rag_infer.evaluation.tuning import MIN_SEARCH_QUESTIONS

    if result.search_questions < MIN_SEARCH_QUESTIONS:
        return (
            f"settings: the time sufficed for {result.search_questions} questions of the search, "
            "too few to tell; they stay as they are (--budget gives more time)"
        )
    best = one_line(result.best.text)
    if best == "as they are":
        return "settings: none did better in the search; they stay as they are"
    if result.comparison is None or result.gain is None:
        return f"settings: {best} did best, but the time did not suffice to confirm it"
    words = f"on {result.comparison.questions} other questions, B = {best}: "
    words += result.comparison.verdict
    if result.gain.is_gain:
        return f"settings: {words}; this holds beyond chance"
    return f"settings: {words}; that may be chance, so they stay as they are"


def _calibration_verdict(fit: CalibrationFit) -> str:
    """What refitting the confidence won, in words."""
    from rag_infer.evaluation.calibration_fit import MIN_ANSWERS

    if fit.loss is None or fit.gain is None:
        return (
            f"confidence: {fit.answers} answers do not suffice to fit it ({MIN_ANSWERS}, a sixth "
            "of them wrong, or right); it stays as it is"
        )
    loss = f"held-out loss {-fit.loss.mean:+.3f} ({-fit.loss.high:+.3f} to {-fit.loss.low:+.3f})"
    if fit.calibration is None:
        return f"confidence: {loss}; that may be chance, so it stays as it is"
    parts = []
    if fit.loss.is_gain:
        parts.append(f"refitted to {fit.answers} answers, {loss}")
    if fit.gain.is_gain and fit.calibration.threshold is not None:
        gain = (
            f"{100 * fit.gain.mean:+.1f} ({100 * fit.gain.low:+.1f} to {100 * fit.gain.high:+.1f})"
        )
        parts.append(f"threshold {fit.calibration.threshold:.2f}, worth {gain} right of 100")
    return f"confidence: {'; '.join(parts)}"


def _as_json(result: TuningResult) -> dict[str, Any]:
    comparison = result.comparison
    return {
        "candidates": result.candidates,
        "asked": result.asked,
        "best": result.best,
        "selected": result.selected,
        "gain": result.gain,
        "calibration": result.calibration,
        "questions": None if comparison is None else comparison.questions,
        "p_value": None if comparison is None else comparison.p_value,
        "verdict": _verdict(result),
    }
