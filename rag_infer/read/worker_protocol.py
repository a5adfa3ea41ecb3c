"""How a job and its results cross the pipe between the pool and a worker.

A worker has parsed hostile bytes, so nothing that it says is taken on trust: it speaks JSON, and
every field is checked here before it becomes a value of the house.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from rag_infer.errors import PasswordError, RagError, ReadError
from rag_infer.read.models import ReadOptions, SourceFile
from rag_infer.read.source_file import short_reason
from rag_infer.tables.message import as_table, table_message
from rag_infer.types import Block, BlockKind, Document, Page, Scalar

HEADER_BYTES = 8
MAX_FRAME_BYTES = 2**30
READY = b"ready"  # a worker's first bytes

_KINDS = frozenset(get_args(BlockKind))
_ERRORS = {"password": PasswordError, "read": ReadError}


Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in points, y upward


@dataclass(frozen=True, slots=True)
class ExtentQuery:
    """Spans of a page's text whose boxes are wanted; ``text`` is what the page should say."""

    page: int
    spans: tuple[tuple[int, int], ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker said. ``tired`` asks to be replaced: its memory has grown."""

    documents: tuple[Document, ...] = ()
    error: ReadError | None = None
    sha256: str = ""
    last: bool = True
    tired: bool = False


def frame(message: Any) -> bytes:
    """A message with its length in front."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def frame_length(header: bytes) -> int:
    """The length that a header announces. Raises ValueError when it is absurd."""
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME_BYTES:
        raise ValueError("a message too large")
    return length


def job_message(source: SourceFile, options: ReadOptions, query: ExtentQuery | None = None) -> Any:
    """The order to read a file, or to find places on a page of it."""
    return {
        "path": os.path.abspath(source.path),  # noqa: PTH100 - links keep their name
        "id": source.id,
        "passwords": options.passwords,
        "timeout_s": options.timeout_s,
        "memory_bytes": options.memory_bytes,
        "ocr": options.ocr,
        "pages": options.max_pages,
        "text_fields": options.text_fields,
        "id_field": options.id_field,
        "find": None if query is None else [query.page, query.spans, query.text],
    }


def read_job(body: bytes) -> tuple[SourceFile, ReadOptions, ExtentQuery | None]:
    """The order again, on the worker's side."""
    message = json.loads(body)
    options = ReadOptions(
        tuple(message["passwords"]),
        message["timeout_s"],
        message["memory_bytes"],
        message["ocr"],
        message["pages"],
        text_fields=tuple(message["text_fields"]),
        id_field=message["id_field"],
    )
    query = None
    if message["find"] is not None:
        page, spans, text = message["find"]
        query = ExtentQuery(page, tuple((start, end) for start, end in spans), text)
    return SourceFile(Path(message["path"]), message["id"]), options, query


def places_message(places: Sequence[Sequence[Box]]) -> Any:
    """A worker's answer to where spans are."""
    return {"places": places}


def read_places(body: bytes, source_id: str) -> list[list[Box]]:
    """The boxes of each span. Raises the ReadError that came in their place, or ValueError."""
    message = json.loads(body)
    try:
        if "error" in message:
            raise _as_error(message["error"], source_id)
        return [[_as_box(box) for box in boxes] for boxes in message["places"]]
    except (KeyError, TypeError, AttributeError) as bad:
        raise ValueError(f"a malformed message ({type(bad).__name__})") from bad


def _as_box(message: Any) -> Box:
    x0, y0, x1, y1 = (float(number) for number in message)
    return x0, y0, x1, y1


def reply_message(
    documents: tuple[Document, ...] = (),
    error: RagError | None = None,
    sha256: str = "",
    last: bool = True,
    tired: bool = False,
) -> Any:
    """A worker's answer."""
    message: dict[str, Any] = {"sha256": sha256, "last": last, "tired": tired}
    message["documents"] = [_document_message(d) for d in documents]
    if error is not None:
        kind = "password" if isinstance(error, PasswordError) else "read"
        message["error"] = [kind, error.what, error.hint]
    return message


def _document_message(document: Document) -> Any:
    return {
        "id": document.id,
        "format": document.format,
        "sha256": document.sha256,
        "title": document.title,
        "metadata": dict(document.metadata),
        "pages": [
            [
                page_.number,
                page_.text,
                page_.label,
                page_.note,
                [[b.start, b.end, b.kind, b.level] for b in page_.blocks],
                [table_message(table) for table in page_.tables],
            ]
            for page_ in document.pages
        ],
    }


def read_reply(body: bytes, source_id: str) -> Reply:
    """A worker's answer, checked. Raises ValueError when it is not what a worker may say."""
    try:
        message = json.loads(body)
        error = None
        if "error" in message:
            error = _as_error(message["error"], source_id)
        return Reply(
            tuple(_as_document(d, source_id) for d in message["documents"]),
            error,
            _as_sha256(message["sha256"]),
            message["last"] is True,
            message["tired"] is True,
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as bad:
        raise ValueError(f"a malformed message ({type(bad).__name__})") from bad


def _as_error(message: Any, source_id: str) -> ReadError:
    kind, what, hint = message
    return _ERRORS[kind](short_reason(_as_str(what)), where=source_id, hint=_as_optional_str(hint))


def _as_document(message: Any, source_id: str) -> Document:
    document_id = _as_str(message["id"])
    if document_id != source_id and not document_id.startswith(f"{source_id}#"):
        raise ValueError("a document under a foreign name")
    return Document(
        id=document_id,
        format=_as_str(message["format"]),
        sha256=_as_sha256(message["sha256"]),
        pages=tuple(_as_page(page) for page in message["pages"]),
        title=_as_optional_str(message["title"]),
        metadata={_as_str(key): _as_scalar(value) for key, value in message["metadata"].items()},
    )


def _as_page(message: Any) -> Page:
    number, text, label, note, blocks, tables = message
    if type(number) is not int or number < 1:
        raise ValueError("invalid page number")
    _as_str(text).encode("utf-8")  # a lone surrogate would fail later, far from its cause
    return Page(
        number,
        text,
        _as_optional_str(label),
        _as_blocks(blocks, len(text)),
        _as_optional_str(note),
        tuple(as_table(table, len(text)) for table in tables),
    )


def _as_blocks(message: Any, length: int) -> tuple[Block, ...]:
    blocks, previous_end = [], 0
    for start, end, kind, level in message:
        if type(start) is not int or type(end) is not int or type(level) is not int:
            raise ValueError("a block without a place")
        if not previous_end <= start < end <= length or kind not in _KINDS or level < 0:
            raise ValueError("a block out of place")
        blocks.append(Block(start, end, kind, level))
        previous_end = end
    return tuple(blocks)


def _as_str(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("invalid text")
    return value


def _as_optional_str(value: Any) -> str | None:
    return None if value is None else _as_str(value)


def _as_sha256(value: Any) -> str:
    if len(_as_str(value)) not in (0, 64):
        raise ValueError("invalid checksum")
    return _as_str(value)


def _as_scalar(value: Any) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("invalid number")
    if not isinstance(value, (str, int, float, bool)):
        raise ValueError("metadata that is not a scalar")
    return value
