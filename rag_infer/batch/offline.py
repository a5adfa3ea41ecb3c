"""A batch that a model answers elsewhere: its prompts are exported, its texts imported and checked.

A row between the two stands in the journal with its prompt and passages, so that an export that is
broken off goes on, a text is checked against what the model was shown, and no row is sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.batch.attempts import AskSettings, Job
from rag_infer.batch.exchange import (
    MAX_BYTES,
    MAX_REQUESTS,
    read_results,
    request_line,
    write_requests,
)
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.questions import BatchQuestion
from rag_infer.batch.report import BatchReport
from rag_infer.batch.run import BatchOptions, Progress, batch_keys, run_jobs
from rag_infer.errors import InputError
from rag_infer.generate import SERVER
from rag_infer.generate.model_spec import server_profile
from rag_infer.types.json_result import JsonResult

if TYPE_CHECKING:
    from rag_infer import Index


@dataclass(frozen=True, slots=True)
class ExportReport(JsonResult):
    """What an export did.

    Attributes:
        batch: The run.
        requests: Lines of the file.
        bytes: Its size.
        cost_bound: What they may cost at most, by the model's price; None without one.
        exceeds_openai_limits: There are more than a file for OpenAI may have.
    """

    batch: BatchReport
    requests: int
    bytes: int
    cost_bound: float | None
    exceeds_openai_limits: bool


@dataclass(frozen=True, slots=True)
class ImportReport(JsonResult):
    """What an import did.

    Attributes:
        batch: The run.
        unknown: Results whose id is that of no exported row of these questions.
        repeated: Results of rows that are answered already.
        unreadable: Lines that are no result.
        changed_generations: Generations of the export that the index no longer has.
    """

    batch: BatchReport
    unknown: int
    repeated: int
    unreadable: int
    changed_generations: tuple[int, ...]


def export_batch(
    index: Index,
    questions: Sequence[BatchQuestion],
    journal: AnswerJournal,
    options: BatchOptions,
    path: Path,
    on_progress: Progress | None = None,
) -> ExportReport:
    """Plans the prompts of what the journal has no answer to, and writes them as requests.

    The file holds every row that waits for its result, those of an earlier export too.

    Args:
        index: The documents.
        questions: The rows.
        journal: Where prompts, and answers that need no model, go.
        options: How the questions will be asked.
        path: The file of requests.
        on_progress: Called with rows that are done and rows in all.

    Raises:
        InputError: There is no model, or a file cannot be written.
    """
    settings = options.settings
    if settings.llm is None:
        raise InputError("an export is for a model", hint="name one", code="export_needs_llm")
    present = journal.keys
    keys = batch_keys(questions, settings)
    jobs = [Job(row, key) for row, key in zip(questions, keys, strict=True) if key not in present]
    report = run_jobs(index, questions, jobs, "plan", journal, options, on_progress)
    records = {record["key"]: record for record in journal.records if "exported" in record}
    exported = [records[key] for key in keys if key in records]
    bodies = [_request_body(record["exported"], settings) for record in exported]
    lines = [
        request_line(record["key"], body)
        for record, body in zip(exported, bodies, strict=True)
    ]  # fmt: skip
    size = write_requests(path, lines)
    return ExportReport(
        report, len(lines), size, _cost_bound(exported, settings),
        len(lines) > MAX_REQUESTS or size > MAX_BYTES,
    )  # fmt: skip


def import_batch(
    index: Index,
    questions: Sequence[BatchQuestion],
    journal: AnswerJournal,
    options: BatchOptions,
    paths: Sequence[Path],
    on_progress: Progress | None = None,
) -> ImportReport:
    """Checks the texts of result files and writes them as answers.

    Args:
        index: The documents.
        questions: The rows, as they were exported.
        journal: The output of the export.
        options: As they were for the export.
        paths: Result files: lines in any order, errors among them.
        on_progress: Called with rows that are done and rows in all.

    Raises:
        InputError: A file cannot be read, or no result belongs to these questions.
    """
    lines = read_results(paths)
    records = {record["key"]: record for record in journal.records}
    rows = dict(zip(batch_keys(questions, options.settings), questions, strict=True))
    own = [key for key in lines.results if key in rows and key in records]
    if lines.results and not own:
        raise InputError(
            "no result belongs to these questions", where=str(paths[0]),
            hint="use the questions, output, model and options of the export",
            code="results_of_another_batch",
        )  # fmt: skip
    jobs = [
        Job(rows[key], key, records[key], lines.results[key])
        for key in own
        if "exported" in records[key]
    ]
    report = run_jobs(index, questions, jobs, "complete", journal, options, on_progress)
    journal.compact()
    generations = {records[job.key]["generation"] for job in jobs} - {report.generation}
    return ImportReport(
        report, len(lines.results) - len(own), len(own) - len(jobs), lines.unreadable,
        tuple(sorted(generations)),
    )  # fmt: skip


def _request_body(exported: dict[str, Any], settings: AskSettings) -> dict[str, Any]:
    from pydantic import TypeAdapter

    from rag_infer.answering.deferred import DeferredAnswer
    from rag_infer.generate import GenerateOptions
    from rag_infer.generate.chat_request import adapted_request, completion_request

    deferred = TypeAdapter(DeferredAnswer).validate_python(exported)
    generation = settings.ask.generation
    options = GenerateOptions(
        max_tokens=deferred.context.reserve, temperature=generation.temperature,
        top_p=generation.top_p, seed=generation.seed, stop=tuple(generation.stop),
    )  # fmt: skip
    body = completion_request(deferred.model, deferred.context, options)
    # OpenAI's newer models take the newer name only; other servers may know only the older one.
    return adapted_request(body, ("max_tokens",)) if _is_of_openai(settings) else body


def _is_of_openai(settings: AskSettings) -> bool:
    """Whether the model is one of OpenAI's own address."""
    if not isinstance(settings.llm, str):
        return False
    profile = settings.ask.generation.model_profiles.get(settings.llm)
    if profile is None and settings.llm.startswith(SERVER):
        profile = server_profile(settings.llm)
    return profile is not None and not profile.base_url and bool(profile.api_key_env)


def _cost_bound(exported: Sequence[dict[str, Any]], settings: AskSettings) -> float | None:
    profiles = settings.ask.generation.model_profiles
    profile = profiles.get(settings.llm) if isinstance(settings.llm, str) else None
    if profile is None:
        return None
    plans = [record["exported"]["context"] for record in exported]
    costs = [profile.cost(plan["tokens"], 0, plan["reserve"]) for plan in plans]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
