"""Where the files of an index lie on this machine.

An index keeps its roots relative to its own folder, so that both can be moved together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath


def path_of(file_id: str, index: Path, roots: Mapping[str, str]) -> Path | None:
    """Where a file of an index lies on this machine, by the roots; None when no root holds it."""
    for root in sorted(roots, key=len, reverse=True):
        if file_id == root:
            return Path(os.path.abspath(index / roots[root]))  # noqa: PTH100
        if file_id.startswith(f"{root}/"):
            parts = PurePosixPath(file_id.removeprefix(f"{root}/")).parts
            if ".." in parts:
                return None
            return Path(os.path.abspath(index / roots[root])).joinpath(*parts)  # noqa: PTH100
    return None
