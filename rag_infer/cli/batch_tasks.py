"""Options of ``rag batch`` that have records labeled or documents summarized."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_infer.batch.label_schema import LabelTask
    from rag_infer.batch.summary_task import SummaryTask

_SAMPLES = 3  # where a stronger model is to be asked, and no probabilities come


def label_task(
    labels: str | None, schema: Path | None, escalate: str | None, below: float, samples: int,
    *, with_documents: bool,
) -> LabelTask | None:  # fmt: skip
    """What is asked of each record; None where questions are answered.

    Raises:
        InputError: Options exclude each other, or a schema cannot be read.
    """
    from rag_infer.batch.label_schema import LabelTask, schema_of_file, schema_of_labels
    from rag_infer.errors import InputError

    if labels is not None and schema is not None:
        raise InputError(
            "--labels and --schema exclude each other", hint="a schema may list labels"
        )
    if labels is None and schema is None:
        if escalate is not None or samples or with_documents:
            raise InputError(
                "--escalate, --samples and --with-documents go with --labels, --schema"
            )
        return None
    values = schema_of_labels(labels) if labels is not None else None
    if values is None and schema is not None:
        values = schema_of_file(schema)
    assert values is not None
    samples = samples or (_SAMPLES if escalate is not None else 0)
    return LabelTask(values, escalate, below, samples, with_documents)


def summary_task(
    bullets: int | None, words: int | None, *, summarize: bool, is_labeling: bool
) -> SummaryTask | None:
    """How documents are summarized; None where they are not.

    Raises:
        InputError: Options exclude each other.
    """
    from rag_infer.batch.summary_task import SummaryTask
    from rag_infer.errors import InputError

    if not summarize:
        if bullets is not None or words is not None:
            raise InputError("--bullets and --words go with --summarize")
        return None
    if is_labeling:
        raise InputError("--summarize excludes --labels and --schema")
    return SummaryTask(bullets, words)
