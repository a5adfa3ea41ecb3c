"""Which shard scores which segments of an index, and whether two machines hold the same one."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from rag_infer.errors import InputError
from rag_infer.index.manifest import Manifest

MAX_SHARDS = 1_000
_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several: ``number`` of ``count``, counted from 1 as people do."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def parse_shard(text: str) -> Shard:
    """A shard as it is typed: ``2/3``.

    Raises:
        InputError: It is none.
    """
    match = _SHARD.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= MAX_SHARDS:
        raise InputError(f"'{text}' is not a shard", hint="for example, the second of three: 2/3")
    return Shard(int(match[1]), int(match[2]))


def segments_by_shard(manifest: Manifest, count: int) -> list[tuple[int, ...]]:
    """For each of ``count`` shards the numbers of its segments, in their order.

    The largest segments are dealt out first, each to the shard that has the fewest chunks so far;
    so every machine that reads the manifest comes to the same cut.
    """
    chunks = [0] * count
    segments: list[list[int]] = [[] for _ in range(count)]
    entries = manifest.segments
    for number in sorted(range(len(entries)), key=lambda n: (-entries[n].chunks, n)):
        shard = min(range(count), key=lambda s: (chunks[s], s))
        chunks[shard] += entries[number].chunks
        segments[shard].append(number)
    return [tuple(sorted(numbers)) for numbers in segments]


def generation_digest(manifest: Manifest) -> str:
    """What two machines compare before they trust each other's places: all that a search reads."""
    state = {
        "generation": manifest.generation,
        "embedder": manifest.embedder.fingerprint,
        "segments": [asdict(entry) for entry in manifest.segments],
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
