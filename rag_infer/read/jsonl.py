"""JSON lines: every line a record, every record a document; read as a stream.

Knows: the fields ``id``, ``title`` and ``text``; any other is metadata.
Does not know: how many records there are.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from rag_infer.errors import ReadError
from rag_infer.read.encoding import UNWANTED
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page, Scalar

_LONGEST = 32 * 2**20  # bytes of a line
_ID_CHARS = 200


def read(file: OpenedFile) -> Iterator[Document]:
    """A document ``file.jsonl#<id>`` for each record, by its line where it has no id.

    Raises ReadError, naming the line, for one that is no record.
    """
    try:
        with _open(file.path) as lines:
            for number, line in enumerate(_lines(lines), 1):
                if line.strip():
                    yield _document(file, number, line)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReadError(f"its compression is damaged ({error})") from error


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def _lines(lines: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := lines.readline(_LONGEST + 1):
        number += 1
        if len(line) > _LONGEST:
            raise ReadError(f"line {number} is longer than {_LONGEST // 2**20} MB")
        yield line


def _document(file: OpenedFile, number: int, line: bytes) -> Document:
    try:
        record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"line {number} is not JSON ({error})") from error
    if not isinstance(record, dict):
        raise ReadError(f"line {number} is not a record: it is no JSON object")
    text = record.pop("text", None)
    if not isinstance(text, str):
        raise ReadError(
            f'line {number} has no "text"', hint='each record needs a field "text" with its words'
        )
    title = record.pop("title", None)
    own = _id(record.pop("id", None)) or str(number)
    text = UNWANTED.sub(" ", text)
    return Document(
        f"{file.id}#{own}",
        "jsonl",
        hashlib.sha256(line).hexdigest(),
        (Page(1, text, blocks=tuple(paragraphs(text))),),
        title=_one_line(title) or None if isinstance(title, str) else None,
        metadata={_one_line(key): value for key, value in _scalars(record)},
    )


def _id(value: Any) -> str:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return _one_line(str(value))[:_ID_CHARS]
    return ""


def _one_line(text: str) -> str:
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
