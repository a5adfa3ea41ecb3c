"""What a run has to do: which files changed, which are gone, which could not be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag_infer.index.writer import FileState
from rag_infer.ingest.discovery import EMPTY_FOLDER, DiscoveredFiles
from rag_infer.ingest.file_changes import FileContents, is_unchanged
from rag_infer.ingest.reports import UnreachablePath
from rag_infer.read import SourceFile


@dataclass(frozen=True, slots=True)
class FileChanges:
    """The files to be read, the ids of those that leave the index, and what stays."""

    changed: tuple[SourceFile, ...]
    removed: tuple[str, ...]
    unchanged: int
    unreachable: tuple[UnreachablePath, ...]


def file_changes(
    discovered: DiscoveredFiles,
    indexed_files: Mapping[str, FileState],
    *,
    remove_missing: bool = False,
) -> FileChanges:
    """Compares what is there with what is indexed.

    Args:
        discovered: What the paths of a run hold.
        indexed_files: What the index knows of the files in its scope.
        remove_missing: Whether also what could not be seen to be gone is taken for gone.
    """
    changed = [f for f in discovered.files if not is_unchanged(f, indexed_files.get(f.id))]
    present = {f.id for f in discovered.files} | discovered.unmodified
    missing = sorted(i for i in indexed_files if discovered.covers(i) and i not in present)
    unchanged = len(discovered.files) - len(changed) + len(discovered.unmodified)
    if remove_missing:
        return FileChanges(tuple(changed), tuple(missing), unchanged, ())
    gone, unreachable = _gone(missing, indexed_files, discovered, changed)
    return FileChanges(tuple(changed), tuple(gone), unchanged, unreachable)


def _gone(
    missing: Sequence[str],
    indexed_files: Mapping[str, FileState],
    discovered: DiscoveredFiles,
    changed: Sequence[SourceFile],
) -> tuple[list[str], tuple[UnreachablePath, ...]]:
    """The missing files that were seen to be gone, and what could not be seen, which stays."""
    gone: list[str] = []
    documents: dict[str, int] = {}
    moved = FileContents(changed)
    for file_id in missing:
        state = indexed_files[file_id]
        path = discovered.unreachable_path(file_id)
        reason = discovered.unreachable[path] if path is not None else None
        # Of an empty folder, what is now elsewhere was moved.
        if path is None or (reason == EMPTY_FOLDER and state in moved):
            gone.append(file_id)
        else:
            documents[path] = documents.get(path, 0) + len(state.places)
    return gone, tuple(
        UnreachablePath(path, discovered.unreachable[path], count)
        for path, count in documents.items()
    )
