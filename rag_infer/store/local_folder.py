"""A store in a folder: of this machine, or of a network share that several machines mount.

``put_new`` links a finished file under its name, which the file system does for one writer only.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rag_infer.errors import StoreError
from rag_infer.store.base import (
    ObjectChangedError,
    ObjectEntry,
    ObjectExistsError,
    ObjectNotFoundError,
    StoredObject,
)

_TEMPORARY = ".writing-"
_LOCK = ".lock"


class LocalFolder:
    """Objects as files below a folder.

    Args:
        folder: The folder; it is made with the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100
        self.url = f"file://{self._folder.as_posix()}"

    def get(self, key: str) -> StoredObject:
        with self._errors(key):
            data = self._path(key).read_bytes()
        return StoredObject(data, _version(data))

    def get_range(self, key: str, start: int, end: int) -> bytes:
        with self._errors(key), self._path(key).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def put_new(self, key: str, data: bytes) -> str:
        path = self._path(key)
        with self._errors(key), self._written(path, data) as temporary:
            try:
                os.link(temporary, path)
            except FileExistsError:
                raise ObjectExistsError(key) from None
        return _version(data)

    def put_if(self, key: str, data: bytes, version: str) -> str:
        from filelock import FileLock

        path = self._path(key)
        with self._errors(key), FileLock(self._folder / _LOCK, mode=0o600):
            try:
                current = _version(path.read_bytes())
            except FileNotFoundError:
                current = ""
            if current != version:
                raise ObjectChangedError(key)
            with self._written(path, data) as temporary:
                temporary.replace(path)
        return _version(data)

    def list(self, prefix: str) -> Iterator[ObjectEntry]:
        top = self._folder / prefix
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(_TEMPORARY) or name == _LOCK:
                    continue
                with suppress(FileNotFoundError):  # removed meanwhile
                    entry = path.stat()
                    key = path.relative_to(self._folder).as_posix()
                    yield ObjectEntry(key, entry.st_size, entry.st_mtime)

    def delete(self, keys: Sequence[str]) -> None:
        # Empty folders stay: another writer may be about to write into one.
        for key in keys:
            with self._errors(key):
                self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in {"", ".", ".."} or "\\" in part for part in parts):
            raise StoreError("is not a key", where=key)
        return self._folder.joinpath(*parts)

    @contextmanager
    def _written(self, path: Path, data: bytes) -> Iterator[Path]:
        """A synced temporary file beside the target, which is gone afterwards."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectNotFoundError(key) from None
        except OSError as error:
            raise StoreError(
                f"cannot be used: {error.strerror or error}",
                where=str(self._folder),
                hint="check the folder, its permissions and free space",
            ) from error


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
