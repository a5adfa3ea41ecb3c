"""Answers in the documents' own words, made without a language model."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from rag_infer.answering.events import StreamEvent, TextEvent
from rag_infer.answering.extractive import extract
from rag_infer.answering.options import AnswerRequest
from rag_infer.engine import Engine
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import word_share
from rag_infer.retrieve.history_expansion import context_dependence, with_history_terms
from rag_infer.types import Answer, Hit

EXTRACTIVE_TOP_K = 5  # passages whose sentences are ranked
_CONTEXT_READING_WEIGHT = 0.3  # of the reading after the turn before, beside the dependence


class ExtractiveAnswerer:
    """Quotes the sentences that answer a question, or declines."""

    name = EXTRACTIVE

    def __init__(self, engine: Engine, request: AnswerRequest) -> None:
        self._engine = engine
        self._request = request

    @property
    def top_k(self) -> int:
        """How many passages to retrieve."""
        return self._request.top_k or EXTRACTIVE_TOP_K

    def dry_run(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The hits alone."""
        return Answer(question, "", False, EXTRACTIVE, hits=tuple(hits))

    def answer(self, question: str, hits: Sequence[Hit]) -> Generator[StreamEvent, None, Answer]:
        """Yields the text and returns the answer.

        A question that depends on the one before is also read with its words: by itself it may be
        too short to be answered, and with them it may be about another subject
        (``benchmarks/follow_ups.py``).
        """
        answer = extract(
            question,
            hits,
            self._engine.embedder,
            word_share(self._engine.snapshot, self._request.filter),
            after=contextual_reading(question, self._request.earlier_questions),
            threshold=self._request.options.min_confidence,
        )
        yield TextEvent(answer.text)
        return replace(answer, question=question)


def contextual_reading(question: str, earlier: Sequence[str]) -> tuple[str, float] | None:
    """The question as it reads after the one before, and the weight of that reading, 0 to 1."""
    dependence = context_dependence(question)
    if not earlier or not dependence:
        return None
    reading = with_history_terms(question, earlier[-1])
    return reading, min(1.0, dependence + _CONTEXT_READING_WEIGHT)
