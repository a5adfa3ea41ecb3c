"""The files of a folder that ``rag summarize`` reads, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.cli.output import count_of

MAX_FOLDER_FILES = 30


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file to summarize.

    Attributes:
        name: As it was named, or its path from the folder on.
        path: Where it is; None for a document of the index and for standard input.
        folder: The folder that it was found in; None for a file that was named itself.
    """

    name: str
    path: Path | None = None
    folder: str | None = None


def expanded(names: Sequence[str], index: str) -> tuple[list[NamedFile], list[str]]:
    """The files of some names, those of folders by path, and notes on what is left out.

    Args:
        names: Files, folders, names of indexed documents, ``-``.
        index: The folder of the index, which is never read as documents.

    Raises:
        InputError: A folder holds nothing to read.
    """
    files: list[NamedFile] = []
    notes: list[str] = []
    for name in names:
        if name == "-" or not Path(name).is_dir():
            files.append(NamedFile(name))
            continue
        found, folder_notes = _of_folder(name, index)
        files += found
        notes += folder_notes
    return files, notes


def _of_folder(folder: str, index: str) -> tuple[list[NamedFile], list[str]]:
    from rag_infer.ingest.discovery import discover

    discovered = discover([Path(folder)], Path(index), {})
    sources = sorted(discovered.files, key=lambda source: source.id)
    files = [
        NamedFile(source.path.relative_to(folder).as_posix(), source.path, folder)
        for source in sources[:MAX_FOLDER_FILES]
    ]
    return files, list(_notes(folder, len(sources), discovered.skipped, discovered.unreachable))


def _notes(
    folder: str, count: int, skipped: Mapping[str, int], unreachable: Mapping[str, str]
) -> Iterator[str]:
    if count > MAX_FOLDER_FILES:
        yield (
            f"{folder}: the first {MAX_FOLDER_FILES} of {count} files are summarized; "
            "name the others to summarize them"
        )
    if skipped:
        suffixes = ", ".join(f"{suffix} {n}" for suffix, n in sorted(skipped.items()))
        yield f"{folder}: no reader for {count_of(sum(skipped.values()), 'file')}: {suffixes}"
    for name, reason in unreachable.items():
        yield f"{name}: {reason}"
