"""JSON lines: every line a record, every record a document; read as a stream."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from rag_infer.errors import ReadError
from rag_infer.read.encoding import UNWANTED, decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page, Scalar

_MAX_LINE_BYTES = 32 * 2**20  # bytes of a line
_MAX_ID_CHARS = 200
_MAX_NAMED_ERRORS = 20
_MAX_FIELD_CHARS = 120  # of a field that is read with the text
# Words, not an address, a hash or a code without end.
_WORDS = re.compile(r"(?!\S*://)(?!\S{33})(?=.*[^\W\d_]{2}).+")
# A date, a time, an amount, a telephone number.
_FIGURES = re.compile(r"(?=.*\d)[\d\s.,:/+()%€$£TZ-]{1,32}")
_NO_FACT_FIELD = re.compile(r"(?:.*[_.-])?(?:id|idx|index|score|rank|hash|offset)", re.IGNORECASE)
_MAX_FIGURE = 10**10
_ID_FIELDS = ("id", "_id", "doc_id", "docid", "document_id", "uuid")
_TURN_LISTS = ("messages", "conversations", "turns", "dialog")
_SPEAKERS = ("role", "from", "speaker", "author")
_MAX_DEPTH = 6
_MAX_FIELDS = 500
_TEXT_FIELDS = ("text", "body", "content", "contents", "page_content", "passage", "message")


def read(file: OpenedFile) -> Iterator[Document]:
    """A document ``file.jsonl#<id>`` for each record, by its line where it has no id.

    Records that cannot be read are named in a document ``file.jsonl#errors`` without text.

    Raises:
        ReadError: No record can be read.
    """
    errors: list[str] = []
    documents = 0
    ids: set[int] = set()
    try:
        with _open(file.path) as lines:
            for number, line in enumerate(_lines(lines), 1):
                if not line.strip():
                    continue
                try:
                    document = _document(file, number, line)
                except ReadError as error:
                    errors.append(error.what)
                    continue
                documents += 1
                if hash(document.id) in ids:  # an id that stands for two records finds one of them
                    document = replace(document, id=f"{document.id} (line {number})")
                ids.add(hash(document.id))
                yield document
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReadError(f"damaged gzip compression ({error})") from error
    if not errors:
        return
    if not documents:
        raise ReadError(errors[0])
    more = f" and {len(errors) - _MAX_NAMED_ERRORS} more" if len(errors) > _MAX_NAMED_ERRORS else ""
    note = f"records left out: {'; '.join(errors[:_MAX_NAMED_ERRORS])}{more}"
    yield Document(f"{file.id}#errors", "jsonl", file.sha256, (Page(1, "", note=note),))


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def _lines(lines: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := lines.readline(_MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > _MAX_LINE_BYTES:
            raise ReadError(f"line {number} is longer than {_MAX_LINE_BYTES // 2**20} MB")
        yield line


def _document(file: OpenedFile, number: int, line: bytes) -> Document:
    try:
        record = json.loads(decode(line))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"line {number} is not JSON ({error})") from error
    if not isinstance(record, dict):
        raise ReadError(f"line {number} is not a JSON object")
    text = _text_of(record, file.options.text_fields)
    if text is None:
        raise ReadError(f"line {number} has no text field")
    title = record.pop("title", None)
    id_fields = (file.options.id_field,) if file.options.id_field else _ID_FIELDS
    record_id = next(filter(None, (_id(record.pop(f, None)) for f in id_fields)), str(number))
    fields = {_single_line(key): value for key, value in _scalars(record)}
    text = _with_fields(UNWANTED.sub(" ", text), fields)
    return Document(
        f"{file.id}#{record_id}",
        "jsonl",
        hashlib.sha256(line).hexdigest(),
        (Page(1, text, blocks=tuple(paragraphs(text))),),
        title=_single_line(title) or None if isinstance(title, str) else None,
        metadata=fields,
    )


def _text_of(record: dict[str, Any], text_fields: tuple[str, ...]) -> str | None:
    """The text of a record, taken out of it.

    The fields that were named; else one known for it; else the turns of a conversation; else all
    fields, if words are among them.
    """
    named = [str(record.pop(name)) for name in text_fields if isinstance(record.get(name), str)]
    if text_fields:
        return "\n\n".join(named) or None
    for name in _TEXT_FIELDS:
        if isinstance(record.get(name), str):
            return str(record.pop(name))
    for name in _TURN_LISTS:
        if turns := _turns(record.get(name)):
            del record[name]
            return "\n\n".join(turns)
    values = [
        (_single_line(name), value)
        for name, value in _leaves(record, "", 0)
        if name not in ("id", "title")
    ]
    if not any(isinstance(value, str) for _, value in values):
        return None
    return "\n".join(f"{name}: {value}" for name, value in values)


def _turns(value: Any) -> list[str]:
    """The turns of a conversation: who says what; none for another kind of list."""
    if not isinstance(value, list):
        return []
    turns = []
    for turn in value:
        if not isinstance(turn, dict):
            return []
        text = next((turn[f] for f in (*_TEXT_FIELDS, "value") if isinstance(turn.get(f), str)), "")
        speaker = next((turn[f] for f in _SPEAKERS if isinstance(turn.get(f), str)), "")
        if text.strip():
            turns.append(f"{speaker}: {text}" if speaker else text)
    return turns


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    """What a record without a text holds, by key path: words, and figures beside them."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, inner in list(value.items())[:_MAX_FIELDS]:
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        if any(isinstance(inner, (dict, list)) for inner in value):
            for number, inner in enumerate(value[:_MAX_FIELDS]):
                yield from _leaves(inner, f"{path}[{number}]", depth + 1)
        elif words := ", ".join(str(inner) for inner in value[:_MAX_FIELDS]):
            yield path, words
    elif isinstance(value, str):
        if value.strip():
            yield path, value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def _with_fields(text: str, fields: dict[str, Scalar]) -> str:
    """The text, and after it the fields that state something: who owns a ticket, its date."""
    items = [
        f"{name}: {_single_line(str(value))}"
        for name, value in fields.items()
        if _states_something(name, value) and f"{name}: {value}" not in text
    ]
    return "\n".join((text, "", *items)) if items and text.strip() else text


def _states_something(name: str, value: Scalar) -> bool:
    if name.startswith("_"):
        return False
    if isinstance(value, str):
        line = _single_line(value)
        if len(value) <= _MAX_FIELD_CHARS and _WORDS.fullmatch(line):
            return True
        return _FIGURES.fullmatch(line) is not None and not _NO_FACT_FIELD.fullmatch(name)
    is_figure = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_figure and abs(value) < _MAX_FIGURE and not _NO_FACT_FIELD.fullmatch(name)


def _id(value: Any) -> str:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return _single_line(str(value))[:_MAX_ID_CHARS]
    return ""


def _single_line(text: str) -> str:
    return " ".join(UNWANTED.sub(" ", text).split())


def _scalars(record: dict[str, Any]) -> Iterator[tuple[str, Scalar]]:
    for key, value in record.items():
        if isinstance(value, str):
            yield key, UNWANTED.sub(" ", value)
        elif isinstance(value, int):
            if abs(value) < 2**63:
                yield key, value
        elif isinstance(value, float):
            if math.isfinite(value):
                yield key, value
        elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            yield key, UNWANTED.sub(" ", ", ".join(value))
