"""Two evaluations of the same questions compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, inf
from statistics import median

from rag_infer.evaluation.grading import GradedAnswer
from rag_infer.evaluation.utility import PairedDifference, paired_difference

SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What changed from a first evaluation to a second one.

    Attributes:
        questions: How many questions both have.
        improved: Ids of questions that the second alone answers rightly.
        worsened: Ids of questions that the first alone answers rightly.
        plainly_wrong: Plainly wrong answers, of the first and of the second.
        p_value: Probability of so large a difference if both were equally good (exact McNemar
            test, two-sided).
        retrieved: For how many questions the second alone retrieves the passage, and the first
            alone.
        ranked: For how many questions the second ranks the passage higher, and lower; one that is
            not retrieved ranks last. Ranks tell settings apart that answer equally many rightly.
        plain_errors: For how many questions the second alone is plainly wrong, and the first alone.
        f1: Token F1 of the second less that of the first, with its interval by paired bootstrap;
            None where no answer is known.
        slowdown: Median seconds of the second over those of the first; None where not measured.
    """

    questions: int
    improved: tuple[str, ...]
    worsened: tuple[str, ...]
    plainly_wrong: tuple[int, int]
    p_value: float
    slowdown: float | None
    retrieved: tuple[int, int] = (0, 0)
    ranked: tuple[int, int] = (0, 0)
    plain_errors: tuple[int, int] = (0, 0)
    f1: PairedDifference | None = None

    @property
    def is_ranked_lower(self) -> bool:
        """Whether the second ranks passages lower, by more than chance (sign test)."""
        higher, lower = self.ranked
        return lower > higher and mcnemar(higher, lower) <= SIGNIFICANCE

    @property
    def is_plainly_worse(self) -> bool:
        """Whether the second is plainly wrong more often, by more than chance (sign test)."""
        new, mended = self.plain_errors
        return new > mended and mcnemar(new, mended) <= SIGNIFICANCE

    @property
    def ranking(self) -> str:
        """The ranks in words: ``ranks it lower for 31, higher for 3, p = 0.0001``."""
        higher, lower = self.ranked
        chance = f"p = {_short(mcnemar(higher, lower))}"
        return f"ranks the passage lower for {lower}, higher for {higher}, {chance}"

    @property
    def verdict(self) -> str:
        """The result in words: ``B finds 4 more of 100, p = 0.03; 2.0x slower``."""
        gain = len(self.improved) - len(self.worsened)
        if gain == 0:
            words = f"both answer equally many of {self.questions} rightly"
        else:
            more = f"{abs(gain)} {'more' if gain > 0 else 'fewer'}"
            words = f"B answers {more} of {self.questions} rightly, p = {_short(self.p_value)}"
            if self.p_value > SIGNIFICANCE:
                words += " (may be chance)"
        found, lost = self.retrieved
        if found != lost:
            more = f"{abs(found - lost)} {'more' if found > lost else 'fewer'}"
            words += f"; finds the passage for {more}, p = {_short(mcnemar(found, lost))}"
        elif mcnemar(*self.ranked) <= SIGNIFICANCE:
            words += f"; {self.ranking}"
        first, second = self.plainly_wrong
        if first != second:
            words += f"; plainly wrong {first} -> {second}"
            if self.is_plainly_worse:
                words += f", p = {_short(mcnemar(*self.plain_errors))}"
        if self.slowdown is not None and not 0.9 < self.slowdown < 1.1:
            slower = self.slowdown > 1
            ratio = self.slowdown if slower else 1 / self.slowdown
            words += f"; {ratio:.1f}x {'slower' if slower else 'faster'}"
        return words


def _short(p_value: float) -> str:
    return "1" if p_value > 0.995 else f"{p_value:.2g}"


def compare(first: Sequence[GradedAnswer], second: Sequence[GradedAnswer]) -> RunComparison:
    """Compares the answers to the questions that both have (by id)."""
    before = {answer.question.id: answer for answer in first}
    pairs = [(before[a.question.id], a) for a in second if a.question.id in before]
    improved = [b.question.id for a, b in pairs if b.outcome == "right" != a.outcome]
    worsened = [b.question.id for a, b in pairs if a.outcome == "right" != b.outcome]
    scores = [(a.f1, b.f1) for a, b in pairs if a.f1 is not None and b.f1 is not None]
    times = [median(g.seconds for g in side) for side in zip(*pairs, strict=True)] if pairs else []
    return RunComparison(
        questions=len(pairs),
        improved=tuple(improved),
        worsened=tuple(worsened),
        plainly_wrong=(
            sum(a.plainly_wrong for a, _ in pairs),
            sum(b.plainly_wrong for _, b in pairs),
        ),
        p_value=mcnemar(len(improved), len(worsened)),
        slowdown=times[1] / times[0] if times and times[0] > 0 else None,
        retrieved=(
            sum(bool(b.passage_retrieved) and a.passage_retrieved is False for a, b in pairs),
            sum(bool(a.passage_retrieved) and b.passage_retrieved is False for a, b in pairs),
        ),
        ranked=_ranked(pairs),
        plain_errors=(
            sum(b.plainly_wrong and not a.plainly_wrong for a, b in pairs),
            sum(a.plainly_wrong and not b.plainly_wrong for a, b in pairs),
        ),
        f1=paired_difference(*zip(*scores, strict=True)) if scores else None,
    )


def _ranked(pairs: Sequence[tuple[GradedAnswer, GradedAnswer]]) -> tuple[int, int]:
    """For how many pairs the second ranks the passage higher, and lower."""
    ranks = [
        (a.retrieved_at or inf, b.retrieved_at or inf)
        for a, b in pairs
        if a.passage_retrieved is not None and not (_is_looked_up(a) or _is_looked_up(b))
    ]
    return sum(b < a for a, b in ranks), sum(b > a for a, b in ranks)


def _is_looked_up(answer: GradedAnswer) -> bool:
    """Whether it is a cell that was read without a search, so that nothing was ranked."""
    return bool(answer.passage_retrieved) and answer.retrieved_at is None


def mcnemar(improved: int, worsened: int) -> float:
    """The exact two-sided McNemar test (McNemar, 1947) of the pairs that differ."""
    total = improved + worsened
    if total == 0:
        return 1.0
    tail = sum(comb(total, k) for k in range(min(improved, worsened) + 1)) / 2**total
    return float(min(1.0, 2 * tail))
