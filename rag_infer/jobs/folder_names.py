"""How an index in a bucket knows the folders that were indexed, without saying where they lie.

It stores a hash of a folder's full path: who indexes the same path again, on this machine or on
another that mounts it there, goes on with the same folder; nobody reads the path from it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_SCHEME = "folder:"


def present_roots(roots: Mapping[str, str], paths: Iterable[str], top: Path) -> dict[str, str]:
    """The roots of an index, with where those lie, relative to ``top``, that paths touch."""
    located = {_hidden(path): path for path in _candidates(paths)} if roots else {}
    return {
        name: os.path.relpath(located[where], top) if where in located else where
        for name, where in roots.items()
    }


def are_hidden(roots: Mapping[str, str]) -> bool:
    """Whether folders are stored this way, and not as an index of some machine has them."""
    return all(where.startswith(_SCHEME) for where in roots.values())


def hidden_roots(roots: Mapping[str, str], stored: Mapping[str, str], top: Path) -> dict[str, str]:
    """Roots as a bucket stores them; those that it has already stay as they are."""
    return {
        **{name: where for name, where in stored.items() if name in roots or "://" in name},
        **{
            name: _hidden(os.path.abspath(top / where))  # noqa: PTH100 - links keep their name
            for name, where in roots.items()
            if name not in stored
        },
    }


def _candidates(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        full = Path(os.path.abspath(path))  # noqa: PTH100
        yield str(full)
        yield from map(str, full.parents)
        for folder, names, _ in os.walk(full):
            yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118


def _hidden(path: str) -> str:
    return _SCHEME + hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
