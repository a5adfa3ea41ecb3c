"""An evaluation in the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.cli.output import count_of, print_text
from rag_infer.cli.terminal import one_line, shortened, styled, width

if TYPE_CHECKING:
    from rag_infer.evaluation.comparison import RunComparison
    from rag_infer.evaluation.grading import GradedAnswer
    from rag_infer.evaluation.history import StoredEvaluation
    from rag_infer.evaluation.questions import EvalQuestion
    from rag_infer.evaluation.run import Evaluation

FAILURE_LABELS = {
    "not_indexed": "the document is not in the index",
    "not_retrieved": "the passage was not retrieved",
    "not_cited": "another passage was cited",
    "not_answered": "the right passage, another answer",
    "declined": "declined though the passage was retrieved",
    "not_declined": "answered though the documents do not say",
}
_MAX_FAILURES_SHOWN = 20


def render(evaluation: Evaluation, previous: StoredEvaluation | None) -> None:
    """Prints the figures, their breakdown by kind, and each failure by the step of its cause."""
    from rag_infer.evaluation.metrics import METRICS, by_kind, calibration_error, metrics

    answers = evaluation.answers
    print_text(
        f"{count_of(len(answers), 'question')}, generation {evaluation.generation} of the index, "
        f"{one_line(evaluation.model)}\n"
    )
    print_text(styled(f"{'':28}{'value':>7}   {'95 % interval':16}{'questions':>9}", "dim"))
    for figure in metrics(answers):
        interval = f"{figure.low:.0%} to {figure.high:.0%}"
        label = METRICS[figure.name][0]
        print_text(f"{label:28}{figure.value:>7.0%}   {interval:16}{figure.count:>9}")
    error = calibration_error(answers)
    if error is not None:
        print_text(f"{'calibration error':28}{error:>7.2f}")
    seconds = sorted(answer.seconds for answer in answers)
    if seconds:
        print_text(f"{'median seconds':28}{seconds[len(seconds) // 2]:>7.2f}")
    groups = by_kind(answers)
    if len(groups) > 1:
        print_text(styled(f"\n{'kind':20}{'n':>5}{'right':>7}{'wrong':>7}{'declined':>10}", "dim"))
        for kind, members in groups.items():
            counts = [sum(m.outcome == o for m in members) for o in ("right", "wrong", "declined")]
            name = shortened(one_line(kind), 19)
            print_text(f"{name:20}{len(members):>5}{counts[0]:>7}{counts[1]:>7}{counts[2]:>10}")
    _render_failures(answers)
    if previous is not None:
        _render_change(previous, evaluation)


def _render_failures(answers: Sequence[GradedAnswer]) -> None:
    from rag_infer.evaluation.grading import by_failure

    heading = ""
    failures = by_failure(answers)
    for position, answer in enumerate(failures):
        if position == _MAX_FAILURES_SHOWN:
            print_text(f"\n... and {len(failures) - position} more; --json and --html show all")
            break
        if answer.failure != heading:
            heading = answer.failure
            count = sum(a.failure == heading for a in failures)
            print_text(styled(f"\n{FAILURE_LABELS[heading]} ({count})", "bold"))
        mark = styled("!", "red") if answer.plainly_wrong else " "
        columns = width() - 12
        print_text(f"{mark} {shortened(one_line(answer.question.question), columns)}")
        expected = " | ".join(answer.question.answers) or "-"
        print_text(styled(f"    expected  {shortened(one_line(expected), columns - 4)}", "dim"))
        answer_text = one_line(answer.text) if answer.answered else "declined"
        print_text(styled(f"    answer    {shortened(answer_text, columns - 4)}", "dim"))


def _render_change(previous: StoredEvaluation, evaluation: Evaluation) -> None:
    from rag_infer.evaluation.comparison import compare

    change = compare(previous.evaluation.answers, evaluation.answers)
    if not change.questions:
        return
    print_text(
        f"\nsince {previous.at[:10]} (generation {previous.evaluation.generation}): "
        f"{len(change.improved)} better, {len(change.worsened)} worse "
        f"of {change.questions} questions"
    )
    if change.worsened:
        by_id = {answer.question.id: answer for answer in evaluation.answers}
        for id_ in change.worsened[:_MAX_FAILURES_SHOWN]:
            answer = by_id[id_]
            text = shortened(one_line(answer.question.question), width() - 12)
            where = ", ".join(answer.question.documents)
            print_text(f"  worse  {text}")
            print_text(
                styled(f"         {FAILURE_LABELS[answer.failure]}  {one_line(where)}", "dim")
            )


def render_comparison(
    files: Sequence[Path], runs: Sequence[Evaluation], result: RunComparison
) -> None:
    """Prints the figures of two evaluations side by side, and the verdict."""
    from rag_infer.evaluation.metrics import METRICS, metrics

    names = [shortened(file.stem, 12) for file in files]
    print_text(styled(f"{'':28}{'A: ' + names[0]:>16}{'B: ' + names[1]:>16}", "dim"))
    columns = [{m.name: m.value for m in metrics(run.answers)} for run in runs]
    for name, (label, _) in METRICS.items():
        values = [column.get(name) for column in columns]
        if any(value is not None for value in values):
            cells = "".join(f"{'-' if v is None else f'{v:.0%}':>16}" for v in values)
            print_text(f"{label:28}{cells}")
    print_text(f"\n{result.verdict}")


def render_question(question: EvalQuestion, number: int, total: int) -> None:
    """Prints a question for review."""
    print_text(styled(f"\n{number} of {total}  {one_line(question.kind)}", "dim"))
    print_text(styled(one_line(question.question), "bold"))
    print_text(f"answer  {one_line(' / '.join(question.answers)) or '-'}")
    if question.quote:
        print_text(styled(f"quote   {shortened(one_line(question.quote), width() - 8)}", "dim"))
    if question.documents:
        print_text(styled(f"from    {one_line(', '.join(question.documents))}", "dim"))


def as_json(
    evaluation: Evaluation, previous: StoredEvaluation | None, failures: Sequence[str]
) -> dict[str, Any]:
    """An evaluation with its figures, as dataclasses and plain values."""
    from rag_infer.evaluation.comparison import compare
    from rag_infer.evaluation.metrics import by_kind, calibration_error, metrics

    change = None
    if previous is not None:
        change = {
            "at": previous.at,
            **_change(compare(previous.evaluation.answers, evaluation.answers)),
        }
    return {
        "index": evaluation.index,
        "generation": evaluation.generation,
        "model": evaluation.model,
        "metrics": metrics(evaluation.answers),
        "calibration_error": calibration_error(evaluation.answers),
        "kinds": {kind: metrics(members) for kind, members in by_kind(evaluation.answers).items()},
        "answers": evaluation.answers,
        "since": change,
        "failed_bounds": list(failures),
    }


def comparison_as_json(runs: Sequence[Evaluation], result: RunComparison) -> dict[str, Any]:
    """Two evaluations and what differs."""
    first, second = (as_json(run, None, ()) for run in runs)
    return {"a": first, "b": second, **_change(result)}


def _change(result: RunComparison) -> dict[str, Any]:
    return {
        "questions": result.questions,
        "improved": result.improved,
        "worsened": result.worsened,
        "p_value": result.p_value,
        "slowdown": result.slowdown,
        "verdict": result.verdict,
    }
