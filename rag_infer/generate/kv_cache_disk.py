"""Keys and values of prompts on disk, for questions on the same document in another process.

Off unless the setting ``prefix_disk_mb`` says how much may be stored, as the files hold what the
prompts held. A prompt is a chain of parts; a part's name is the hash of the model, the part before
and its own tokens. So prompts that begin alike share files, and the longest known beginning is
found by walking the chain. A file that is not as expected is ignored: its size,
tokens, shapes, types and checksum have to be those expected. Safetensors hold arrays and nothing
that runs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_infer import settings
from rag_infer.paths import cache_folder

PART = 128  # tokens; a cached prefix ends where a part does
_MAX_HEADER_BYTES = 1 << 16  # bytes that a file may have beyond its arrays

Part = list[NDArray[Any]]  # keys and values, layer by layer, [heads, PART, width] each


def open_store(model: str) -> KVCacheStore | None:
    """The store for a model's state, if the settings allow one. ``model`` names its arithmetic
    too: files, precision, versions."""
    max_bytes = max_disk_bytes()
    if max_bytes <= 0:
        return None
    return KVCacheStore(cache_folder() / "prefixes", model, max_bytes)


def max_disk_bytes() -> int:
    """How many bytes of state may be on disk, by the setting `prefix_disk_mb`; 0 by default."""
    return max(0, settings.load().prefix_disk_mb) * 2**20


class KVCacheStore:
    """A folder of parts of any models, of at most ``most`` bytes; the longest unused go first."""

    def __init__(self, folder: Path, model: str, max_bytes: int) -> None:
        self._folder = folder
        self._model = model
        self._max_bytes = max_bytes

    def find(self, ids: Sequence[int], like: Part, beyond: int = 0) -> list[Part]:
        """The parts at the beginning of ``ids`` that are there, if they are more than ``beyond``
        tokens; else none. ``like`` has the shapes and types of a part."""
        links = list(self._links(ids))
        present = next((n for n, (path, _) in enumerate(links) if not path.is_file()), len(links))
        parts: list[Part] = []
        if present * PART <= beyond:
            return parts
        for path, tokens in links[:present]:
            part = _read(path, tokens, like)
            if part is None:
                path.unlink(missing_ok=True)
                break
            with suppress(OSError):
                os.utime(path)
            parts.append(part)
        return parts if len(parts) * PART > beyond else []

    def keep(self, ids: Sequence[int], part: Callable[[int, int], Part]) -> None:
        """Writes the whole parts of ``ids`` that are not there; ``part`` gives rows of the state.

        A folder that cannot be written costs the keeping and nothing else.
        """
        with suppress(OSError):
            new = [(n, *link) for n, link in enumerate(self._links(ids)) if not link[0].is_file()]
            if not new:
                return
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for n, path, tokens in new:
                _write(path, tokens, part(n * PART, (n + 1) * PART))
            self._evict()

    def _links(self, ids: Sequence[int]) -> Iterator[tuple[Path, list[int]]]:
        link = hashlib.sha256(self._model.encode()).digest()
        for start in range(0, len(ids) - PART + 1, PART):
            tokens = list(ids[start : start + PART])
            link = hashlib.sha256(link + np.array(tokens, dtype=np.int64).tobytes()).digest()
            yield self._folder / f"{link.hex()}.safetensors", tokens

    def _evict(self) -> None:
        files = [(s.st_mtime_ns, s.st_size, p) for p in self._folder.iterdir() for s in [p.stat()]]
        size = sum(bytes_ for _, bytes_, _ in files)
        for _, bytes_, path in sorted(files):
            if size <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            size -= bytes_


def _write(path: Path, tokens: list[int], part: Part) -> None:
    from safetensors.numpy import save

    arrays = {f"{n:04}": np.ascontiguousarray(rows) for n, rows in enumerate(part)}
    metadata = {"ids": json.dumps(tokens), "sha256": _checksum(arrays.values())}
    temporary = path.with_suffix(f".{os.getpid()}.building")
    try:
        handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(save(arrays, metadata=metadata))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path, tokens: list[int], like: Part) -> Part | None:
    """A part, or None for a file that is damaged or of something else."""
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > sum(rows.nbytes for rows in like) + _MAX_HEADER_BYTES:
            return None
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = [f"{n:04}" for n in range(len(like))]
            if sorted(file.keys()) != names or json.loads(metadata.get("ids", "")) != tokens:
                return None
            part: Part = [file.get_tensor(name) for name in names]
    except (OSError, ValueError, TypeError, SafetensorError):
        return None
    fits = all(
        rows.shape == expected.shape and rows.dtype == expected.dtype
        for rows, expected in zip(part, like, strict=True)
    )
    return part if fits and metadata.get("sha256") == _checksum(part) else None


def _checksum(arrays: Any) -> str:
    digest = hashlib.sha256()
    for rows in arrays:
        digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()
