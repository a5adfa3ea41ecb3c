"""Documents of a batch, read from the lines of a file: ids, folders and globs of an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.api.document_paths import DocumentNames
from rag_infer.batch.questions import BatchQuestion, Unreadable, row_values, with_distinct_ids
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Index

_DOCUMENT = ("document", "document_id", "path", "file", "id")


def read_documents(path: Path, index: Index) -> list[BatchQuestion]:
    """The documents that a file names, in its order, each once under an id.

    A row of one document has the row's id, or the document's; one that stands for several is a row
    for each of them, under their ids. The document's hash is part of a row, so that one that
    changed is summarized again.

    Args:
        path: As for ``read_batch``, with ``document`` in place of ``question``; a line is an id, a
            folder or a glob of ids, or a path that was indexed.
        index: Where the documents are.

    Raises:
        InputError: The file cannot be read, is too large, or names no document.
    """
    names = DocumentNames(index)
    rows: dict[tuple[str, str], BatchQuestion] = {}
    for number, value in row_values(path, _DOCUMENT):
        for row in _rows(value, number, names):
            rows.setdefault((row.id, row.question or str(number)), row)
    if not rows:
        raise InputError(
            "names no document", where=str(path), hint="one a line, or JSONL or CSV with 'document'"
        )
    return with_distinct_ids(list(rows.values()))


def _rows(value: object, number: int, names: DocumentNames) -> Iterator[BatchQuestion]:
    if isinstance(value, Unreadable):
        yield BatchQuestion(str(number), "", error=value.error)
        return
    fields = {str(k).lower(): v for k, v in value.items()} if isinstance(value, Mapping) else {}
    name = next((fields[n] for n in _DOCUMENT if fields.get(n) is not None), None)
    if not isinstance(name, str) or not name.strip():
        yield BatchQuestion(str(number), "", error=f"row {number} has no 'document'")
        return
    name = name.strip()
    row_id = str(fields.get("id") or name)[:200]
    matches = names.matches(name)
    if not matches:
        yield BatchQuestion(row_id, name, error=f"row {number}: '{name}' is not in the index")
    elif len(matches) == 1:
        row_id = matches[0] if row_id == name else row_id
        yield BatchQuestion(row_id, matches[0], version=names.rows[matches[0]].sha256)
    else:
        for match in matches:
            yield BatchQuestion(match, match, version=names.rows[match].sha256)
