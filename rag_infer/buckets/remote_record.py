"""What an index knows of its bucket: ``remote.json`` in its folder.

It says which generation of the bucket the index here had the content of. So a push sees whether
somebody else has pushed since, and a pull whether there are changes here that would be lost.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rag_infer.buckets.generations import Generation
from rag_infer.index import durable_io

FILE_NAME = "remote.json"
_MAX_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """The bucket, its generation, and the digest of the content that both sides had then."""

    url: str
    generation: int
    commit: str
    digest: str

    @classmethod
    def of(cls, url: str, generation: Generation) -> RemoteRecord:
        return cls(url, generation.number, generation.commit, generation.digest)


def read(index: Path) -> RemoteRecord | None:
    """The record of an index; None where there is none, or it is not valid."""
    try:
        with (index / FILE_NAME).open("rb") as file:
            values = json.loads(file.read(_MAX_BYTES))
        return RemoteRecord(
            str(values["url"]), int(values["generation"]), str(values["commit"]),
            str(values["digest"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(index: Path, record: RemoteRecord) -> None:
    """Replaces the record in one step."""
    with durable_io.storage_errors(index):
        building = index / f"{FILE_NAME}.{os.getpid()}.new"  # several pushes may be at work
        durable_io.write_bytes(building, json.dumps(asdict(record), indent=1).encode())
        durable_io.replace(building, index / FILE_NAME)
