"""Documents of an index by what a person types: ids, folders, globs, paths on disk."""

from __future__ import annotations

import fnmatch
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer.api.index import Index
    from rag_infer.index.catalog import DocumentRow
    from rag_infer.retrieve import Filter


class DocumentNames:
    """What names stand for among the documents of an index.

    Args:
        index: The open index.
        filter: Which documents; None: all.
    """

    def __init__(self, index: Index, filter: Filter | None = None) -> None:
        self._index = index
        self.rows: dict[str, DocumentRow] = {row.id: row for row in index.documents(filter)}
        self._first_names = {name: row.id for row in self.rows.values() for name in row.names}
        self._names = sorted(self._first_names)

    def matches(self, name: str) -> list[str]:
        """The ids that a name stands for: none where it stands for nothing.

        Args:
            name: An id, a folder of ids, a glob of ids, or a file or folder that was indexed.
        """
        exact = [name] if name in self._first_names else []
        matches = [*exact, *self._below(f"{name}#"), *self._below(name.rstrip("/") + "/")]
        if not matches and any(character in name for character in "*?["):
            matches = [i for i in self._names if fnmatch.fnmatchcase(i, name)]
        ids = list(dict.fromkeys(self._first_names[match] for match in matches))
        return ids or self._on_disk(name)

    def _below(self, prefix: str) -> Iterator[str]:
        for number in range(bisect_left(self._names, prefix), len(self._names)):
            if not self._names[number].startswith(prefix):
                return
            yield self._names[number]

    def _on_disk(self, name: str) -> list[str]:
        from rag_infer.index.roots import path_of

        path = Path(name).resolve()
        if not path.exists():
            return []
        roots = self._index.engine.manifest().roots
        matches = []
        for row in self.rows.values():
            files = [path_of(named.file, self._index.path, roots) for named in row.by_names()]
            resolved = [file.resolve() for file in files if file is not None]
            if any(file == path or path in file.parents for file in resolved):
                matches.append(row.id)
        return matches


def with_paths(index: Index, filter: Filter, names: Sequence[str]) -> Filter:
    """The filter narrowed to the documents that names stand for; itself without names.

    Args:
        index: The open index.
        filter: What else restricts the documents.
        names: Ids, folders of ids, globs of ids, or files and folders that were indexed.

    Raises:
        InputError: A name stands for no document of the index.
    """
    from rag_infer.retrieve.filters import exact_path

    if not names:
        return filter
    documents = DocumentNames(index, filter)
    selected: dict[str, None] = {}
    for name in names:
        matches = documents.matches(name)
        if not matches:
            raise InputError(
                "not in the index", where=name, hint=f"index it first: rag index {name}",
                code="not_indexed",
            )  # fmt: skip
        selected.update(dict.fromkeys(matches))
    return replace(filter, paths=tuple(exact_path(document) for document in selected))
