"""Whether a file of an index is still what was written, without reading it every time.

The first time an index is opened on this machine, and whenever a file's size, times or inode have
changed since, its content is hashed and compared with the manifest. What was found whole is noted
in the user's cache folder, never in the index, which may be a stranger's. Damage that changes no
time stamp (a failing disk) is found by ``rag verify``, which always reads everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rag_infer.errors import CorruptIndexError
from rag_infer.hashing import file_sha256
from rag_infer.index.manifest import FileEntry
from rag_infer.paths import cache_folder

_TICK_NS = 20_000_000  # coarse kernel clocks tick every 1 to 10 ms
_HINT = "see what else is damaged with: rag verify"


def verify_files(folder: Path, files: Mapping[str, FileEntry]) -> None:
    """Raises CorruptIndexError for the first file in ``folder`` that the manifest contradicts."""
    recorded = _recorded(folder)
    fingerprints: dict[str, list[object]] = {}
    stale = False
    for name, expected in files.items():
        path = folder / name
        fingerprints[name] = _fingerprint(path, expected)
        if recorded.get(name) == fingerprints[name]:
            continue
        stale = True
        if _sha256(path) != expected.sha256:
            raise CorruptIndexError("does not match its checksum", where=str(path), hint=_HINT)
    if stale:
        _record(folder, fingerprints)


def record_verified(folder: Path, files: Mapping[str, FileEntry]) -> None:
    """Notes files that were just written and hashed."""
    _record(
        folder, {name: _fingerprint(folder / name, expected) for name, expected in files.items()}
    )


def _fingerprint(path: Path, expected: FileEntry) -> list[object]:
    try:
        stat = path.stat()
    except OSError:
        raise CorruptIndexError("is missing", where=str(path), hint=_HINT) from None
    if stat.st_size != expected.bytes:
        raise CorruptIndexError(
            f"has {stat.st_size} bytes where {expected.bytes} were written",
            where=str(path),
            hint=_HINT,
        )
    return [expected.sha256, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise CorruptIndexError(
            f"cannot be read ({error.strerror})", where=str(path), hint=_HINT
        ) from error


def _record_path(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return cache_folder() / "trusted" / f"{name}.json"


def _recorded(folder: Path) -> dict[str, list[object]]:
    try:
        recorded = json.loads(_record_path(folder).read_bytes())
    except (OSError, ValueError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def _record(folder: Path, fingerprints: Mapping[str, list[object]]) -> None:
    """Best effort: without a writable cache every opening hashes: slower, and no less safe.

    A file that changed a moment ago is not noted, since a change within the same tick of the
    file system's clock would look the same.
    """
    settled = time.time_ns() - _TICK_NS
    settled_files = {
        name: fingerprint
        for name, fingerprint in fingerprints.items()
        if int(str(fingerprint[3])) < settled
    }
    path = _record_path(folder)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(settled_files, file)
        Path(file.name).replace(path)


def forget(folder: Path) -> None:
    """Drops the note of a segment that is gone."""
    with suppress(OSError):
        _record_path(folder).unlink(missing_ok=True)
