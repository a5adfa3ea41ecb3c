"""Evaluation questions with what is known of their answers, read from JSONL or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.read.header_delimiter import header_delimiter

MAX_FILE_BYTES = 64 * 2**20
_ALIASES = {
    "question": ("question", "query", "user_input"),
    "answers": ("answers", "answer", "reference", "ground_truth", "expected"),
    "documents": ("documents", "document", "document_id", "source", "file"),
    "page": ("page", "page_number"),
    "quote": ("quote", "passage", "context"),
    "answerable": ("answerable",),
    "unanswerable": ("unanswerable",),
    "kind": ("kind", "type", "category"),
    "id": ("id", "_id", "question_id"),
}
_FALSE = frozenset({"0", "no", "false", "n"})
_TRUE = frozenset({"1", "yes", "true", "y"})


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question and what is known of its answer.

    Attributes:
        id: A name that stays the same between runs, so that runs can be compared.
        question: The text that is asked.
        answers: Correct answers, any of which is right. Empty where only the source is known.
        documents: Ids, paths or file names of documents that hold the answer.
        page: The page of the answer, from 1.
        quote: Words of the passage that holds the answer.
        answerable: False where the documents do not answer it: declining is then right.
        kind: A label for the breakdown of the figures.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    page: int | None = None
    quote: str | None = None
    answerable: bool = True
    kind: str = "all"

    @property
    def is_labeled(self) -> bool:
        """Whether an answer can be graded: something is known of what is right."""
        return bool(self.answers or self.documents or self.quote) or not self.answerable


def read_questions(path: Path) -> list[EvalQuestion]:
    """Reads a ``.jsonl``, ``.json`` (a list) or ``.csv`` file.

    Field names of other evaluators are understood (``query``, ``reference``, ``ground_truth``,
    ``user_input``).

    Raises:
        InputError: The file cannot be read or a question is invalid; the line is named.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"larger than {MAX_FILE_BYTES // 2**20} MiB", where=str(path))
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the questions are not UTF-8 text", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    questions = [_question(fields, where) for where, fields in _records(path, text)]
    if not questions:
        raise InputError("the file holds no questions", where=str(path))
    ids = [question.id for question in questions]
    if repeated := sorted({id_ for id_ in ids if ids.count(id_) > 1}) if len(ids) < 5000 else []:
        raise InputError(f"the id '{repeated[0]}' is used twice", where=str(path))
    return questions


def write_questions(path: Path, questions: Iterable[EvalQuestion]) -> None:
    """Writes questions as JSONL, in the form that ``read_questions`` reads.

    Raises:
        InputError: The file cannot be written.
    """
    lines = [json.dumps(_plain(question), ensure_ascii=False) for question in questions]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _plain(question: EvalQuestion) -> dict[str, Any]:
    fields = {k: v for k, v in asdict(question).items() if v not in (None, (), "all")}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}


def _records(path: Path, text: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if path.suffix.lower() in (".csv", ".tsv"):
        reader = csv.DictReader(io.StringIO(text), delimiter=header_delimiter(text, path))
        for row in reader:
            yield f"{path}:{reader.line_num}", row
        return
    if path.suffix.lower() == ".json":
        records = _parse_json(text, str(path))
        if not isinstance(records, list):
            raise InputError("must hold a list of questions", where=str(path))
        for number, record in enumerate(records, 1):
            yield f"{path}, question {number}", _mapping(record, f"{path}, question {number}")
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield where, _mapping(_parse_json(line, where), where)


def _parse_json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"invalid JSON ({error})", where=where) from error


def _mapping(record: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise InputError("must be an object with a 'question'", where=where)
    return record


def _question(fields: Mapping[str, Any], where: str) -> EvalQuestion:
    lowered = {str(key).strip().lower(): value for key, value in fields.items() if key is not None}

    def value(name: str) -> Any:
        return next(
            (lowered[alias] for alias in _ALIASES[name] if lowered.get(alias) not in (None, "")),
            None,
        )

    text = value("question")
    if not isinstance(text, str) or not text.strip():
        raise InputError("the field 'question' is missing", where=where)
    return EvalQuestion(
        id=str(value("id") or where.rsplit(":", 1)[-1].rsplit(" ", 1)[-1]),
        question=text.strip(),
        answers=_strings(value("answers"), "answers", where),
        documents=_strings(value("documents"), "documents", where),
        page=_page(value("page"), where),
        quote=None if value("quote") is None else str(value("quote")),
        answerable=_is_answerable(value("answerable"), value("unanswerable"), where),
        kind=str(value("kind") or "all"),
    )


def _strings(value: Any, name: str, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str | int | float):
        return (str(value),)
    if isinstance(value, Sequence) and all(isinstance(v, str | int | float) for v in value):
        return tuple(str(v) for v in value)
    raise InputError(f"'{name}' must be a text or a list of texts", where=where)


def _page(value: Any, where: str) -> int | None:
    if value is None:
        return None
    if str(value).strip().isdecimal() and int(value) >= 1:
        return int(value)
    raise InputError("'page' must be a whole number, 1 or more", where=where)


def _is_answerable(answerable: Any, unanswerable: Any, where: str) -> bool:
    if unanswerable is None:
        return True if answerable is None else _flag(answerable, "answerable", where)
    is_answerable = not _flag(unanswerable, "unanswerable", where)
    if answerable is not None and _flag(answerable, "answerable", where) != is_answerable:
        raise InputError("'answerable' and 'unanswerable' contradict each other", where=where)
    return is_answerable


def _flag(value: Any, name: str, where: str) -> bool:
    if str(value).strip().lower() in _TRUE | _FALSE:
        return str(value).strip().lower() in _TRUE
    raise InputError(f"'{name}' must be true or false", where=where)
