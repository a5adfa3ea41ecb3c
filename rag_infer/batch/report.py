"""What a run of a batch did, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag_infer.types.json_result import JsonResult

_MAX_ERRORS = 10


@dataclass(frozen=True, slots=True)
class ModelUse(JsonResult):
    """What one model of a run did for records that are labeled.

    Attributes:
        model: Its name.
        records: Records that it was asked about.
        decided: Those whose values are its own.
        unknown: Those of which it is not known how sure it was.
        requests: How often it was asked.
        prompt_tokens: That it read.
        output_tokens: That it wrote.
        cost: By its price; None without one.
    """

    model: str
    records: int = 0
    decided: int = 0
    unknown: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def plus(self, call: Mapping[str, Any], *, is_last: bool) -> ModelUse:
        """With one record more, by what the journal has of it."""
        cost = call["cost"]
        return ModelUse(
            self.model, self.records + 1, self.decided + is_last,
            self.unknown + (call["confidence"] is None), self.requests + call["requests"],
            self.prompt_tokens + call["prompt_tokens"], self.output_tokens + call["output_tokens"],
            self.cost if cost is None else (self.cost or 0.0) + cost,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ErrorCount(JsonResult):
    """An error that rows of a batch ended in.

    Attributes:
        error: Its message.
        rows: How many ended in it.
    """

    error: str
    rows: int


@dataclass(frozen=True, slots=True)
class BatchReport(JsonResult):
    """What a run did.

    Attributes:
        questions: Rows of the file.
        before: Rows that earlier runs had written.
        failed_before: Those of them that ended in an error.
        answered: Rows of this run that the documents answer.
        declined: Rows that they do not answer.
        failed: Rows that ended in an error.
        exported: Rows whose requests are exported, and whose results are not imported yet.
        remaining: Rows that were not asked, as the limit of costs was reached or the run was broken
            off.
        prompt_tokens: Read by the model in this run.
        output_tokens: Written by it.
        cost: By its price; None without one.
        seconds: Of the clock.
        generation: Of the index, for all answers of this run.
        other_generations: Those that answers of earlier runs are of.
        models: What each model did, where records are labeled.
        errors: The commonest errors of this run and of earlier ones, the commonest first.
    """

    questions: int
    before: int
    failed_before: int
    answered: int
    declined: int
    failed: int
    exported: int
    remaining: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float
    generation: int
    other_generations: tuple[int, ...] = ()
    models: tuple[ModelUse, ...] = ()
    errors: tuple[ErrorCount, ...] = ()


def commonest_errors(records: Iterable[Mapping[str, Any]]) -> tuple[ErrorCount, ...]:
    """The errors that most rows ended in, the commonest first.

    Args:
        records: Rows as the journal has them.
    """
    counts = Counter(str(record["error"]) for record in records if record.get("error"))
    return tuple(ErrorCount(error, rows) for error, rows in counts.most_common(_MAX_ERRORS))


@dataclass(slots=True)
class Tally:
    """Counts of a run while it goes on."""

    answered: int = 0
    declined: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    models: dict[str, ModelUse] = field(default_factory=dict)

    @property
    def use(self) -> tuple[ModelUse, ...]:
        """What each model did."""
        return tuple(self.models.values())

    def add(self, record: Mapping[str, Any]) -> None:
        """Counts a row.

        Args:
            record: As the journal has it.
        """
        if record.get("exported"):
            return
        if record["error"]:
            self.failed += 1
            return
        answer = record["answer"]
        self.answered += bool(answer["answered"])
        self.declined += not answer["answered"]
        self.prompt_tokens += answer["usage"]["prompt_tokens"]
        self.output_tokens += answer["usage"]["output_tokens"]
        if answer["usage"]["cost"] is not None:
            self.cost = (self.cost or 0.0) + answer["usage"]["cost"]
        calls = answer.get("calls", ())
        for number, call in enumerate(calls, 1):
            use = self.models.get(call["model"], ModelUse(call["model"]))
            self.models[call["model"]] = use.plus(call, is_last=number == len(calls))
