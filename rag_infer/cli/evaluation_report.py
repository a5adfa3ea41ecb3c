"""An evaluation as one self-contained web page; it loads and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_infer.cli.evaluation_view import FAILURE_LABELS, expected_text
from rag_infer.cli.terminal import safe
from rag_infer.errors import InputError
from rag_infer.evaluation.grading import FAILURES, GradedAnswer
from rag_infer.evaluation.metrics import GROUPINGS, METRICS, Grouping, Metric, by_group, metrics
from rag_infer.evaluation.run import Evaluation

_MAX_TEXT = 600


def write(path: Path, evaluation: Evaluation) -> None:
    """Writes the page.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        path.write_text(page(evaluation), "utf-8")
    except OSError as error:
        raise InputError(f"cannot write the page: {error.strerror}", where=str(path)) from error


def page(evaluation: Evaluation) -> str:
    """The page of an evaluation, as HTML."""
    from jinja2 import Environment, StrictUndefined

    source = Path(__file__).with_name("evaluation_report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    answers = evaluation.answers
    return environment.from_string(source).render(
        count=len(answers),
        generation=evaluation.generation,
        model=safe(evaluation.model),
        figures=[_figure(figure) for figure in metrics(answers)],
        groupings=[
            {"name": grouping, "groups": groups}
            for grouping in GROUPINGS
            if len(groups := _groups(evaluation, grouping)) > 1
        ],
        failures=[
            {"label": FAILURE_LABELS[failure], "answers": [_answer(a) for a in members]}
            for failure in FAILURES
            if (members := [a for a in answers if a.failure == failure])
        ],
    )


def _figure(figure: Metric) -> dict[str, Any]:
    """A figure as a bar; one that is no share is drawn within its interval's upper end."""
    definition = METRICS[figure.name]
    scale = 1.0 if definition.unit == "share" else max(figure.high, figure.value) or 1.0
    return {
        "label": definition.label,
        "text": figure.text(),
        "interval": f"{figure.text(figure.low)} to {figure.text(figure.high)}",
        "value": figure.value / scale,
        "low": figure.low / scale,
        "high": figure.high / scale,
        "count": figure.count,
        "tone": "none"
        if definition.unit != "share"
        else "bad"
        if definition.lower_is_better
        else "good",
    }


def _groups(evaluation: Evaluation, grouping: Grouping) -> list[dict[str, Any]]:
    tones = (("right", "good"), ("declined", "none"), ("wrong", "bad"))
    return [
        {
            "name": safe(key),
            "count": len(members),
            "shares": [
                (tone, sum(m.outcome == outcome for m in members) / len(members))
                for outcome, tone in tones
            ],
        }
        for key, members in by_group(evaluation.answers, grouping).items()
    ]


def _answer(answer: GradedAnswer) -> dict[str, Any]:
    return {
        "question": safe(answer.question.question),
        "expected": safe(expected_text(answer.question)),
        "documents": safe(", ".join(answer.question.documents)),
        "text": safe(answer.text[:_MAX_TEXT]) if answer.answered else "declined",
        "plain": answer.plainly_wrong,
        "confidence": answer.probability,
        "quote": safe(answer.question.quote or ""),
        "passages": [
            {
                "location": safe(p.location),
                "text": safe(p.text[:_MAX_TEXT]),
                "is_source": p.is_source,
            }
            for p in answer.passages
        ],
        "citations": [safe(citation) for citation in answer.citations],
    }
