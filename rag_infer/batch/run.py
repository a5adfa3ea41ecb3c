"""Works through the rows of a batch side by side, each written to the journal as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rag_infer.batch.attempts import AskSettings, Attempt, Job
from rag_infer.batch.backoff import SharedBackoff
from rag_infer.batch.costs import CostCeiling
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.questions import BatchQuestion
from rag_infer.batch.report import BatchReport, Tally, commonest_errors
from rag_infer.batch.setup import BatchSetup, Stage, attempt_of, generation_of
from rag_infer.batch.summarizing import bounded

if TYPE_CHECKING:
    from rag_infer import Index

_MAX_ATTEMPTS = 8  # of a question that a busy server refuses
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a run is worked through.

    Attributes:
        settings: How questions are asked.
        concurrency: Most questions at once.
        ceiling: What may be spent; None: anything.
        processes: How many processes try rows; None: one here, on a cluster as many as it has
            CPUs. All but one here need a ``setup``.
        setup: From which another process makes the same ``settings``.
        engine: What runs the processes: ``local``, or ``ray``.
        say: Called with what a person should know, such as for what the run waits.
    """

    settings: AskSettings
    concurrency: int = 4
    ceiling: CostCeiling | None = None
    processes: int | None = None
    setup: BatchSetup | None = None
    engine: str = "local"
    say: Callable[[str], None] = lambda _: None


@dataclass(slots=True)
class _Run:
    """The state of a run."""

    attempt: Attempt
    generation: int
    options: BatchOptions
    backoff: SharedBackoff
    tally: Tally = field(default_factory=Tally)

    def record(self, job: Job) -> dict[str, Any]:
        """Tries a row until there is an answer or an error that stays."""
        row = job.row
        noun = "question" if self.options.settings.summary is None else "document"
        record: dict[str, Any] = {
            "key": job.key, "id": row.id, noun: row.question, "generation": self.generation,
            "error": row.error, "answer": None,
        }  # fmt: skip
        attempts = 0
        while row.error is None:
            attempts += 1
            self.backoff.enter()
            busy, retry_after_s = False, None
            try:
                outcome = self.attempt(job)
                busy, retry_after_s = outcome.busy, outcome.retry_after_s
            finally:
                self.backoff.leave(busy=busy, retry_after_s=retry_after_s)
            if not busy or attempts >= _MAX_ATTEMPTS:
                return record | dict(outcome.fields)
        return record


def batch_keys(questions: Sequence[BatchQuestion], settings: AskSettings) -> list[str]:
    """The journal's key of each question; two rows of one id have two."""
    own = settings.fingerprint
    return [
        row.key(own if row.error is None else f"{own}{n}{row.error}")
        for n, row in enumerate(questions)
    ]


def run_batch(
    index: Index | None,
    questions: Sequence[BatchQuestion],
    journal: AnswerJournal,
    options: BatchOptions,
    on_progress: Progress | None = None,
) -> BatchReport:
    """Answers what the journal has no answer to yet, labels records, or summarizes documents.

    All questions of a run are asked of one generation of the index. An interrupt ends the run when
    the questions under way are answered and written.

    Args:
        index: The documents; None where records are labeled without.
        questions: The rows.
        journal: Where answers go.
        options: How they are asked.
        on_progress: Called with rows that are done and rows in all.

    Returns:
        What was done.

    Raises:
        InputError: The journal cannot be written.
    """
    present = journal.keys
    keys = batch_keys(questions, options.settings)
    jobs = [
        Job(row, key) for row, key in zip(questions, keys, strict=True) if key not in present
    ]  # fmt: skip
    settings = options.settings
    stage: Stage = "ask" if settings.labels is None else "label"
    if settings.summary is not None and index is not None:
        stage = "summarize"
        if options.ceiling is not None:
            jobs = bounded(index, jobs, settings)
    return run_jobs(index, questions, jobs, stage, journal, options, on_progress)


def run_jobs(
    index: Index | None,
    questions: Sequence[BatchQuestion],
    jobs: Sequence[Job],
    stage: Stage,
    journal: AnswerJournal,
    options: BatchOptions,
    on_progress: Progress | None = None,
) -> BatchReport:
    """Tries the rows that wait, side by side.

    Args:
        index: The documents, of which the present generation is kept to.
        questions: All rows, for the report.
        jobs: Those that wait.
        stage: What is done with each.
        journal: Where records go.
        options: How many at once, and what they may cost.
        on_progress: Called with rows that are done and rows in all.
    """
    started = time.monotonic()
    own = set(batch_keys(questions, options.settings))
    waiting = {job.key for job in jobs}
    with (
        generation_of(index) as generation,
        _attempts(index, stage, options, generation) as attempt,
    ):
        run = _Run(attempt, generation, options, SharedBackoff(options.concurrency))
        done = _work_through(run, jobs, journal, len(questions), on_progress)
    records = [record for record in journal.records if record["key"] in own]
    others = {record["generation"] for record in records if "generation" in record}
    exported = sum("exported" in record for record in records)
    earlier = [r for r in records if r["key"] not in waiting and "exported" not in r]
    failed_before = sum(bool(record.get("error")) for record in earlier)
    tally = run.tally
    return BatchReport(
        len(questions), len(earlier), failed_before, tally.answered, tally.declined,
        tally.failed, exported, len(jobs) - done, tally.prompt_tokens, tally.output_tokens,
        tally.cost, time.monotonic() - started, generation, tuple(sorted(others - {generation})),
        tally.use, commonest_errors(records),
    )  # fmt: skip


@contextmanager
def _attempts(
    index: Index | None, stage: Stage, options: BatchOptions, generation: int
) -> Iterator[Attempt]:
    """Attempts in this process, in others, or on a cluster."""
    if options.setup is not None and options.engine == "ray":
        from rag_infer.batch.ray_attempts import RayAttempts, RemoteRun

        setup = options.setup
        if index is not None:  # by a name that is the same for all
            where = str(index.path.resolve()) if index.bucket is None else index.bucket.url
            setup = replace(setup, index=where)
        run = RemoteRun(setup, options.settings, stage, generation)
        with RayAttempts(run, options.processes, options.concurrency, options.say) as workers:
            yield workers
        return
    if options.processes in (None, 1) or options.setup is None:
        yield attempt_of(stage, index, options.settings)
        return
    from rag_infer.batch.processes import WorkerPool

    with WorkerPool(
        options.setup, stage, options.processes or 1, options.concurrency, generation
    ) as pool:
        yield pool


def _cost(record: Mapping[str, Any]) -> float | None:
    """What a question cost; None where it failed, as a server may charge for that too."""
    if record["answer"] is None:
        return None
    return float(record["answer"]["usage"]["cost"] or 0.0)


def _work_through(
    run: _Run, jobs: Sequence[Job], journal: AnswerJournal, total: int, on_progress: Progress | None
) -> int:
    """Tries the rows; returns how many were written."""
    ceiling, concurrency = run.options.ceiling, run.options.concurrency
    rows = iter(jobs)
    following = next(rows, None)
    under_way: dict[Future[dict[str, Any]], Job] = {}
    done, stopped, before = 0, False, total - len(jobs)
    with ThreadPoolExecutor(concurrency, "batch") as executor:
        while under_way or (following is not None and not stopped):
            try:
                while following is not None and not stopped and len(under_way) < concurrency:
                    if ceiling is not None and not ceiling.reserve(following.calls or 1):
                        stopped = not under_way  # what is under way may cost less than it could
                        break
                    under_way[executor.submit(run.record, following)] = following
                    following = next(rows, None)
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                if stopped:
                    raise
                stopped = True
                continue
            for future in finished:
                job = under_way.pop(future)
                record = future.result()
                journal.append(record)
                run.tally.add(record)
                done += 1
                if ceiling is not None:
                    ceiling.settle(_cost(record), job.calls or 1)
                if on_progress is not None:
                    on_progress(before + done, total)
    return done
