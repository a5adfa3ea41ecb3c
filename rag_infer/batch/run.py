"""Answers the questions of a batch side by side, each written to the journal as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag_infer.batch.backoff import SharedBackoff
from rag_infer.batch.costs import CostCeiling
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.questions import BatchQuestion
from rag_infer.errors import RagError, ServerBusyError
from rag_infer.types.json_result import JsonResult

if TYPE_CHECKING:
    from rag_infer import AskOptions, Index
    from rag_infer.generate.callable_generator import LlmSpec

_MAX_ATTEMPTS = 8  # of a question that a busy server refuses


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How the questions of a run are asked.

    Attributes:
        llm: The model; None: answers quote the documents.
        top_k: Most passages of a question; None: as for ``Index.ask``.
        ask: Everything else.
        concurrency: Most questions at once.
        ceiling: What may be spent; None: anything.
    """

    llm: LlmSpec | None
    top_k: int | None
    ask: AskOptions
    concurrency: int = 4
    ceiling: CostCeiling | None = None

    @property
    def settings(self) -> str:
        """What changes an answer, as one text."""
        generation = self.ask.generation
        name = self.llm if isinstance(self.llm, str) else getattr(self.llm, "name", "")
        return json.dumps(
            [name, self.top_k, generation.max_tokens, generation.temperature, generation.seed,
             self.ask.min_confidence, self.ask.retrieval.reranker]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchReport(JsonResult):
    """What a run did.

    Attributes:
        questions: Rows of the file.
        before: Rows that earlier runs had written.
        answered: Rows of this run that the documents answer.
        declined: Rows that they do not answer.
        failed: Rows that ended in an error.
        remaining: Rows that were not asked, as the limit of costs was reached or the run was broken
            off.
        prompt_tokens: Read by the model in this run.
        output_tokens: Written by it.
        cost: By its price; None without one.
        seconds: Of the clock.
        generation: Of the index, for all answers of this run.
        other_generations: Those that answers of earlier runs are of.
    """

    questions: int
    before: int
    answered: int
    declined: int
    failed: int
    remaining: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float
    generation: int
    other_generations: tuple[int, ...] = ()


@dataclass(slots=True)
class _Tally:
    answered: int = 0
    declined: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def add(self, record: Mapping[str, Any]) -> None:
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


@dataclass(slots=True)
class _Run:
    """The state of a run."""

    index: Index
    options: BatchOptions
    generation: int
    backoff: SharedBackoff
    tally: _Tally = field(default_factory=_Tally)

    def record(self, row: BatchQuestion, key: str) -> dict[str, Any]:
        """Asks a question until there is an answer or an error that stays."""
        from rag_infer.responses import to_jsonable

        record: dict[str, Any] = {
            "key": key, "id": row.id, "question": row.question, "generation": self.generation,
            "error": row.error, "answer": None,
        }  # fmt: skip
        attempt = 0
        while row.error is None:
            attempt += 1
            self.backoff.enter()
            busy, retry_after_s = False, None
            try:
                answer = self.index.ask(
                    row.question, llm=self.options.llm, top_k=self.options.top_k,
                    filter=row.filter, options=self.options.ask,
                )  # fmt: skip
                record["answer"] = to_jsonable(answer)
                break
            except ServerBusyError as error:
                busy, retry_after_s = True, error.retry_after_s
                if attempt >= _MAX_ATTEMPTS:
                    record["error"] = str(error)
                    break
            except RagError as error:
                record["error"] = str(error)
                break
            except Exception as error:  # one question must not end the others
                record["error"] = f"internal error: {type(error).__name__}: {error}"
                break
            finally:
                self.backoff.leave(busy=busy, retry_after_s=retry_after_s)
        return record


def batch_keys(questions: Sequence[BatchQuestion], options: BatchOptions) -> list[str]:
    """The journal's key of each question; two rows of one id have two."""
    return [
        row.key(options.settings if row.error is None else f"{options.settings}{n}{row.error}")
        for n, row in enumerate(questions)
    ]


def run_batch(
    index: Index,
    questions: Sequence[BatchQuestion],
    journal: AnswerJournal,
    options: BatchOptions,
    on_progress: Callable[[int, int], None] | None = None,
) -> BatchReport:
    """Answers what the journal has no answer to yet.

    All questions of a run are asked of one generation of the index. An interrupt ends the run when
    the questions under way are answered and written.

    Args:
        index: The documents.
        questions: The rows.
        journal: Where answers go.
        options: How they are asked.
        on_progress: Called with rows that are done and rows in all.

    Returns:
        What was done.

    Raises:
        InputError: The journal cannot be written.
    """
    started = time.monotonic()
    rows = list(zip(questions, batch_keys(questions, options), strict=True))
    present = journal.keys
    waiting = [(row, key) for row, key in rows if key not in present]
    before = len(rows) - len(waiting)
    own = {key for _, key in rows}
    with index.engine.pinned() as snapshot:
        generation = snapshot.manifest.generation
        others = {
            r["generation"] for r in journal.records if r["key"] in own and "generation" in r
        } - {generation}  # fmt: skip
        run = _Run(index, options, generation, SharedBackoff(options.concurrency))
        done = _ask_all(run, waiting, journal, before, len(rows), on_progress)
    tally = run.tally
    return BatchReport(
        len(rows), before, tally.answered, tally.declined, tally.failed, len(waiting) - done,
        tally.prompt_tokens, tally.output_tokens, tally.cost, time.monotonic() - started,
        generation, tuple(sorted(others)),
    )  # fmt: skip


def _cost(record: Mapping[str, Any]) -> float | None:
    """What a question cost; None where it failed, as a server may charge for that too."""
    if record["answer"] is None:
        return None
    return float(record["answer"]["usage"]["cost"] or 0.0)


def _ask_all(
    run: _Run,
    waiting: Sequence[tuple[BatchQuestion, str]],
    journal: AnswerJournal,
    before: int,
    total: int,
    on_progress: Callable[[int, int], None] | None,
) -> int:
    """Asks the rows; returns how many were written."""
    ceiling = run.options.ceiling
    rows = iter(waiting)
    following = next(rows, None)
    under_way: set[Future[dict[str, Any]]] = set()
    done, stopped = 0, False
    with ThreadPoolExecutor(run.options.concurrency, "batch") as executor:
        while under_way or (following is not None and not stopped):
            try:
                while (
                    following is not None and not stopped
                    and len(under_way) < run.options.concurrency
                ):  # fmt: skip
                    if ceiling is not None and not ceiling.reserve():
                        stopped = not under_way  # what is under way may cost less than it could
                        break
                    under_way.add(executor.submit(run.record, *following))
                    following = next(rows, None)
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                if stopped:
                    raise
                stopped = True
                continue
            for future in finished:
                under_way.discard(future)
                record = future.result()
                journal.append(record)
                run.tally.add(record)
                done += 1
                if ceiling is not None:
                    ceiling.settle(_cost(record))
                if on_progress is not None:
                    on_progress(before + done, total)
    return done
