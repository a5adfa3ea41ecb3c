"""Which files a command means, and what they are called in an index.

A folder given as ``reports/`` becomes the root ``reports``; its files are ``reports/2024/q1.pdf``.
A single file is called by its own name, or by its root's when it lies in an indexed folder. An
index keeps for each root where it lies *relative to the index*, so that no absolute path is stored.

A file has left a folder only when the folder could be listed and is not empty: an empty folder may
be the mount point of a share that is not mounted, and nothing below it was seen to be gone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rag_infer.errors import InputError
from rag_infer.index.roots import escape_name, is_web
from rag_infer.ingest.access_rules import AccessRules, rules_beside
from rag_infer.ingest.ignore_rules import rules_above
from rag_infer.read import SourceFile, is_supported

EMPTY_FOLDER = "empty folder (not mounted?)"


@dataclass(frozen=True, slots=True)
class DiscoveredFiles:
    """What the given paths hold.

    Attributes:
        files: The files to be indexed.
        roots: The indexed roots, by name, with where each lies relative to the index.
        scope: Ids, or id prefixes ending in ``/``, that this run speaks for: an indexed file in
            scope that is not among ``files`` has left, unless it is unreachable.
        skipped: The number of files without a reader, by suffix.
        unreachable: Ids, or id prefixes ending in ``/``, of what could not be looked at, with the
            reason. Documents below them stay.
        unmodified: Ids of indexed files that are as they were, and are not among ``files``.
        failed: Why what is not in the index could not be had, by id.
        left_out: How many web pages are left out, by reason.
        interrupted: Ctrl-C ended the search for files.
    """

    files: tuple[SourceFile, ...]
    roots: Mapping[str, str]
    scope: tuple[str, ...]
    skipped: Mapping[str, int]
    unreachable: Mapping[str, str] = field(default_factory=dict)
    unmodified: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False

    def covers(self, file_id: str) -> bool:
        """Whether this run speaks for an indexed file."""
        return any(_matches(file_id, name) for name in self.scope)

    def unreachable_path(self, file_id: str) -> str | None:
        """The unreachable id or prefix that an indexed file lies under, or None."""
        return next((name for name in self.unreachable if _matches(file_id, name)), None)

    def joined(self, other: DiscoveredFiles) -> DiscoveredFiles:
        """What both hold."""
        return DiscoveredFiles(
            (*self.files, *other.files),
            {**self.roots, **other.roots},
            (*self.scope, *other.scope),
            dict(Counter(self.skipped) + Counter(other.skipped)),
            {**self.unreachable, **other.unreachable},
            self.unmodified | other.unmodified,
            {**self.failed, **other.failed},
            dict(Counter(self.left_out) + Counter(other.left_out)),
            self.interrupted or other.interrupted,
        )


def _matches(file_id: str, name: str) -> bool:
    if file_id == name:
        return True
    # A web page whose address ends in a slash is no folder of others.
    return name.endswith("/") and file_id.startswith(name) and not is_web(name)


def discover(
    paths: Sequence[Path],
    index: Path,
    roots: Mapping[str, str],
    *,
    remove_missing: bool = False,
) -> DiscoveredFiles:
    """Finds the files under ``paths`` for an index.

    Args:
        paths: Files and folders.
        index: The folder of the index, which is not indexed itself.
        roots: The roots that the index has.
        remove_missing: An indexed root that does not exist any more is no error: it is empty.

    Raises:
        InputError: A path does not exist, or a folder that is new holds nothing to read.
    """
    all_roots = dict(roots)
    files: dict[str, SourceFile] = {}
    scope: list[str] = []
    skipped: dict[str, int] = {}
    unreachable: dict[str, str] = {}
    for path in paths:
        if not os.path.lexists(path):
            name = _file_id(path, index, all_roots)
            if remove_missing and _has_root(name, roots):
                scope.extend((name, f"{name}/"))
                continue
            raise InputError("no such file or folder", where=escape_name(str(path)))
        name = _file_id(path, index, all_roots)
        if not _is_folder(path):
            files[name] = SourceFile(path, name, groups=rules_beside(path).groups(path.name))
            scope.append(name)
            continue
        walk = _FolderWalk(path, index)
        before = len(files)
        for file in walk.files():
            if is_supported(file):
                relative = PurePosixPath(file.relative_to(path).as_posix())
                source = _free_id(f"{name}/{escape_name(str(relative))}", files)
                groups = walk.access(file).groups(relative.as_posix())
                files[source] = SourceFile(file, source, groups=groups)
            else:
                suffix = escape_name(file.suffix.lower()) or "(no suffix)"
                skipped[suffix] = skipped.get(suffix, 0) + 1
        for folder, reason in walk.unreachable.items():
            unreachable[_prefix(name, path, folder)] = reason
        for file, reason in walk.unreachable_files.items():
            unreachable[_prefix(name, path, file).rstrip("/")] = reason
        for nested in _nested_roots(path, name, index, all_roots):
            top = Path(os.path.abspath(index / all_roots[nested]))  # noqa: PTH100
            under = f"{name}/{escape_name(os.path.relpath(top, path))}/"
            if any(under.startswith(prefix) for prefix in unreachable):
                unreachable[f"{nested}/"] = "not reachable in the folder that holds it"
                continue
            # What was indexed by itself before is now part of this folder, under its name there.
            del all_roots[nested]
            scope.extend((nested, f"{nested}/"))
        if len(files) == before and not _has_root(name, roots) and name in all_roots:
            listed = f" (left out: {_format_counts(skipped)})" if skipped else ""
            if failure := walk.unreachable.get(path):
                listed = listed if failure == EMPTY_FOLDER else f" ({failure})"
            raise InputError(f"nothing to index{listed}", where=escape_name(str(path)))
        scope.append(f"{name}/")
    return DiscoveredFiles(tuple(files.values()), all_roots, tuple(scope), skipped, unreachable)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, RuntimeError):
        return False


def _free_id(name: str, files: Mapping[str, SourceFile]) -> str:
    """An escaped name may be another file's real one; the second becomes ``name~2``."""
    free, number = name, 2
    while free in files:
        free, number = f"{name}~{number}", number + 1
    return free


def _prefix(name: str, top: Path, path: Path) -> str:
    if path == top:
        return f"{name}/"
    relative = escape_name(path.relative_to(top).as_posix())
    return f"{name}/{relative}/"


def _nested_roots(folder: Path, name: str, index: Path, roots: Mapping[str, str]) -> list[str]:
    top = Path(os.path.abspath(folder))  # noqa: PTH100
    return [
        root
        for root, where in roots.items()
        if root != name and Path(os.path.abspath(index / where)).is_relative_to(top)  # noqa: PTH100
    ]


def _has_root(name: str, roots: Mapping[str, str]) -> bool:
    """An indexed folder may become empty: then its documents leave, which is no mistake."""
    return any(name == root or name.startswith(f"{root}/") for root in roots)


def _format_counts(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(skipped.items()))


def _file_id(path: Path, index: Path, roots: dict[str, str]) -> str:
    """The id of a path, adding a root for it when no known root holds it."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - links keep their name
    for root, where in roots.items():
        root_path = Path(os.path.abspath(index / where))  # noqa: PTH100
        if full == root_path:
            return root
        if full.is_relative_to(root_path) and _is_folder(root_path):
            return f"{root}/{escape_name(full.relative_to(root_path).as_posix())}"
    base_name = escape_name(full.name) or "root"
    name, number = base_name, 2
    while name in roots:
        name, number = f"{base_name}~{number}", number + 1
    roots[name] = Path(os.path.relpath(full, index)).as_posix()
    return name


class _FolderWalk:
    """The files below a folder in order of name, without hidden and ignored ones and the index.

    ``unreachable`` are folders that could not be listed or are empty, ``unreachable_files`` files
    that could not be looked at, with the reasons; complete once all files were taken.
    """

    def __init__(self, folder: Path, index: Path) -> None:
        self.unreachable: dict[Path, str] = {}
        self.unreachable_files: dict[Path, str] = {}
        self._access: dict[Path, AccessRules] = {}
        self._folder = folder
        self._top = folder.resolve()
        self._index = index.resolve()

    def access(self, file: Path) -> AccessRules:
        """Who may read a file that the walk has come to."""
        return self._access[file.parent]

    def files(self) -> Iterator[Path]:
        """The files, one at a time."""
        rules = {self._folder: rules_above(self._folder)}
        for current, folders, names in os.walk(self._folder, onerror=self._note_error):
            parent = Path(current)
            if all(name.startswith(".") for name in (*folders, *names)):
                self.unreachable[parent] = EMPTY_FOLDER
                continue
            in_folder = "" if parent == self._folder else self._name(parent) + "/"
            outer = rules[self._folder if parent == self._folder else parent.parent]
            above = AccessRules() if parent == self._folder else self._access[parent.parent]
            self._access[parent] = above.inside(parent, in_folder, (*folders, *names))
            ignored = rules[parent] = outer.inside(parent, in_folder, (*folders, *names))
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and not self._is_index(parent / name)
                and not ignored.ignores(f"{in_folder}{name}/")
            )
            for name in sorted(names):
                file = parent / name
                if name.startswith(".") or ignored.ignores(f"{in_folder}{name}"):
                    continue
                if self._is_readable_file(file):
                    yield file

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _note_error(self, error: OSError) -> None:
        # An error without a name says nothing of where it was: all of the folder counts.
        folder = self._folder if error.filename is None else Path(os.fsdecode(error.filename))
        self.unreachable[folder] = error.strerror or str(error)

    def _is_index(self, folder: Path) -> bool:
        try:
            return folder.resolve() == self._index
        except (OSError, RuntimeError):
            return False

    def _is_readable_file(self, file: Path) -> bool:
        """Whether it is a file of this folder; one that cannot be looked at is noted."""
        try:
            # A link that leads out of the folder would index what nobody pointed at.
            if file.is_symlink() and not file.resolve().is_relative_to(self._top):
                return False
            return file.is_file()
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            self.unreachable_files[file] = getattr(error, "strerror", None) or "a loop of links"
            return False
