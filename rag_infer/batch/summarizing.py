"""Summaries of the documents of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag_infer.batch.attempts import AskSettings, Attempt, Job, guarded
from rag_infer.errors import ModelError
from rag_infer.generate import EXTRACTIVE

if TYPE_CHECKING:
    from rag_infer import Index

_BYTES_A_TOKEN = 3  # of text, low rather than high
_PROMPT_TOKENS = 250  # of what stands around the passages of a call
_USED_SHARE = 0.8  # of the room in a prompt, as passages are not cut


def summarizing(index: Index, settings: AskSettings) -> Attempt:
    """Attempts that summarize a document.

    What a model wrote for a part of a document is stored until its summary is complete, so that an
    attempt that is broken off pays for nothing twice.

    Args:
        index: Where the documents are.
        settings: How they are summarized.
    """
    task, generation = settings.summary, settings.ask.generation
    assert task is not None
    profiles = generation.model_profiles

    def attempt(job: Job) -> Mapping[str, Any]:
        from rag_infer.responses import to_jsonable
        from rag_infer.summary.options import SummaryOptions

        llm = settings.llm or EXTRACTIVE
        if isinstance(llm, str) and llm != EXTRACTIVE:
            llm = index.engine.generator(llm, profiles)
        options = SummaryOptions(
            bullets=task.bullets, words=task.words, llm=llm, model_profiles=profiles,
            verifier=settings.ask.verifier, max_tokens=generation.max_tokens, max_calls=job.calls,
        )  # fmt: skip
        summary = index.summarize(job.row.question, options)
        if summary.interrupted:
            raise ModelError(
                f"its summary takes more than the {job.calls} calls that were set aside for it",
                where=job.row.question,
            )
        profile = profiles.get(settings.llm) if isinstance(settings.llm, str) else None
        coverage = summary.coverage
        tokens = coverage.prompt_tokens, coverage.output_tokens
        usage = {
            "prompt_tokens": tokens[0], "output_tokens": tokens[1],
            "cost": profile.cost(tokens[0], 0, tokens[1]) if profile else None,
        }  # fmt: skip
        answer = {"answered": bool(summary.points), **to_jsonable(summary), "usage": usage}
        return {"answer": answer}

    return guarded(attempt)


def bounded(index: Index, jobs: Sequence[Job], settings: AskSettings) -> list[Job]:
    """Jobs with the most calls of the model that each may take, by the size of its document.

    Args:
        index: Where the documents are.
        jobs: Documents that wait.
        settings: How they are summarized.
    """
    assert isinstance(settings.llm, str)
    generation = settings.ask.generation
    window = index.engine.generator(settings.llm, generation.model_profiles).window
    room = max(1.0, _USED_SHARE * (window - min(generation.max_tokens, window // 3)))
    room = max(room - _PROMPT_TOKENS, room / 2)
    return [replace(job, calls=_calls(index, job, room)) for job in jobs]


def _calls(index: Index, job: Job, room: float) -> int:
    """Calls that read the parts, as many that join what they gave, and one more."""
    snapshot = index.engine.snapshot
    location = snapshot.find(job.row.question)
    if location is None:
        return 1
    pages = snapshot.segments[location.segment].catalogue.pages(location.row)
    size = sum(page.byte_end - page.byte_start for page in pages)
    return 2 * max(1, -int(-size / _BYTES_A_TOKEN // room)) + 1
