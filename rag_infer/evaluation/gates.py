"""Bounds on the figures of an evaluation, for continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from rag_infer.errors import InputError
from rag_infer.evaluation.metrics import METRICS, Metric


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound that a figure must keep: at least ``bound``, or at most where ``is_maximum``."""

    metric: str
    bound: float
    is_maximum: bool = False

    def failure(self, figures: Sequence[Metric]) -> str | None:
        """Why the figures do not pass, in one line; None where they do."""
        figure = next((f for f in figures if f.name == self.metric), None)
        if figure is None:
            return f"{self.metric} cannot be measured with these questions"
        if self.is_maximum and figure.value > self.bound:
            return f"{self.metric} is {figure.value:.3f}, above {self.bound:g}"
        if not self.is_maximum and figure.value < self.bound:
            return f"{self.metric} is {figure.value:.3f}, below {self.bound:g}"
        return None


def parse_gate(text: str, *, is_maximum: bool = False) -> Gate:
    """Reads ``answer=0.8``.

    Raises:
        InputError: There is no such figure, or the bound is not from 0 to 1 (of seconds and costs:
            not 0 or more).
    """
    name, separator, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not separator or name not in METRICS:
        raise InputError(f"no bound: {text}", hint=f"NAME=VALUE with NAME of {', '.join(METRICS)}")
    try:
        bound = float(value)
    except ValueError:
        bound = -1.0
    if METRICS[name].unit == "share" and not 0 <= bound <= 1:
        raise InputError(f"no bound: {text}", hint="the value must be from 0 to 1")
    if not (bound >= 0 and isfinite(bound)):
        raise InputError(f"no bound: {text}", hint="the value must be 0 or more")
    return Gate(name, bound, is_maximum)
