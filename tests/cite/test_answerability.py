"""The reader's place in a passage."""

from __future__ import annotations

import numpy as np

from rag_infer.cite.answerability import with_readings
from rag_infer.cite.question_type import read
from rag_infer.cite.sentence_features import rarity, read_sentences
from rag_infer.cite.span_reader import SpanReader, SpanReading
from rag_infer.types import Chunk, Hit


class PrefersTheBeginning(SpanReader):
    """Reads words, each likelier the earlier it stands."""

    def __init__(self) -> None:
        pass

    def read(self, question: str, passages: list[str]) -> list[SpanReading]:  # type: ignore[override]
        readings = []
        for passage in passages:
            ends = [i for i, c in enumerate(f"{passage} ") if c.isspace()]
            spans = [(a + 1, b) for a, b in zip([-1, *ends], ends, strict=False) if b > a + 1]
            scores = -np.arange(len(spans), dtype=np.float32)
            readings.append(SpanReading(scores, scores, np.array(spans, dtype=np.int32)))
        return readings


def test_words_before_the_passage_are_never_read_as_its_answer() -> None:
    text = "The gate is green. " * 12 + "The yard opens at nine. " + "It is wide and flat. " * 12
    hit = Hit(Chunk("yard.md", 1, 0, len(text), text), 0.9, title="A rule of the yard")
    question = "When does the yard open?"
    profile = read(question)
    candidates = read_sentences(profile, [hit], rarity(profile, lambda _: 0.1))
    last_first = sorted(candidates, key=lambda s: -s.start)
    for sentence in with_readings(question, last_first, PrefersTheBeginning()):
        if sentence.short is not None:
            assert text[slice(*sentence.short)] in sentence.text.split()
