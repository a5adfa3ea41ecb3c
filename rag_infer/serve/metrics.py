"""What the server counts about itself, for Prometheus.

Knows: names of series.
Does not know: questions, documents, people; no label names any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_infer import Answer

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """Series of one server, in a registry of their own."""

    def __init__(self, queue: Callable[[], int], uploads: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._asked = Counter(
            "rag_questions", "Questions by outcome.", ["outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "rag_stage_seconds", "Time by stage of a question.", ["stage"],
            buckets=_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._tokens = Counter(
            "rag_tokens", "Tokens of chat models.", ["kind"], registry=self._registry
        )
        Gauge("rag_queue", "Questions at work or waiting.", registry=self._registry).set_function(
            queue
        )
        Gauge(
            "rag_uploads_waiting", "Uploads at work or waiting.", registry=self._registry
        ).set_function(uploads)

    def asked(self, answer: Answer, waited: float, stopped: bool = False) -> None:
        """Counts an answer; ``waited``: seconds in the queue, ``stopped``: nobody wants it."""
        usage = answer.usage
        outcome = "stopped" if stopped else "answered" if answer.answered else "refused"
        self._asked.labels(outcome).inc()
        self._seconds.labels("queue").observe(waited)
        self._seconds.labels("retrieval").observe(usage.retrieval_s)
        if usage.first_token_s is not None:
            self._seconds.labels("first_token").observe(usage.first_token_s)
        self._seconds.labels("total").observe(usage.total_s)
        self._tokens.labels("prompt").inc(usage.prompt_tokens)
        self._tokens.labels("output").inc(usage.output_tokens)

    def lost(self, outcome: str) -> None:
        """Counts a question without an answer: ``busy``, ``error``."""
        self._asked.labels(outcome).inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)
