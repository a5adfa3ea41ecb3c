"""What became worse between two evaluations of the same questions, and why.

The step at which most of the worse answers now go wrong, the documents that changed in between, and
what else is different (embedder, model, tuning, version) name the cause.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from rag_infer.api import Index
from rag_infer.evaluation.comparison import RunComparison, compare
from rag_infer.evaluation.grading import Failure, GradedAnswer
from rag_infer.evaluation.run import EvalSettings, Evaluation, Evaluator, evaluation_of

_PATIENCE = 2  # times the seconds that the questions took before, until they are given up


@dataclass(frozen=True, slots=True)
class WorseAnswer:
    """A question that was answered rightly before.

    Attributes:
        answer: The answer now.
        causes: Documents that changed in between and were or are cited, or are named as holding the
            answer.
    """

    answer: GradedAnswer
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regression:
    """What changed between two evaluations.

    Attributes:
        comparison: The pairs.
        worse: The questions that became worse, by the step at which they now go wrong.
        differences: What else is different: ``embedder: minilm -> other``.
    """

    comparison: RunComparison
    worse: tuple[WorseAnswer, ...]
    differences: tuple[str, ...]

    @property
    def is_fall(self) -> bool:
        """Whether more became worse than better.

        Or, by more than chance, passages rank lower or answers are plainly wrong more often.
        """
        pairs = self.comparison
        is_worse = len(pairs.worsened) > len(pairs.improved)
        return is_worse or pairs.is_ranked_lower or pairs.is_plainly_worse

    @property
    def main_step(self) -> tuple[Failure, int] | None:
        """The step at which most of the worse answers go wrong, with how many."""
        steps = Counter(worse.answer.failure for worse in self.worse)
        return steps.most_common(1)[0] if steps else None


def regression(before: Evaluation, after: Evaluation, changed: Collection[str] = ()) -> Regression:
    """Compares two evaluations and names causes.

    Args:
        before: The earlier one.
        after: The later one.
        changed: Ids of files that were indexed or removed in between.
    """
    comparison = compare(before.answers, after.answers)
    earlier = {answer.question.id: answer for answer in before.answers}
    later = {answer.question.id: answer for answer in after.answers}
    worse = [
        WorseAnswer(later[id_], _causes(earlier[id_], later[id_], changed))
        for id_ in comparison.worsened
    ]
    steps = Counter(one.answer.failure for one in worse)
    worse.sort(key=lambda one: (-steps[one.answer.failure], one.answer.failure))
    differences = [
        f"{name}: {old} -> {new}"
        for name, old, new in (
            ("embedder", before.embedder, after.embedder),
            ("model", before.model, after.model),
            ("tuning", before.tuning, after.tuning),
            ("rag-infer", before.version, after.version),
        )
        if old != new and old and new
    ]
    return Regression(comparison, tuple(worse), tuple(differences))


def _causes(before: GradedAnswer, after: GradedAnswer, changed: Collection[str]) -> tuple[str, ...]:
    involved = [*after.question.documents, *before.cited_documents, *after.cited_documents]
    return tuple(file for file in sorted(changed) if any(_is_of(name, file) for name in involved))


def _is_of(document: str, file: str) -> bool:
    """Whether a document, by id or by the end of its path, is in a file."""
    is_in_file = document == file or document.startswith((f"{file}#", f"{file}/"))
    return is_in_file or file.endswith(f"/{document}")


def seconds_of(evaluation: Evaluation) -> float:
    """How long its questions took in all."""
    return sum(answer.seconds for answer in evaluation.answers)


def ask_again(
    index: Index, before: Evaluation, settings: EvalSettings, budget_s: float
) -> Evaluation | None:
    """Asks the questions of an evaluation again, if that is quick.

    Args:
        index: The index as it is now.
        before: The earlier evaluation.
        settings: Parameters of each question.
        budget_s: Most seconds that the questions took before.

    Returns:
        The new evaluation; None where it would take longer, or takes twice as long.

    Raises:
        RagError: As ``Index.ask`` raises it.
    """
    if not before.answers or seconds_of(before) > budget_s:
        return None
    evaluator = Evaluator(index, settings)
    deadline = time.monotonic() + _PATIENCE * budget_s
    answers: list[GradedAnswer] = []
    for earlier in before.answers:
        if time.monotonic() > deadline:
            return None
        answers.append(evaluator.answer(earlier.question))
    return evaluation_of(index, evaluator, answers)
