"""An evaluation as one self-contained web page; it loads and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_infer.cli.evaluation_view import FAILURE_LABELS
from rag_infer.cli.terminal import safe
from rag_infer.errors import InputError
from rag_infer.evaluation.grading import FAILURES, GradedAnswer
from rag_infer.evaluation.metrics import LOWER_IS_BETTER, METRICS, by_kind, metrics
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
        figures=[
            {
                "label": METRICS[m.name][0],
                "value": m.value,
                "low": m.low,
                "high": m.high,
                "count": m.count,
                "tone": "bad" if m.name in LOWER_IS_BETTER else "good",
            }
            for m in metrics(answers)
        ],
        kinds=[
            {
                "name": safe(kind),
                "count": len(members),
                "shares": [
                    (tone, sum(m.outcome == outcome for m in members) / len(members))
                    for outcome, tone in (("right", "good"), ("declined", "none"), ("wrong", "bad"))
                ],
            }
            for kind, members in by_kind(answers).items()
        ],
        failures=[
            {"label": FAILURE_LABELS[failure], "answers": [_answer(a) for a in members]}
            for failure in FAILURES
            if (members := [a for a in answers if a.failure == failure])
        ],
    )


def _answer(answer: GradedAnswer) -> dict[str, Any]:
    return {
        "question": safe(answer.question.question),
        "expected": safe(" | ".join(answer.question.answers)),
        "documents": safe(", ".join(answer.question.documents)),
        "text": safe(answer.text[:_MAX_TEXT]) if answer.answered else "declined",
        "plain": answer.plainly_wrong,
        "confidence": answer.probability,
        "rank": answer.retrieved_at,
        "hits": [safe(hit) for hit in answer.hits],
        "citations": [safe(citation) for citation in answer.citations],
    }
