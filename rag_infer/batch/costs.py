"""A ceiling on what a run costs: what a row may cost is set aside before it is asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_infer.errors import InputError
from rag_infer.settings import ModelProfile

if TYPE_CHECKING:
    from rag_infer.batch.attempts import AskSettings


@dataclass(frozen=True, slots=True)
class CostBound:
    """What one question may cost at most: a full window read and a full answer written, each time.

    Attributes:
        profile: The model with its price.
        window: Tokens of its context window.
        max_tokens: Most tokens of an answer.
        calls: How often the model may be called for a question.
    """

    profile: ModelProfile
    window: int
    max_tokens: int
    calls: int

    @property
    def value(self) -> float:
        """In the currency of the price."""
        return self.calls * (self.profile.cost(self.window, 0, self.max_tokens) or 0.0)


class CostCeiling:
    """Money of a run: spent, set aside for questions under way, and the most that may be spent.

    Args:
        limit: The most that may be spent.
        bounds: What a question may cost at most, by each model that may be asked.
        noun: What these are the bounds of.

    Raises:
        InputError: The model has no price, or one question may cost more than the limit.
    """

    def __init__(self, limit: float, *bounds: CostBound, noun: str = "question") -> None:
        for bound in bounds:
            if bound.value <= 0:
                raise InputError(
                    f"the model '{bound.profile.name}' has no price",
                    hint="set price in its [models] table",
                )
        self._each = sum(bound.value for bound in bounds)
        if self._each > limit:
            raise InputError(
                f"one {noun} may cost up to {self._each:.4f}, more than the limit of {limit:g}",
                hint="raise the limit, or lower the most tokens of an answer or the model's window",
            )
        self._limit = limit
        self._spent = 0.0
        self._reserved = 0.0
        self._lock = threading.Lock()

    def reserve(self, calls: int = 1) -> bool:
        """Sets aside what a row may cost.

        Args:
            calls: How many times the bound.

        Returns:
            Whether the limit leaves room for it.
        """
        with self._lock:
            bound = calls * self._each
            if self._spent + self._reserved + bound > self._limit:
                return False
            self._reserved += bound
            return True

    def settle(self, cost: float | None, calls: int = 1) -> None:
        """Puts what a row did cost in place of what was set aside.

        Args:
            cost: As the answer says; None where that is unknown, which counts in full.
            calls: As they were set aside.
        """
        with self._lock:
            bound = calls * self._each
            self._reserved -= bound
            self._spent += bound if cost is None else cost


def ceiling_of(settings: AskSettings, limit: float) -> CostCeiling:
    """The ceiling of a run.

    Args:
        settings: Which models are asked, and how often for a row at most.
        limit: The most that may be spent.

    Raises:
        InputError: A model has no price, or one row may cost more than the limit.
    """
    from rag_infer.generate.generator_cache import GeneratorCache

    ask, task = settings.ask, settings.labels
    calls, noun = 1 + ask.retrieval.further_searches, "question"
    if task is not None:
        calls = 1 + task.samples
    elif settings.summary is not None:  # each job says how many calls it may take
        calls, noun = 1, "call of the model"
    models, bounds = GeneratorCache(), []
    for name in (settings.llm, task and task.escalate):
        if name is None:
            continue
        profile = ask.generation.model_profiles.get(str(name))
        if profile is None:
            raise InputError("only a model of a [models] table has a price")
        window = models.get(str(name), ask.generation.model_profiles).window
        bounds.append(CostBound(profile, window, ask.generation.max_tokens, calls))
    return CostCeiling(limit, *bounds, noun=noun)
