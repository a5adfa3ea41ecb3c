"""The protocol of an object store: whole objects under keys, with conditional writes.

Two of its writes are all that several writers need to agree: ``put_new`` succeeds for one of them,
and ``put_if`` only while nobody else has written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class ObjectNotFoundError(Exception):
    """There is no object under this key."""


class ObjectExistsError(Exception):
    """``put_new``: there is an object under this key already."""


class ObjectChangedError(Exception):
    """``put_if``: the object is not of that version any more."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The content of an object, and the version that ``put_if`` takes."""

    data: bytes
    version: str


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """An object in a listing; ``modified`` is in seconds since 1970, by the store's clock."""

    key: str
    bytes: int
    modified: float


class Store(Protocol):
    """Objects under keys, which are names joined by slashes.

    Every method raises StoreUnavailableError for what may pass (a time-out, 500, 503, a torn body)
    and StoreError for what does not (no such bucket, no permission).
    """

    @property
    def url(self) -> str:
        """The address that people name it by."""

    def get(self, key: str) -> StoredObject:
        """An object. Raises ObjectNotFoundError."""

    def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from ``start`` up to ``end``. Raises ObjectNotFoundError."""

    def put_new(self, key: str, data: bytes) -> str:
        """Writes an object that is not there yet; its version. Raises ObjectExistsError."""

    def put_if(self, key: str, data: bytes, version: str) -> str:
        """Replaces an object of this version; the new one. Raises ObjectChangedError."""

    def list(self, prefix: str) -> Iterator[ObjectEntry]:
        """All objects below a prefix, which ends at a slash, or all for an empty one."""

    def delete(self, keys: Sequence[str]) -> None:
        """Removes objects; those that are not there do not matter."""
