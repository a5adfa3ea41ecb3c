"""A search for settings that answer one's own questions better, within a time.

Successive halving (Jamieson & Talwalkar, 2016): all settings answer a few questions, the better
half answers as many more, and so on. What is best on one half of the questions is then compared
with the present settings on the other half, which it was not selected on; only what holds there,
beyond chance, is a gain.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean

from rag_infer.api import Index
from rag_infer.errors import InputError
from rag_infer.evaluation.calibration_fit import OPEN, CalibrationFit, fit_calibration
from rag_infer.evaluation.comparison import RunComparison, compare
from rag_infer.evaluation.grading import GradedAnswer
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import EvalSettings, Evaluator
from rag_infer.evaluation.utility import PairedDifference, paired_difference, utility
from rag_infer.generate import EXTRACTIVE
from rag_infer.index.tuning import Tuning

MIN_QUESTIONS = 20
_TOP_K = (None, 4, 12, 20)
_DENSE_WEIGHTS = (None, 0.2, 0.35, 0.65, 0.8)
_SEARCH_SHARE, _COMPARISON_SHARE = 0.45, 0.75  # of the budget, up to the end of each part
_FIRST_RUNG = MIN_SEARCH_QUESTIONS = 8
_MIN_PAIRS = 10


@dataclass(frozen=True, slots=True)
class TuningCandidate:
    """Settings that are tried; None: as they are."""

    top_k: int | None = None
    dense_weight: float | None = None
    reranker: str | None = None
    chunk_tokens: int | None = None

    @property
    def text(self) -> str:
        """The settings in words."""
        parts = [
            "" if self.top_k is None else f"top_k {self.top_k}",
            "" if self.dense_weight is None else f"dense_weight {self.dense_weight:g}",
            "" if self.reranker is None else f"reranker {self.reranker}",
            "" if self.chunk_tokens is None else f"chunk_tokens {self.chunk_tokens}",
        ]
        return ", ".join(filter(None, parts)) or "as they are"


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What a search found.

    Attributes:
        best: The settings that did best on the questions of the search.
        candidates: How many were tried.
        asked: How many questions were asked in all.
        comparison: The present settings and the best on the other questions; None where the best
            are the present ones, or the time did not suffice.
        gain: Utility of the best less that of the present settings, on those questions.
        calibration: The refitted confidence; None where answers have none, or for lack of time.
        search_questions: How many questions the present settings answered in the search, as any
            others did that were not left out before; fewer than ``MIN_SEARCH_QUESTIONS`` tell
            nothing.
    """

    best: TuningCandidate
    candidates: int
    asked: int
    comparison: RunComparison | None
    gain: PairedDifference | None
    calibration: CalibrationFit | None
    search_questions: int = 0

    @property
    def selected(self) -> TuningCandidate:
        """The settings to use: the best where their gain holds, else the present ones."""
        return self.best if self.gain is not None and self.gain.is_gain else TuningCandidate()


def candidate_space(
    rerankers: Sequence[str] = (), chunk_tokens: Sequence[int] = ()
) -> list[TuningCandidate]:
    """All settings that are tried, the present ones first."""
    return [
        TuningCandidate(top_k, weight, reranker, tokens)
        for tokens, reranker, top_k, weight in product(
            (None, *chunk_tokens), (None, *rerankers), _TOP_K, _DENSE_WEIGHTS
        )
    ]


def tune(
    index: Index,
    questions: Sequence[EvalQuestion],
    settings: EvalSettings,
    *,
    budget_s: float,
    rerankers: Sequence[str] = (),
    chunk_tokens: Sequence[int] = (),
    seed: int = 0,
    on_progress: Callable[[str], None] | None = None,
) -> TuningResult:
    """Searches settings for an index.

    Args:
        index: The index; nothing is written to it.
        questions: Questions with known answers, 20 or more.
        settings: The present settings.
        budget_s: Seconds that it may take; a question that is being answered is finished.
        rerankers: Cross-encoders to try, by folder or hub id.
        chunk_tokens: Sizes of chunks to try; each is tried on a copy of the index, whose text is
            embedded anew.
        seed: Which questions are for the search and which for the comparison.
        on_progress: Called with a line for each step.

    Raises:
        InputError: There are too few questions.
        RagError: As ``Index.ask`` raises it.
    """
    if len(questions) < MIN_QUESTIONS:
        raise InputError(
            f"{len(questions)} questions are too few to tell settings apart",
            hint=f"{MIN_QUESTIONS} or more; questions can be made from the documents",
        )
    note = on_progress or (lambda _: None)
    with _copies(index, chunk_tokens, note) as indexes:
        run = _Run(indexes, settings, time.monotonic(), budget_s)
        space = candidate_space(rerankers, chunk_tokens)
        return _search(run, space, questions, seed, note, fits_confidence=_is_quoted(settings))


def _is_quoted(settings: EvalSettings) -> bool:
    return settings.llm in (None, EXTRACTIVE)


@contextmanager
def _copies(
    index: Index, chunk_tokens: Sequence[int], note: Callable[[str], None]
) -> Iterator[dict[int | None, Index]]:
    """The index, and copies of it in chunks of other sizes, by size."""
    indexes: dict[int | None, Index] = {None: index}
    if not chunk_tokens:
        yield indexes
        return
    with tempfile.TemporaryDirectory(prefix="rag-tune-") as scratch:
        for tokens in chunk_tokens:
            note(f"embedding in chunks of {tokens} tokens")
            folder = Path(scratch) / str(tokens)
            shutil.copytree(index.path, folder)
            copy = Index.open(folder, embedder=index.engine.embedder)
            copy.reindex(chunk_tokens=tokens)
            indexes[tokens] = copy
        try:
            yield indexes
        finally:
            for tokens in chunk_tokens:
                indexes[tokens].close()


def _search(
    run: _Run,
    space: Sequence[TuningCandidate],
    questions: Sequence[EvalQuestion],
    seed: int,
    note: Callable[[str], None],
    *,
    fits_confidence: bool,
) -> TuningResult:
    shuffled = list(questions)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a split, no secret
    half = (len(shuffled) + 1) // 2
    best = _halving(run, space, shuffled[:half], note)
    search_questions = run.count(TuningCandidate())
    comparison, gain = None, None
    if best != TuningCandidate():
        note(f"best in the search: {best.text}; comparing on other questions")
        before, after = run.pairs(TuningCandidate(), best, shuffled[half:], _COMPARISON_SHARE)
        if len(before) >= _MIN_PAIRS:
            comparison = compare(before, after)
            gain = paired_difference([utility(a) for a in before], [utility(a) for a in after])
    result = TuningResult(best, len(space), 0, comparison, gain, None)
    fit = None
    if fits_confidence:
        note("fitting the confidence")
        usual, opened = run.pairs(result.selected, result.selected, shuffled, 1.0, is_open=True)
        fit = fit_calibration(usual, opened, seed)
    return replace(result, asked=run.asked, calibration=fit, search_questions=search_questions)


class _Run:
    """Asks questions with settings, each once, until the time is over."""

    def __init__(
        self,
        indexes: Mapping[int | None, Index],
        settings: EvalSettings,
        started: float,
        budget_s: float,
    ) -> None:
        self._indexes, self._settings = indexes, settings
        self._started, self._budget_s = started, budget_s
        self._answers: dict[tuple[TuningCandidate, bool, str], GradedAnswer] = {}
        self._evaluators: dict[tuple[TuningCandidate, bool], Evaluator] = {}
        self._present = indexes[None].engine.tuning

    @property
    def asked(self) -> int:
        return len(self._answers)

    def count(self, candidate: TuningCandidate) -> int:
        """Questions that were answered with these settings."""
        return sum(key[:2] == (candidate, False) for key in self._answers)

    def is_over(self, share: float) -> bool:
        return time.monotonic() - self._started > share * self._budget_s

    def answer(
        self, candidate: TuningCandidate, question: EvalQuestion, *, is_open: bool = False
    ) -> GradedAnswer:
        key = (candidate, is_open, question.id)
        if key not in self._answers:
            evaluator = self._evaluators.get((candidate, is_open))
            if evaluator is None:
                index = self._indexes[candidate.chunk_tokens]
                evaluator = Evaluator(index, self._with(candidate, is_open=is_open))
                self._evaluators[candidate, is_open] = evaluator
            self._answers[key] = evaluator.answer(question)
        return self._answers[key]

    def pairs(
        self,
        first: TuningCandidate,
        second: TuningCandidate,
        questions: Sequence[EvalQuestion],
        share: float,
        *,
        is_open: bool = False,
    ) -> tuple[list[GradedAnswer], list[GradedAnswer]]:
        """Answers with both settings to as many questions as the time allows."""
        before: list[GradedAnswer] = []
        after: list[GradedAnswer] = []
        for question in questions:
            if self.is_over(share):
                break
            before.append(self.answer(first, question))
            after.append(self.answer(second, question, is_open=is_open))
        return before, after

    def _with(self, candidate: TuningCandidate, *, is_open: bool) -> EvalSettings:
        present = self._present
        tuning = replace(
            present,
            top_k=candidate.top_k or present.top_k,
            dense_weight=present.dense_weight
            if candidate.dense_weight is None
            else candidate.dense_weight,
            calibration=OPEN if is_open else None,
        )
        return self._settings.varied(tuning, candidate.top_k, candidate.reranker)


def _halving(
    run: _Run,
    candidates: Sequence[TuningCandidate],
    questions: Sequence[EvalQuestion],
    note: Callable[[str], None],
) -> TuningCandidate:
    """The best of the settings by mean utility; the present ones where others are no better."""
    survivors, scores = list(candidates), dict.fromkeys(candidates, 0.0)
    count = min(_FIRST_RUNG, len(questions))
    while True:
        note(f"{len(survivors)} settings, {count} questions")
        question_count = 0
        for question in questions[:count]:
            if run.is_over(_SEARCH_SHARE) and question_count:
                break
            for candidate in survivors:
                run.answer(candidate, question)
            question_count += 1
        for candidate in survivors:
            scores[candidate] = mean(
                utility(run.answer(candidate, question)) for question in questions[:question_count]
            )
        # The sort is stable: of equals, the present settings and those like them come first.
        survivors.sort(key=lambda candidate: -scores[candidate])
        is_last = count == len(questions) or len(survivors) <= 2 or run.is_over(_SEARCH_SHARE)
        if is_last:
            best = max(scores[c] for c in survivors)
            return next(c for c in candidates if c in survivors and scores[c] == best)
        present = candidates[0]
        survivors = survivors[: max(2, len(survivors) // 2)]
        if present not in survivors:
            survivors.append(present)
        survivors.sort(key=candidates.index)
        count = min(2 * count, len(questions))


def tuning_of(result: TuningResult, present: Tuning) -> Tuning:
    """What is to be kept with the index: what the search won, over what was there before."""
    selected, fit = result.selected, result.calibration
    return Tuning(
        selected.top_k or present.top_k,
        present.dense_weight if selected.dense_weight is None else selected.dense_weight,
        present.calibration if fit is None else fit.calibration,
    )
