"""One attempt at a row of a batch: what it adds to the row's record, or that the server is busy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rag_infer.batch.label_schema import LabelTask
from rag_infer.batch.questions import BatchQuestion
from rag_infer.batch.summary_task import SummaryTask
from rag_infer.errors import RagError, ServerBusyError

if TYPE_CHECKING:
    from rag_infer import AskOptions, Index
    from rag_infer.answering.options import AnswerRequest
    from rag_infer.generate.callable_generator import LlmSpec

NOT_IMPORTED = "exported; the result is not imported yet"


@dataclass(frozen=True, slots=True)
class AskSettings:
    """How the questions of a run are asked.

    Attributes:
        llm: The model; None: answers quote the documents.
        top_k: Most passages of a question; None: as for ``Index.ask``.
        ask: Everything else.
        labels: What is asked of records, in place of an answer.
        summary: How documents are summarized, in place of an answer.
    """

    llm: LlmSpec | None
    top_k: int | None
    ask: AskOptions
    labels: LabelTask | None = None
    summary: SummaryTask | None = None

    @property
    def fingerprint(self) -> str:
        """What changes an answer, as one text."""
        generation = self.ask.generation
        name = self.llm if isinstance(self.llm, str) else getattr(self.llm, "name", "")
        options: list[Any] = [
            name, self.top_k, generation.max_tokens, generation.temperature, generation.seed,
            self.ask.min_confidence, self.ask.retrieval.reranker,
        ]  # fmt: skip
        tasks = [asdict(task) for task in (self.labels, self.summary) if task is not None]
        return json.dumps([*options, *tasks])

    def request(self, row: BatchQuestion) -> AnswerRequest:
        """The request of a row."""
        from rag_infer.answering.arguments import create_request

        return create_request(
            row.question, llm=self.llm, top_k=self.top_k, filter=row.filter, options=self.ask
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A row that waits.

    Attributes:
        row: The row.
        key: Of its record in the journal.
        earlier: Its record where there is one, such as that of its export.
        result: What a server answered to its exported request.
        calls: Most calls of the model for a summary; None: as many as it takes.
    """

    row: BatchQuestion
    key: str
    earlier: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What an attempt came to.

    Attributes:
        fields: What it adds to the record.
        busy: The server refused, for now.
        retry_after_s: When it said to come again.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    busy: bool = False
    retry_after_s: float | None = None


Attempt = Callable[[Job], AttemptResult]


def guarded(attempt: Callable[[Job], Mapping[str, Any]]) -> Attempt:
    """An attempt whose errors are outcomes: one row must not end the others.

    Args:
        attempt: Returns fields of a record, or raises.
    """

    def outcome(job: Job) -> AttemptResult:
        try:
            return AttemptResult(attempt(job))
        except ServerBusyError as error:
            return AttemptResult(
                {"error": str(error)}, busy=True, retry_after_s=error.retry_after_s
            )
        except RagError as error:
            return AttemptResult({"error": str(error)})
        except Exception as error:
            return AttemptResult({"error": f"internal error: {type(error).__name__}: {error}"})

    return outcome


def asking(index: Index, settings: AskSettings) -> Attempt:
    """Attempts that ask the model now.

    Args:
        index: The documents.
        settings: How they are asked.
    """

    def attempt(job: Job) -> Mapping[str, Any]:
        from rag_infer.responses import to_jsonable

        answer = index.ask(
            job.row.question, llm=settings.llm, top_k=settings.top_k, filter=job.row.filter,
            options=settings.ask,
        )  # fmt: skip
        return {"answer": to_jsonable(answer)}

    return guarded(attempt)


def planning(index: Index, settings: AskSettings) -> Attempt:
    """Attempts that plan the prompt of a row, for a model that is asked elsewhere.

    A row that needs no model is answered.

    Args:
        index: The documents.
        settings: How they will be asked.
    """

    def attempt(job: Job) -> Mapping[str, Any]:
        from pydantic import TypeAdapter

        from rag_infer.answering.deferred import DeferredAnswer, plan_answer
        from rag_infer.responses import to_jsonable
        from rag_infer.types import Answer

        planned = plan_answer(index.engine, settings.request(job.row))
        if isinstance(planned, Answer):
            return {"answer": to_jsonable(planned)}
        stored = TypeAdapter(DeferredAnswer).dump_python(planned, mode="json")
        return {"error": NOT_IMPORTED, "exported": stored}

    return guarded(attempt)


def completing(index: Index, settings: AskSettings) -> Attempt:
    """Attempts that check what a model wrote to the exported prompt of a row.

    The text is checked against the passages of that prompt. Quotes of the documents are held beside
    it only while these are those of the export.

    Args:
        index: The documents.
        settings: How they were asked.
    """

    def attempt(job: Job) -> Mapping[str, Any]:
        from dataclasses import replace

        from pydantic import TypeAdapter

        from rag_infer.answering.deferred import DeferredAnswer, complete_answer
        from rag_infer.batch.exchange import completion_of
        from rag_infer.responses import to_jsonable

        assert job.earlier is not None
        assert job.result is not None
        completion = completion_of(job.result)
        exported, generation = job.earlier["exported"], job.earlier["generation"]
        try:
            deferred = TypeAdapter(DeferredAnswer).validate_python(exported)
            request = settings.request(job.row)
            if index.engine.snapshot.manifest.generation != generation:
                request = replace(request, options=replace(request.options, second_opinion=False))
            answer = complete_answer(index.engine, request, deferred, completion)
        except Exception as error:  # what was paid for can be imported again
            reason = f"not checked, import it again: {type(error).__name__}: {error}"
            return {"error": reason, "exported": exported, "generation": generation}
        return {"answer": to_jsonable(answer), "generation": generation}

    return guarded(attempt)
