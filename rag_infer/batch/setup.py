"""What a run of ``rag batch`` is made of, as plain values that another process can be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag_infer.batch.attempts import AskSettings, Attempt, asking, completing, planning
from rag_infer.batch.label_schema import LabelTask
from rag_infer.batch.summary_task import SummaryTask

if TYPE_CHECKING:
    from rag_infer import Index

Stage = Literal["ask", "plan", "complete", "label", "summarize"]


@dataclass(frozen=True, slots=True)
class BatchSetup:
    """How the questions of a run are asked; everything else comes from the settings.

    Attributes:
        index: Name or path of the index.
        llm: Name of the model.
        runtime: That of a local model, in place of the settings'.
        top_k: Most passages of a question; None: as for ``Index.ask``.
        max_tokens: Most tokens of an answer.
        labels: What is asked of records, in place of an answer.
        summary: How documents are summarized, in place of an answer.
    """

    index: str
    llm: str
    runtime: str | None = None
    top_k: int | None = None
    max_tokens: int = 512
    labels: LabelTask | None = None
    summary: SummaryTask | None = None

    def open(self) -> Index | None:
        """The index; None where records are labeled without documents."""
        if self.labels is not None and not self.labels.with_documents:
            return None
        from rag_infer import Index

        return Index.open(self.index)

    def settings(self) -> AskSettings:
        """The options of each question."""
        from rag_infer import AskOptions, GenerationOptions, RetrievalOptions, settings

        configured = settings.load()
        profiles = settings.profiles(configured, self.llm, self.runtime)
        generation = GenerationOptions(
            model_profiles=profiles, max_tokens=self.max_tokens, **configured.prompts.options()
        )
        retrieval = RetrievalOptions(reranker=configured.reranker)
        ask = AskOptions(retrieval=retrieval, generation=generation, verifier=configured.verifier)
        return AskSettings(self.llm, self.top_k, ask, self.labels, self.summary)


def attempt_of(stage: Stage, index: Index | None, settings: AskSettings) -> Attempt:
    """What is done with each row at a stage, in this process."""
    if stage == "label":
        from rag_infer.batch.labeling import labeling

        return labeling(index, settings)
    assert index is not None
    if stage == "summarize":
        from rag_infer.batch.summarizing import summarizing

        return summarizing(index, settings)
    return {"ask": asking, "plan": planning, "complete": completing}[stage](index, settings)


@contextmanager
def generation_of(index: Index | None) -> Iterator[int]:
    """Keeps to the present generation of an index; 0 without one."""
    if index is None:
        yield 0
        return
    with index.engine.pinned() as snapshot:
        yield snapshot.manifest.generation
