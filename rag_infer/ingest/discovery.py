"""Which files a command means, and what they are called in an index.

Knows: folders, ignore files, the names of indexed paths (roots).
Does not know: what is in a file.

A folder given as ``reports/`` becomes the root ``reports``; its files are ``reports/2024/q1.pdf``.
A single file is called by its own name, or by its root's when it lies in an indexed folder. An
index keeps for each root where it lies *relative to the index*, so that no absolute path is stored.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag_infer.errors import InputError
from rag_infer.read import SourceFile, supported

IGNORE_FILE = ".ragignore"


@dataclass(frozen=True, slots=True)
class DiscoveredFiles:
    """What the given paths hold. ``scope`` are the ids, or id prefixes ending in ``/``, that this
    run speaks for: an indexed file in scope that is not among ``files`` has left.
    """

    files: tuple[SourceFile, ...]
    roots: Mapping[str, str]
    scope: tuple[str, ...]
    skipped: Mapping[str, int]  # files without a reader, by suffix

    def covers(self, file_id: str) -> bool:
        return any(file_id == s or (s.endswith("/") and file_id.startswith(s)) for s in self.scope)


def discover(paths: Sequence[Path], index: Path, roots: Mapping[str, str]) -> DiscoveredFiles:
    """Finds the files under ``paths`` for the index in folder ``index`` with these roots.

    Raises InputError for a path that does not exist or a folder with nothing to read in it.
    """
    known = dict(roots)
    files: dict[str, SourceFile] = {}
    scope: list[str] = []
    skipped: dict[str, int] = {}
    for path in paths:
        if not path.exists():
            raise InputError("no such file or folder", where=str(path))
        name = _name(path, index, known)
        if path.is_file():
            files[name] = SourceFile(path, name)
            scope.append(name)
            continue
        for swallowed in _inside(path, name, index, known):
            # What was indexed by itself before is now part of this folder, under its name there.
            del known[swallowed]
            scope.extend((swallowed, f"{swallowed}/"))
        before = len(files)
        for file in _walk(path, index):
            if supported(file):
                source = f"{name}/{PurePosixPath(file.relative_to(path).as_posix())}"
                files[source] = SourceFile(file, source)
            else:
                suffix = file.suffix.lower() or "(no suffix)"
                skipped[suffix] = skipped.get(suffix, 0) + 1
        if len(files) == before and not any(i.startswith(f"{name}/") for i in known):
            seen = f" (left out: {_listed(skipped)})" if skipped else ""
            if not _had_root(name, roots):
                raise InputError(f"there is nothing to index in it{seen}", where=str(path))
        scope.append(f"{name}/")
    return DiscoveredFiles(tuple(files.values()), known, tuple(scope), skipped)


def _inside(folder: Path, name: str, index: Path, roots: Mapping[str, str]) -> list[str]:
    top = Path(os.path.abspath(folder))  # noqa: PTH100
    return [
        root
        for root, where in roots.items()
        if root != name and Path(os.path.abspath(index / where)).is_relative_to(top)  # noqa: PTH100
    ]


def _had_root(name: str, roots: Mapping[str, str]) -> bool:
    """An indexed folder may become empty: then its documents leave, which is no mistake."""
    return any(name == root or name.startswith(f"{root}/") for root in roots)


def _listed(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(skipped.items()))


def _name(path: Path, index: Path, roots: dict[str, str]) -> str:
    """The id of a path, adding a root for it when no known root holds it."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - links keep their name
    for root, where in roots.items():
        held = Path(os.path.abspath(index / where))  # noqa: PTH100
        if full == held:
            return root
        if full.is_relative_to(held) and held.is_dir():
            return f"{root}/{full.relative_to(held).as_posix()}"
    wanted = full.name or "root"
    name, number = wanted, 2
    while name in roots:
        name, number = f"{wanted}~{number}", number + 1
    roots[name] = Path(os.path.relpath(full, index)).as_posix()
    return name


def _walk(folder: Path, index: Path) -> Iterator[Path]:
    """Files below a folder in order of name, without hidden ones, ignored ones and the index."""
    import pathspec

    ignore_file = folder / IGNORE_FILE
    lines = ignore_file.read_text("utf-8").splitlines() if ignore_file.is_file() else []
    ignored = pathspec.GitIgnoreSpec.from_lines(lines)
    top = folder.resolve()
    own = index.resolve()
    for current, folders, names in os.walk(folder):
        here = Path(current)
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith(".")
            and (here / f).resolve() != own
            and not ignored.match_file(f"{(here / f).relative_to(folder).as_posix()}/")
        )
        for name in sorted(names):
            file = here / name
            if name.startswith(".") or ignored.match_file(file.relative_to(folder).as_posix()):
                continue
            # A link that leads out of the folder would index what nobody pointed at.
            if file.is_symlink() and not file.resolve().is_relative_to(top):
                continue
            if file.is_file():
                yield file
