"""Metrics of the server for Prometheus; no label names a question, a document or a user."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rag_infer.types import Answer

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The series of one server, in a registry of their own."""

    def __init__(
        self,
        queue: Callable[[], int],
        uploads: Callable[[], int],
        unreachable: Callable[[], int] = lambda: 0,
        missing_shards: Callable[[], int] = lambda: 0,
    ) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "rag_questions", "Questions by outcome.", ["outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "rag_stage_seconds", "Time by stage of a question.", ["stage"],
            buckets=BUCKETS_S, registry=self._registry,
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
        Gauge(
            "rag_buckets_unreachable",
            "Indexes served from a copy while their bucket does not answer.",
            registry=self._registry,
        ).set_function(unreachable)
        Gauge(
            "rag_shards_missing",
            "Shards that did not answer in the last minute.",
            registry=self._registry,
        ).set_function(missing_shards)

    def count_answer(self, answer: Answer, queue_s: float, cancelled: bool = False) -> None:
        """Counts an answer; ``queue_s``: seconds in the queue, ``cancelled``: the client left."""
        usage = answer.usage
        outcome = "stopped" if cancelled else "answered" if answer.answered else "refused"
        self._questions.labels(outcome).inc()
        self._seconds.labels("queue").observe(queue_s)
        self._seconds.labels("retrieval").observe(usage.retrieval_s)
        if usage.first_token_s is not None:
            self._seconds.labels("first_token").observe(usage.first_token_s)
        self._seconds.labels("total").observe(usage.total_s)
        self._tokens.labels("prompt").inc(usage.prompt_tokens)
        self._tokens.labels("output").inc(usage.output_tokens)

    def count_failure(self, outcome: str) -> None:
        """Counts a question without an answer: ``busy``, ``error``."""
        self._questions.labels(outcome).inc()

    def text(self) -> bytes:
        """All series in Prometheus' text format."""
        return generate_latest(self._registry)
