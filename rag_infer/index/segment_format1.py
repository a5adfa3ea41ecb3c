"""Segments of format 1, whose arrays are each a file of their own. Read only, for one version.

The files: ``vectors.npy``, ``owners.npy``, ``hashes.npy``, ``languages.npy`` where it was stored,
``lexical.*.npy``; beside them the catalogue and the text, which format 2 has as they are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rag_infer.index.array_file import Array

FORMAT = 1
_SUFFIX = ".npy"


def load_arrays(folder: Path) -> dict[str, Array]:
    """The arrays of a segment by the names that format 2 has for them, memory-mapped.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is no array, or holds objects.
    """
    return {
        path.name.removesuffix(_SUFFIX): np.asarray(
            np.load(path, mmap_mode="r", allow_pickle=False)
        )
        for path in sorted(folder.glob(f"*{_SUFFIX}"))
    }
