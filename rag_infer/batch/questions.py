"""Questions of a batch, read from JSONL, CSV or plain lines. A bad row costs that row."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError, RagError
from rag_infer.retrieve import Filter

MAX_FILE_BYTES = 256 * 2**20
MAX_QUESTION_CHARS = 20_000
_QUESTION = ("question", "query", "user_input", "text")
_ID = ("id", "_id", "question_id", "custom_id")
_FILTER = ("paths", "formats", "since", "until", "as_of")


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One row of a batch.

    Attributes:
        id: The row's own id, or its number from 1.
        question: What is asked; empty where the row cannot be asked.
        filter: Which documents are searched.
        error: Why the row cannot be asked; None where it can.
    """

    id: str
    question: str
    filter: Filter = field(default_factory=Filter)
    error: str | None = None

    def key(self, settings: str) -> str:
        """What makes its answer the same: the row, and the settings of the run.

        Args:
            settings: Model and options, as one text.
        """
        parts = [self.id, self.question, repr(self.filter), settings]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_batch(path: Path) -> list[BatchQuestion]:
    """The questions of a file, in its order.

    Args:
        path: ``.jsonl``: objects with ``question`` and perhaps ``id``, ``paths``, ``formats``,
            ``since``, ``until``, ``as_of``, or plain strings; ``.csv`` and ``.tsv``: the same as
            columns; anything else: a question a line.

    Raises:
        InputError: The file cannot be read, is too large, or has no question.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"larger than {MAX_FILE_BYTES // 2**20} MiB", where=str(path))
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        rows = list(_of_json_lines(text))
    elif path.suffix.lower() in (".csv", ".tsv"):
        rows = list(_of_table(text, "\t" if path.suffix.lower() == ".tsv" else ",", path))
    else:
        lines = enumerate(text.splitlines(), 1)
        rows = [_row({"question": line}, number) for number, line in lines if line.strip()]
    if not rows:
        raise InputError(
            "has no question", where=str(path), hint="one a line, or JSONL or CSV with 'question'"
        )
    return _with_distinct_ids(rows)


def _of_json_lines(text: str) -> Iterator[BatchQuestion]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield BatchQuestion(str(number), "", error=f"line {number} is not JSON")
            continue
        yield _row({"question": value} if isinstance(value, str) else value, number)


def _of_table(text: str, separator: str, path: Path) -> Iterator[BatchQuestion]:
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    names = [name or "" for name in reader.fieldnames or ()]
    if not any(name.strip().lower() in _QUESTION for name in names):
        raise InputError(
            "has no column 'question'", where=str(path), hint=f"it has: {', '.join(names[:12])}"
        )
    for number, record in enumerate(reader, 1):
        cells = {(k or "").strip().lower(): v for k, v in record.items() if isinstance(v, str)}
        filled = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
        for name in ("paths", "formats"):
            if name in filled:
                filled[name] = [part.strip() for part in filled[name].split(";")]  # type: ignore[assignment]
        if filled:
            yield _row(filled, number)


def _row(value: object, number: int) -> BatchQuestion:
    """A row from its fields; one with an error where they cannot be asked."""
    if not isinstance(value, Mapping):
        return BatchQuestion(str(number), "", error=f"row {number} is no object with a 'question'")
    row_id = next((value[name] for name in _ID if value.get(name) is not None), number)
    name = str(row_id)[:200]
    question = next((value[n] for n in _QUESTION if value.get(n) is not None), None)
    if not isinstance(question, str) or not question.strip():
        return BatchQuestion(name, "", error=f"row {number} has no 'question'")
    if len(question) > MAX_QUESTION_CHARS:
        return BatchQuestion(name, "", error=f"row {number}: over {MAX_QUESTION_CHARS} characters")
    try:
        return BatchQuestion(name, question.strip(), _filter(value))
    except RagError as error:
        return BatchQuestion(name, "", error=f"row {number}: {error}")


def _filter(fields: Mapping[str, Any]) -> Filter:
    wanted = {name: fields[name] for name in _FILTER if fields.get(name) is not None}
    for name in ("paths", "formats"):
        if name in wanted:
            value = wanted[name]
            wanted[name] = (value,) if isinstance(value, str) else tuple(value)
    return Filter(**wanted)


def _with_distinct_ids(rows: list[BatchQuestion]) -> list[BatchQuestion]:
    """Rows whose id another has are marked, so that no answer stands for two questions."""
    seen: set[str] = set()
    distinct = []
    for row in rows:
        if row.id in seen:
            message = f"the id '{row.id}' is that of an earlier row"
            distinct.append(replace(row, question="", error=message))
        else:
            distinct.append(row)
        seen.add(row.id)
    return distinct
