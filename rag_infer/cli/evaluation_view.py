"""An evaluation in the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.cli.output import count_of, print_text
from rag_infer.cli.terminal import one_line, shortened, styled, width

if TYPE_CHECKING:
    from rag_infer.evaluation.comparison import RunComparison
    from rag_infer.evaluation.grading import GradedAnswer
    from rag_infer.evaluation.history import StoredEvaluation
    from rag_infer.evaluation.questions import EvalQuestion
    from rag_infer.evaluation.regression import Regression
    from rag_infer.evaluation.run import Evaluation

FAILURE_LABELS = {
    "not_indexed": "the document is not in the index",
    "not_read": "the document is in the index, its words are not",
    "not_retrieved": "the passage was not retrieved",
    "not_cited": "another passage was cited",
    "not_answered": "the right passage, another answer",
    "declined": "declined though the passage was retrieved",
    "not_declined": "answered though the documents do not say",
}
_MAX_FAILURES_SHOWN = 20
_MAX_GROUPS_SHOWN = 12
_MAX_PASSAGES_SHOWN = 3


def render(evaluation: Evaluation, previous: StoredEvaluation | None) -> None:
    """Prints the figures, their breakdown, and each failure by the step of its cause."""
    from rag_infer.evaluation.metrics import GROUPINGS, METRICS, by_group, metrics

    answers = evaluation.answers
    print_text(
        f"{count_of(len(answers), 'question')}, generation {evaluation.generation} of the index, "
        f"{one_line(evaluation.model)}\n"
    )
    print_text(styled(f"{'':28}{'value':>8}   {'95 % interval':18}{'questions':>9}", "dim"))
    for figure in metrics(answers):
        interval = f"{figure.text(figure.low)} to {figure.text(figure.high)}"
        label = METRICS[figure.name].label
        print_text(f"{label:28}{figure.text():>8}   {interval:18}{figure.count:>9}")
    for grouping in GROUPINGS:
        _render_groups(grouping, by_group(answers, grouping))
    _render_failures(answers)
    if previous is not None:
        _render_change(previous, evaluation)


def _render_groups(grouping: str, groups: Mapping[str, Sequence[GradedAnswer]]) -> None:
    """Counts of each group; of many documents, those with most that is not right."""
    from rag_infer.evaluation.metrics import metric

    if len(groups) < 2:
        return
    heading = f"\n{grouping:28}{'n':>4}{'right':>7}{'wrong':>7}{'declined':>10}   {'95 %':>12}"
    print_text(styled(heading, "dim"))
    worst = sorted(groups, key=lambda k: -sum(m.outcome != "right" for m in groups[k]))
    shown = set(worst[:_MAX_GROUPS_SHOWN])
    for key in (key for key in groups if key in shown):
        members = groups[key]
        counts = [sum(m.outcome == o for m in members) for o in ("right", "wrong", "declined")]
        name = shortened(one_line(key), 27)
        figure = metric("answer", members)
        interval = "" if figure is None else f"{figure.low:.0%} to {figure.high:.0%}"
        print_text(
            f"{name:28}{len(members):>4}{counts[0]:>7}{counts[1]:>7}{counts[2]:>10}"
            f"   {interval:>12}"
        )
    if len(groups) > len(shown):
        print_text(f"... and {len(groups) - len(shown)} more; --json has all")


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
        expected = expected_text(answer.question)
        print_text(styled(f"    expected  {shortened(one_line(expected), columns - 4)}", "dim"))
        answer_text = one_line(answer.text) if answer.answered else "declined"
        print_text(styled(f"    answer    {shortened(answer_text, columns - 4)}", "dim"))
        for number, passage in enumerate(answer.passages[:_MAX_PASSAGES_SHOWN], 1):
            label = "retrieved" if number == 1 else ""
            passage_line = f"{number}. {one_line(passage.location)}: {one_line(passage.text)}"
            print_text(styled(f"    {label:9} {shortened(passage_line, columns - 4)}", "dim"))
        if not answer.passages and answer.citations:  # a table was asked, nothing was searched
            cited = one_line(" | ".join(answer.citations))
            print_text(styled(f"    cited     {shortened(cited, columns - 4)}", "dim"))


def expected_text(question: EvalQuestion) -> str:
    """What is known of the right answer, in words."""
    if not question.answerable:
        return "declined"
    source = question.quote or ", ".join(question.documents)
    return " | ".join(question.answers) or (f"from: {source}" if source else "-")


def _render_change(previous: StoredEvaluation, evaluation: Evaluation) -> None:
    from rag_infer.evaluation.regression import regression

    change = regression(previous.evaluation, evaluation)
    pairs = change.comparison
    if not pairs.questions:
        return
    print_text(
        f"\nsince {previous.at[:10]} (generation {previous.evaluation.generation}): "
        f"{len(pairs.improved)} better, {len(pairs.worsened)} worse "
        f"of {pairs.questions} questions"
    )
    for line in regression_lines(change):
        print_text(line)


def regression_lines(change: Regression) -> list[str]:
    """What became worse and why, a line each: the cause in common, then the questions."""
    lines: list[str] = []
    for difference in change.differences:
        lines.append(f"  {one_line(difference)}")
    if change.comparison.is_ranked_lower:
        lines.append(f"  {change.comparison.ranking}")
    if change.comparison.is_plainly_worse:
        first, second = change.comparison.plainly_wrong
        lines.append(f"  plainly wrong {first} -> {second}")
    if change.main_step is not None and len(change.worse) > 1:
        step, count = change.main_step
        lines.append(f"  {count} of {len(change.worse)} worse: {FAILURE_LABELS[step]}")
    for one in change.worse[:_MAX_FAILURES_SHOWN]:
        text = shortened(one_line(one.answer.question.question), width() - 12)
        where = ", ".join(one.causes or one.answer.question.documents)
        if one.causes:
            where = f"changed: {where}"
        lines.append(f"  worse  {text}")
        detail = f"         {FAILURE_LABELS[one.answer.failure]}  {one_line(where)}"
        lines.append(styled(detail, "dim"))
    return lines


def render_history(evaluations: Sequence[StoredEvaluation]) -> None:
    """Prints the figures of earlier runs, a line each, oldest first."""
    from rag_infer.evaluation.metrics import metrics

    names = ("retrieval", "answer", "plainly_wrong", "seconds")
    heading = f"{'at':17}{'generation':>10}{'n':>5}" + "".join(f"{n:>15}" for n in names)
    print_text(styled(heading, "dim"))
    for stored in evaluations:
        figures = {m.name: m.text() for m in metrics(stored.evaluation.answers)}
        cells = "".join(f"{figures.get(name, '-'):>15}" for name in names)
        at = stored.at[:16].replace("T", " ")
        evaluation = stored.evaluation
        print_text(f"{at:17}{evaluation.generation:>10}{len(evaluation.answers):>5}{cells}")


def render_comparison(
    files: Sequence[Path], runs: Sequence[Evaluation], result: RunComparison
) -> None:
    """Prints the figures of two evaluations side by side, and the verdict."""
    from rag_infer.evaluation.metrics import METRICS, metrics

    names = [shortened(file.stem, 12) for file in files]
    print_text(styled(f"{'':28}{'A: ' + names[0]:>16}{'B: ' + names[1]:>16}", "dim"))
    columns = [{m.name: m for m in metrics(run.answers)} for run in runs]
    for name, definition in METRICS.items():
        figures = [column.get(name) for column in columns]
        if any(figures):
            cells = "".join(f"{'-' if f is None else f.text():>16}" for f in figures)
            print_text(f"{definition.label:28}{cells}")
    print_text(f"\n{result.verdict}")
    if result.f1 is not None and result.f1.low * result.f1.high > 0:
        low, high = result.f1.low, result.f1.high
        print_text(f"token F1 {result.f1.mean:+.2f} ({low:+.2f} to {high:+.2f})")


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
    from rag_infer.evaluation.metrics import GROUPINGS, by_group, metrics
    from rag_infer.evaluation.regression import regression

    change = None
    if previous is not None:
        result = regression(previous.evaluation, evaluation)
        change = {
            "at": previous.at,
            **_change(result.comparison),
            "main_step": None if result.main_step is None else result.main_step[0],
            "differences": result.differences,
        }
    return {
        "index": evaluation.index,
        "generation": evaluation.generation,
        "model": evaluation.model,
        "metrics": metrics(evaluation.answers),
        "groups": {
            grouping: {
                key: metrics(members)
                for key, members in by_group(evaluation.answers, grouping).items()
            }
            for grouping in GROUPINGS
        },
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
        "retrieved": result.retrieved,
        "ranked": result.ranked,
        "plain_errors": result.plain_errors,
        "f1": result.f1,
        "verdict": result.verdict,
    }
