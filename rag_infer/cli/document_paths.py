"""Documents of an index by what a person types: ids, folders, globs, paths on disk."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Filter, Index


def with_paths(index: Index, filter: Filter, names: Sequence[str]) -> Filter:
    """The filter narrowed to the documents that names stand for; itself without names.

    Args:
        index: The open index.
        filter: What else restricts the documents.
        names: Ids, folders of ids, globs of ids, or files and folders that were indexed.

    Raises:
        InputError: A name stands for no document of the index.
    """
    from dataclasses import replace

    from rag_infer.retrieve.filters import exact_path

    if not names:
        return filter
    rows = index.documents(filter)
    ids = [row.id for row in rows]
    selected: dict[str, None] = {}
    for name in names:
        matches = _by_id(ids, name) or _on_disk(index, filter, name)
        if not matches:
            raise InputError(
                "not in the index", where=name, hint=f"index it first: rag index {name}",
                code="not_indexed",
            )  # fmt: skip
        selected.update(dict.fromkeys(matches))
    return replace(filter, paths=tuple(exact_path(document) for document in selected))


def _by_id(ids: Sequence[str], name: str) -> list[str]:
    prefix = name.rstrip("/") + "/"
    matches = [i for i in ids if i == name or i.startswith((prefix, f"{name}#"))]
    return matches or [i for i in ids if fnmatch.fnmatchcase(i, name)]


def _on_disk(index: Index, filter: Filter, name: str) -> list[str]:
    from rag_infer.index.roots import path_of

    path = Path(name).resolve()
    if not path.exists():
        return []
    roots = index.engine.manifest().roots
    matches = []
    for row in index.documents(filter):
        file = path_of(row.file, index.path, roots)
        if file is not None and (file.resolve() == path or path in file.resolve().parents):
            matches.append(row.id)
    return matches
