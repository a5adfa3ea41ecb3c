"""A ceiling on what a run costs: what a question may cost is set aside before it is asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rag_infer.errors import InputError
from rag_infer.settings import ModelProfile


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

    Raises:
        InputError: The model has no price, or one question may cost more than the limit.
    """

    def __init__(self, limit: float, *bounds: CostBound) -> None:
        for bound in bounds:
            if bound.value <= 0:
                raise InputError(
                    f"the model '{bound.profile.name}' has no price",
                    hint="set price in its [models] table",
                )
        self._each = sum(bound.value for bound in bounds)
        if self._each > limit:
            raise InputError(
                f"one question may cost up to {self._each:.4f}, more than the limit of {limit:g}",
                hint="raise the limit, or lower the most tokens of an answer or the model's window",
            )
        self._limit = limit
        self._spent = 0.0
        self._reserved = 0.0
        self._lock = threading.Lock()

    def reserve(self) -> bool:
        """Sets aside what a question may cost.

        Returns:
            Whether the limit leaves room for it.
        """
        with self._lock:
            if self._spent + self._reserved + self._each > self._limit:
                return False
            self._reserved += self._each
            return True

    def settle(self, cost: float | None) -> None:
        """Puts what a question did cost in place of what was set aside.

        Args:
            cost: As the answer says; None where that is unknown, which counts in full.
        """
        with self._lock:
            self._reserved -= self._each
            self._spent += self._each if cost is None else cost
