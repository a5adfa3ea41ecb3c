"""The manifest: what one generation of an index consists of.

``generations/00000012.json`` is written once and never changed; ``CURRENT`` names the one that
counts and is replaced in one step.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rag_infer.errors import CorruptIndexError, IndexNotFoundError, IndexStorageError
from rag_infer.index import durable_io

FORMAT = 2
READABLE_FORMATS = (1, 2)
MIN_CHUNK_TOKENS, MAX_CHUNK_TOKENS = 32, 8192
CURRENT = "CURRENT"
GENERATIONS = "generations"
SEGMENTS = "segments"

_READABLE = " and ".join(map(str, READABLE_FORMATS))

FileVersion = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file's size in bytes and the sha256 of its content."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A live segment. ``deleted`` are ordinals of documents that no longer count."""

    name: str
    documents: int
    chunks: int
    files: Mapping[str, FileEntry]
    deleted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedderEntry:
    """Which embedder made the vectors; ``spec`` is what loads it again."""

    spec: str
    name: str
    fingerprint: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation.

    ``roots`` maps the name of an indexed path to where it lies from here. ``chunk_tokens`` is the
    size of the chunks in tokens of the embedder; None: that of the package.
    """

    generation: int
    embedder: EmbedderEntry
    created: str
    segments: tuple[SegmentEntry, ...] = ()
    roots: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT
    chunk_tokens: int | None = None

    @property
    def documents(self) -> int:
        return sum(s.documents - len(s.deleted) for s in self.segments)


def generation_path(index: Path, generation: int) -> Path:
    return index / GENERATIONS / f"{generation:08d}.json"


def segment_path(index: Path, name: str) -> Path:
    return index / SEGMENTS / name


def file_version(path: Path) -> FileVersion | None:
    """What changes whenever a file is replaced; None where there is no such file."""
    try:
        entry = path.stat()
    except OSError:
        return None
    return (entry.st_ino, entry.st_mtime_ns, entry.st_ctime_ns, entry.st_size)


def current_generation(index: Path) -> int:
    """The number that CURRENT names. Raises IndexNotFoundError or CorruptIndexError."""
    try:
        content = (index / CURRENT).read_text("ascii")
    except (FileNotFoundError, NotADirectoryError):
        # Generation 1 is always empty: without CURRENT, making the index was interrupted.
        if any(path.stem != "00000001" for path in (index / GENERATIONS).glob("*.json")):
            raise CorruptIndexError(
                "is missing", where=str(index / CURRENT), hint=_REPAIR
            ) from None
        raise IndexNotFoundError(
            "there is no index here", where=str(index), hint="add documents to make one"
        ) from None
    except PermissionError as error:  # no damage that a repair could mend
        raise IndexStorageError(
            "cannot be read: Permission denied",
            where=str(index / CURRENT),
            hint="the index belongs to another user",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptIndexError(f"cannot be read ({error})", where=str(index / CURRENT)) from error
    number, _, check = content.strip().partition(" ")
    if not number.isdigit() or check != _digest(number.encode())[:16]:
        raise CorruptIndexError("is not valid", where=str(index / CURRENT), hint=_REPAIR)
    return int(number)


_REPAIR = "verify it with repair, which returns to the last intact generation"


def read(index: Path, generation: int) -> Manifest:
    """The manifest of a generation. Raises CorruptIndexError when it is not as written."""
    path = generation_path(index, generation)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CorruptIndexError("is missing", where=str(path), hint=_REPAIR) from None
    except OSError as error:
        raise CorruptIndexError(f"is damaged ({error})", where=str(path), hint=_REPAIR) from error
    return parse(data, str(path))[0]


def parse(data: bytes, where: str) -> tuple[Manifest, dict[str, Any]]:
    """A manifest from its bytes, and what else its file says.

    Args:
        data: The content of the file.
        where: The file, as an error names it.

    Raises:
        CorruptIndexError: It is not as written.
    """
    try:
        fields = json.loads(data)
        checksum = fields.pop("checksum")
        if checksum != _digest(_canonical(fields)):
            raise ValueError("its checksum does not match")
        if fields["format"] not in READABLE_FORMATS:
            raise CorruptIndexError(
                f"the index has format {fields['format']}, this version reads {_READABLE}",
                where=where,
                hint="index the documents again under another name",
                code="unsupported_index_format",
            )
        return _from_json(fields), fields
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptIndexError(f"is damaged ({error})", where=where, hint=_REPAIR) from error


def to_bytes(manifest: Manifest, more: Mapping[str, Any] | None = None) -> bytes:
    """The content of a manifest's file, with its checksum; ``more`` is said beside it."""
    fields = {**(more or {}), **asdict(manifest)}
    if manifest.format > 1:
        for segment in fields["segments"]:
            segment["deleted"] = _packed(segment["deleted"])
    fields["checksum"] = _digest(_canonical(fields))
    if manifest.format == 1:
        return json.dumps(fields, indent=1, sort_keys=True).encode("utf-8")
    return _canonical(fields)


def publish(index: Path, manifest: Manifest) -> None:
    """Writes a generation and makes it the current one, in one visible step."""
    path = generation_path(index, manifest.generation)
    durable_io.make_folder(path.parent)
    durable_io.write_bytes(path, to_bytes(manifest))
    durable_io.sync_folder(path.parent)
    point(index, manifest.generation)


def point(index: Path, generation: int) -> None:
    """Makes a generation the current one."""
    building = index / (CURRENT + ".new")
    durable_io.write_bytes(building, pointer(generation))
    durable_io.replace(building, index / CURRENT)


def pointer(generation: int) -> bytes:
    """What CURRENT contains: a number with a check."""
    number = f"{generation}"
    return f"{number} {_digest(number.encode())[:16]}\n".encode("ascii")


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _from_json(fields: dict[str, Any]) -> Manifest:
    segments = []
    for segment in fields["segments"]:
        name = str(segment["name"])
        files = {str(k): FileEntry(**v) for k, v in segment["files"].items()}
        if not _plain(name) or not all(_plain(file) for file in files):
            raise ValueError("it names a file outside the index")
        segments.append(
            SegmentEntry(
                name=name,
                documents=int(segment["documents"]),
                chunks=int(segment["chunks"]),
                files=files,
                deleted=_deleted(segment["deleted"], int(segment["documents"])),
            )
        )
    return Manifest(
        generation=int(fields["generation"]),
        embedder=EmbedderEntry(**fields["embedder"]),
        created=str(fields["created"]),
        segments=tuple(segments),
        roots={str(k): str(v) for k, v in fields["roots"].items()},
        format=int(fields["format"]),
        chunk_tokens=_chunk_tokens(fields.get("chunk_tokens")),
    )


def _packed(ordinals: Sequence[int]) -> str:
    """Deleted documents as text: a compressed bitmap, however many there are."""
    if not ordinals:
        return ""
    bits = bytearray(max(ordinals) // 8 + 1)
    for ordinal in ordinals:
        bits[ordinal // 8] |= 1 << ordinal % 8
    return base64.b64encode(zlib.compress(bits)).decode("ascii")


def _deleted(stored: Any, documents: int) -> tuple[int, ...]:
    """The deleted documents of a segment, as a format writes them."""
    if not isinstance(stored, str):  # format 1 lists them
        return tuple(int(ordinal) for ordinal in stored)
    if not stored:
        return ()
    most = documents // 8 + 1
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(base64.b64decode(stored, validate=True), most + 1)
    except zlib.error as error:
        raise ValueError("its deletions are damaged") from error
    if len(bits) > most:
        raise ValueError("it deletes more documents than there are")
    return tuple(
        8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1
    )


def _chunk_tokens(value: Any) -> int | None:
    if value is None or (type(value) is int and MIN_CHUNK_TOKENS <= value <= MAX_CHUNK_TOKENS):
        return value
    raise ValueError("its chunk_tokens are out of bounds")


def _plain(name: str) -> bool:
    """Whether a name from a manifest stays in its folder."""
    return bool(name) and not name.startswith(".") and "/" not in name and "\\" not in name
