"""Evaluations of an index that were kept, so that a later run can be compared with them.

One JSON Lines file for each index in the user's data folder, readable by its owner only: questions
and answers quote documents.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.evaluation.grading import GradedAnswer, RetrievedPassage
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import Evaluation
from rag_infer.paths import data_folder

_KEPT_RUNS = 50
_MAX_PASSAGE_CHARS = 600


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation of an earlier time. ``at`` is UTC in ISO 8601."""

    at: str
    evaluation: Evaluation


class EvaluationHistory:
    """The evaluations of one index, oldest first, without the texts of right answers' passages."""

    def __init__(self, index: Path, folder: Path | None = None) -> None:
        name = hashlib.sha256(os.fsencode(index.resolve())).hexdigest()[:24]
        self.path = (folder or data_folder() / "evaluations") / f"{name}.jsonl"

    def add(self, evaluation: Evaluation) -> None:
        """Keeps an evaluation; of the oldest, those over 50 are dropped.

        Raises:
            InputError: The file cannot be written.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        record = {"at": at, **asdict(without_long_texts(evaluation))}
        lines = [*self._lines(), json.dumps(record, ensure_ascii=False)][-_KEPT_RUNS:]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except OSError as error:
            raise InputError(
                f"the evaluation cannot be kept: {error.strerror}", where=str(self.path)
            ) from error

    def last(self) -> StoredEvaluation | None:
        """The latest evaluation; None where there is none that can be read."""
        lines = self._lines()
        return _stored(lines[-1]) if lines else None

    def all(self) -> list[StoredEvaluation]:
        """All evaluations that can be read, oldest first."""
        return [stored for stored in map(_stored, self._lines()) if stored is not None]

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []


def without_long_texts(evaluation: Evaluation) -> Evaluation:
    """As it is kept: what was retrieved is needed only where it failed, and its beginning then."""
    answers = tuple(
        replace(
            answer,
            passages=tuple(
                replace(p, text="" if answer.outcome == "right" else p.text[:_MAX_PASSAGE_CHARS])
                for p in answer.passages
            ),
        )
        for answer in evaluation.answers
    )
    return replace(evaluation, answers=answers)


def _stored(line: str) -> StoredEvaluation | None:
    try:
        record = json.loads(line)
        answers = tuple(_graded(answer) for answer in record["answers"])
        values = {key: value for key, value in record.items() if key != "at"}
        evaluation = Evaluation(**{**values, "answers": answers})
        return StoredEvaluation(str(record["at"]), evaluation)
    except (ValueError, KeyError, TypeError):
        return None  # of another version, or damaged: there is nothing to compare with


def _graded(record: Mapping[str, Any]) -> GradedAnswer:
    question: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in record["question"].items()
    }
    values = {
        **record,
        "question": EvalQuestion(**question),
        "citations": tuple(record["citations"]),
        "cited_documents": tuple(record["cited_documents"]),
        "passages": tuple(RetrievedPassage(**passage) for passage in record["passages"]),
    }
    return GradedAnswer(**values)
