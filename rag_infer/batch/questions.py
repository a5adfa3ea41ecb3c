"""Questions of a batch, read from JSONL, CSV or plain lines. A bad row costs that row."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError, RagError
from rag_infer.read.header_delimiter import header_delimiter
from rag_infer.retrieve import Filter

MAX_FILE_BYTES = 256 * 2**20
MAX_QUESTION_CHARS = 20_000
_QUESTION = ("question", "query", "user_input", "text")
_ID = ("id", "_id", "question_id", "custom_id")
_LISTS = ("paths", "formats", "groups")
_DATES = ("since", "until", "as_of")
# A filter that is not read would be an answer from other documents than the row says.
_MISTAKEN = {"path": "paths", "format": "formats", "as-of": "as_of", "as of": "as_of"}


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One row of a batch.

    Attributes:
        id: The row's own id, or its number from 1.
        question: What is asked; empty where the row cannot be asked.
        filter: Which documents are searched.
        error: Why the row cannot be asked; None where it can.
        version: A hash of the document that is summarized.
    """

    id: str
    question: str
    filter: Filter = field(default_factory=Filter)
    error: str | None = None
    version: str = ""

    def key(self, settings: str) -> str:
        """What makes its answer the same: the row, and the settings of the run.

        Args:
            settings: Model and options, as one text.
        """
        groups = self.filter.groups
        parts = [self.id, self.question, repr(replace(self.filter, groups=None)), settings]
        parts += [] if groups is None else [repr(sorted(groups))]  # a set has no order of its own
        parts += [self.version] if self.version else []
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_batch(path: Path) -> list[BatchQuestion]:
    """The questions of a file, in its order.

    Args:
        path: ``.jsonl``: objects with ``question`` and perhaps ``id``, ``paths``, ``formats``,
            ``groups``, ``since``, ``until``, ``as_of``, or plain strings; ``.csv`` and ``.tsv``:
            the same as columns; anything else: a question a line.

    Raises:
        InputError: The file cannot be read, is too large, or has no question.
    """
    rows = [_row(value, number) for number, value in row_values(path, _QUESTION)]
    if not rows:
        raise InputError(
            "has no question", where=str(path), hint="one a line, or JSONL or CSV with 'question'"
        )
    return with_distinct_ids(rows)


def read_records(path: Path) -> list[BatchQuestion]:
    """The records of a file, in its order, each as the text that a model is shown.

    Args:
        path: As for ``read_batch``; all columns or keys but the id are the record.

    Raises:
        InputError: The file cannot be read, is too large, or has no record.
    """
    rows = [_record(value, number) for number, value in row_values(path, ())]
    if not rows:
        raise InputError("has no record", where=str(path))
    return with_distinct_ids(rows)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that says nothing, and why."""

    error: str


def row_values(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, object]]:
    """The rows of a file with their numbers, each as its fields.

    Args:
        path: The file.
        columns: Of which a table needs one, if any is named; the first is the name of a line.

    Raises:
        InputError: The file cannot be read, is too large, or has none of the columns.
    """
    plain = columns[0] if columns else _QUESTION[0]
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"larger than {MAX_FILE_BYTES // 2**20} MiB", where=str(path))
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return _of_json_lines(text, plain)
    if suffix in (".csv", ".tsv"):
        return _of_table(text, header_delimiter(text, path), path, columns)
    lines = enumerate(text.splitlines(), 1)
    return ((number, {plain: line}) for number, line in lines if line.strip())


def _of_json_lines(text: str, plain: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield number, Unreadable(f"line {number} is not JSON")
            continue
        yield number, {plain: value} if isinstance(value, str) else value


def _of_table(
    text: str, separator: str, path: Path, columns: Sequence[str]
) -> Iterator[tuple[int, object]]:
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    names = [name or "" for name in reader.fieldnames or ()]
    if columns and not any(name.strip().lower() in columns for name in names):
        hint = f"it has: {', '.join(names[:12])}"
        raise InputError(f"has no column '{columns[0]}'", where=str(path), hint=hint)
    for number, record in enumerate(reader, 1):
        cells = {(k or "").strip(): v for k, v in record.items() if isinstance(v, str)}
        filled = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
        if filled:
            yield number, filled


def _row(value: object, number: int) -> BatchQuestion:
    """A row from its fields; one with an error where they cannot be asked."""
    if isinstance(value, Unreadable):
        return BatchQuestion(str(number), "", error=value.error)
    if not isinstance(value, Mapping):
        return BatchQuestion(str(number), "", error=f"row {number} is no object with a 'question'")
    fields = {str(name).lower(): cell for name, cell in value.items()}
    name = _id(fields, number)
    question = next((fields[n] for n in _QUESTION if fields.get(n) is not None), None)
    if not isinstance(question, str) or not question.strip():
        return BatchQuestion(name, "", error=f"row {number} has no 'question'")
    if len(question) > MAX_QUESTION_CHARS:
        return BatchQuestion(name, "", error=f"row {number}: over {MAX_QUESTION_CHARS} characters")
    if mistaken := next((n for n in _MISTAKEN if fields.get(n) is not None), None):
        message = f"row {number}: '{mistaken}' is not read; the name is '{_MISTAKEN[mistaken]}'"
        return BatchQuestion(name, "", error=message)
    try:
        return BatchQuestion(name, question.strip(), _filter(fields))
    except RagError as error:
        return BatchQuestion(name, "", error=f"row {number}: {error}")


def _record(value: object, number: int) -> BatchQuestion:
    """A record as text: a line for each of its fields."""
    if isinstance(value, Unreadable):
        return BatchQuestion(str(number), "", error=value.error)
    if not isinstance(value, Mapping):
        return BatchQuestion(str(number), "", error=f"row {number} is no object")
    name = _id({str(key).lower(): cell for key, cell in value.items()}, number)
    cells = {
        str(key): cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
        for key, cell in value.items()
        if cell is not None and str(key).lower() not in _ID
    }
    lines = [
        cell if set(cells) == {"question"} else f"{key}: {cell}" for key, cell in cells.items()
    ]
    text = "\n".join(lines).strip()
    if not text:
        return BatchQuestion(name, "", error=f"row {number} is empty")
    if len(text) > MAX_QUESTION_CHARS:
        return BatchQuestion(name, "", error=f"row {number}: over {MAX_QUESTION_CHARS} characters")
    return BatchQuestion(name, text)


def _id(fields: Mapping[str, Any], number: int) -> str:
    row_id = next((fields[name] for name in _ID if fields.get(name) is not None), number)
    return str(row_id)[:200]


def _filter(fields: Mapping[str, Any]) -> Filter:
    """What the row says of the documents. Raises InputError for what is no filter."""
    values = {n: fields[n] for n in (*_LISTS, *_DATES) if fields.get(n) is not None}
    for name in _LISTS:
        if name in values:
            value = values[name]
            parts = value.split(";") if isinstance(value, str) else value
            if not isinstance(parts, list):
                raise InputError(f"'{name}' must be a list of texts, or texts parted by ';'")
            values[name] = tuple(p.strip() if isinstance(p, str) else p for p in parts)
    for name in _DATES:  # a year may be a number
        value = values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            values[name] = str(value)
    return Filter(**values)


def with_distinct_ids(rows: list[BatchQuestion]) -> list[BatchQuestion]:
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
