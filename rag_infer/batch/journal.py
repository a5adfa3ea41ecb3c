"""The output of a batch, which is its journal: a line of JSON an answer, durable when it is there.

A process that ends at any moment leaves whole lines and at most one torn one, which the next run
cuts off; what has its line is not asked again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from rag_infer.closeable import Closeable
from rag_infer.errors import InputError

_KEY = "key"
_BEGINNING = b'{"key": '


class AnswerJournal(Closeable):
    """Answers of a batch on disk.

    Args:
        path: The file; made where there is none. Only a file that a batch wrote is continued.

    Raises:
        InputError: The file holds something else, cannot be written, or another run writes it.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock, Timeout

        self.path = path
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), mode=0o600)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError("another run of rag batch writes this file", where=str(path)) from None
        except OSError as error:
            raise _unwritable(path, error) from error
        self._file: IO[bytes] | None = None
        self._replaced = False
        try:
            self._records = self._read()
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the rows that have an answer, or an error."""
        return frozenset(self._records)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows that are there, in the order in which they came."""
        return list(self._records.values())

    def drop_failed(self, *, drop_exported: bool) -> int:
        """Takes out the rows that ended in an error, so that they are asked again.

        Args:
            drop_exported: Also those whose result is not imported yet.

        Returns:
            How many there were.
        """
        answered = {
            key: record
            for key, record in self._records.items()
            if not record.get("error") or ("exported" in record and not drop_exported)
        }
        dropped = len(self._records) - len(answered)
        if dropped:
            self._records = answered
            self._rewrite()
        return dropped

    def append(self, record: dict[str, Any]) -> None:
        """Adds a row, in place of an earlier one of its key; it is on disk when this returns.

        Args:
            record: With its ``key``.
        """
        assert self._file is not None
        try:
            self._file.write(_line(record))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._replaced = self._replaced or record[_KEY] in self._records
        self._records[str(record[_KEY])] = record

    def compact(self) -> None:
        """Takes out of the file the rows in whose place others came."""
        if self._replaced:
            self._rewrite()

    def order(self, keys: list[str]) -> None:
        """Puts the rows in the order of keys; others stay behind them.

        Args:
            keys: Of the questions, in their order.
        """
        order = {key: number for number, key in enumerate(keys)}
        items = sorted(self._records.items(), key=lambda item: order.get(item[0], len(order)))
        if list(self._records) != [key for key, _ in items]:
            self._records = dict(items)
            self._rewrite()

    def close(self) -> None:
        """Lets go of the file and of its lock."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lock.is_locked:
            with suppress(OSError):
                Path(self._lock.lock_file).unlink()
            self._lock.release()

    def _read(self) -> dict[str, dict[str, Any]]:
        """The rows of the file; a torn last line is cut off."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unwritable(self.path, error) from error
        complete = data[: data.rfind(b"\n") + 1]
        records: dict[str, dict[str, Any]] = {}
        for number, line in enumerate(complete.splitlines(), 1):
            try:
                record = json.loads(line)
                self._replaced = self._replaced or record[_KEY] in records
                records[record[_KEY]] = record
            except (ValueError, KeyError, TypeError, RecursionError):
                raise InputError(
                    f"line {number} was not written by rag batch",
                    where=str(self.path),
                    hint="name another file",
                    code="not_a_batch_output",
                ) from None
        if len(complete) < len(data):
            if not complete and data[: len(_BEGINNING)] != _BEGINNING[: len(data)]:
                raise InputError(
                    "was not written by rag batch",
                    where=str(self.path),
                    hint="name another file",
                    code="not_a_batch_output",
                )
            with self.path.open("r+b") as file:
                file.truncate(len(complete))
        return records

    def _open(self) -> None:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._file = os.fdopen(descriptor, "ab")

    def _rewrite(self) -> None:
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(map(_line, self._records.values()))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            self._replaced = False
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if self._file is not None:
            self._file.close()
        self._open()


def _line(record: Mapping[str, Any]) -> bytes:
    ordered = {_KEY: record[_KEY], **record}
    return json.dumps(ordered, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot be written: {error.strerror or error}", where=str(path))
