"""What filters ask of documents, as columns of a segment: no row of the catalogue is read for it.

Values are numbered: each distinct format, set of groups and metadata value of a segment is stored
once, so that a filter decides on each once, however many documents have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from rag_infer.index.array_file import Array
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.string_table import StringTable, encoded, table_arrays

_PREFIX = "documents."
_TABLES = ("ids", "formats", "groups", "metadata")
# What a segment has only if its documents have further names; earlier ones have none.
_COPIES, _COPY_OWNERS, _COPY_DAYS = "copies", "copy_owners", "copy_days"
# Documents by the first eight bytes of their hashes; earlier segments have none.
_CONTENTS, _CONTENT_ORDINALS = "contents", "content_ordinals"
_NUMBERS = ("id_ordinals", "format_numbers", "group_numbers", "days", "pair_starts", "pairs")
# Metadata that dates a document, the surest first.
_DATED = ("date", "published", "modified", "created")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_LAST_DAY = 99991231

Ordinals = npt.NDArray[np.uint32]


def day_of(row: DocumentRow) -> int:
    """The day of a document as a number, 20240331: what its metadata says, or when its file was
    changed (UTC).
    """
    lowered = {key.lower(): str(value) for key, value in row.metadata.items()}
    for key in _DATED:
        value = lowered.get(key, "")
        day = _DAY.match(value)
        if day:
            return int(day[1] + day[2] + day[3])
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return _number(parsedate_to_datetime(value))  # "Sun, 31 Mar 2024 10:00:00 +0200"
    try:
        return _number(datetime.fromtimestamp(row.modified_ns / 1e9, UTC))
    except (ValueError, OverflowError, OSError):  # no year of the calendar
        return 0 if row.modified_ns < 0 else _LAST_DAY


def _name_key(name: str) -> str:
    """The name of metadata so that its end is seen, whatever value follows."""
    return json.dumps(name, ensure_ascii=False)


def _number(date: datetime) -> int:
    return date.year * 10_000 + date.month * 100 + date.day


class ColumnsBuilder:
    """Collects the columns of documents in the order of their ordinals."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._formats: list[bytes] = []
        self._groups: list[bytes] = []
        self._days: list[int] = []
        self._metadata: list[list[bytes]] = []
        self._contents: list[int] = []
        self._copies: list[tuple[bytes, int, int]] = []

    def add(self, row: DocumentRow) -> None:
        """Appends a document."""
        self._copies += [
            (encoded(named.id), len(self._ids), day_of(named))
            for named in islice(row.by_names(), 1, None)
        ]
        self._contents.append(_content_number(row.sha256))
        self._ids.append(encoded(row.id))
        self._formats.append(encoded(row.format))
        self._groups.append(encoded(json.dumps(sorted(row.labels), ensure_ascii=False)))
        self._days.append(day_of(row))
        self._metadata.append(
            [encoded(_name_key(name) + str(value)) for name, value in row.metadata.items()]
        )

    def arrays(self) -> dict[str, Array]:
        """The columns by the names that a segment stores them under."""
        order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        formats, format_numbers = _numbered(self._formats)
        groups, group_numbers = _numbered(self._groups)
        pairs, pair_numbers = _numbered([pair for pairs in self._metadata for pair in pairs])
        counts = [0, *(len(pairs) for pairs in self._metadata)]
        columns = {
            **table_arrays("ids", [self._ids[ordinal] for ordinal in order]),
            **table_arrays("formats", formats),
            **table_arrays("groups", groups),
            **table_arrays("metadata", pairs),
            "id_ordinals": np.array(order, dtype=np.uint32),
            "format_numbers": format_numbers,
            "group_numbers": group_numbers,
            "days": np.array(self._days, dtype=np.uint32),
            "pair_starts": np.cumsum(counts, dtype=np.int64),
            "pairs": pair_numbers,
            **self._content_arrays(),
            **self._copy_arrays(),
        }
        return {f"{_PREFIX}{name}": array for name, array in columns.items()}

    def _content_arrays(self) -> dict[str, Array]:
        contents = np.array(self._contents, dtype=np.uint64)
        order = np.argsort(contents, kind="stable")
        return {_CONTENTS: contents[order], _CONTENT_ORDINALS: order.astype(np.uint32)}

    def _copy_arrays(self) -> dict[str, Array]:
        if not self._copies:
            return {}
        names, owners, days = zip(*sorted(self._copies), strict=True)
        return {
            **table_arrays(_COPIES, names),
            _COPY_OWNERS: np.array(owners, dtype=np.uint32),
            _COPY_DAYS: np.array(days, dtype=np.uint32),
        }


def _content_number(sha256: str) -> int:
    """The first eight bytes of a hash; 0 for what is none."""
    try:
        return int(sha256[:16], 16)
    except ValueError:
        return 0


def _numbered(values: list[bytes]) -> tuple[list[bytes], Ordinals]:
    """The distinct values, sorted, and the number of each."""
    distinct = sorted(set(values))
    numbers = {value: number for number, value in enumerate(distinct)}
    return distinct, np.array([numbers[value] for value in values], dtype=np.uint32)


class DocumentColumns:
    """The columns of one segment. See ``ColumnsBuilder``; arrays may be memory-mapped.

    Raises KeyError or ValueError when the arrays are not those of columns.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.ids, self._formats, self._groups, self._metadata = (
            StringTable(arrays[f"{_PREFIX}{n}.text"], arrays[f"{_PREFIX}{n}.ends"]) for n in _TABLES
        )
        (
            self.id_ordinals,
            self.format_numbers,
            self.group_numbers,
            self.days,
            self._pair_starts,
            self._pairs,
        ) = (arrays[f"{_PREFIX}{name}"] for name in _NUMBERS)
        lengths = {len(self.ids), *(len(a) for a in (self.id_ordinals, self.format_numbers))}
        lengths |= {len(self.group_numbers), len(self.days), len(self._pair_starts) - 1}
        if len(lengths) > 1:
            raise ValueError("the columns of the documents have different lengths")
        self._contents: Array | None = arrays.get(f"{_PREFIX}{_CONTENTS}")
        self._content_ordinals: Array | None = arrays.get(f"{_PREFIX}{_CONTENT_ORDINALS}")
        self.copies = StringTable(np.zeros(0, np.uint8), np.zeros(0, np.int64))
        self.copy_owners = self.copy_days = np.zeros(0, dtype=np.uint32)
        if f"{_PREFIX}{_COPY_DAYS}" in arrays:
            text, ends, self.copy_owners, self.copy_days = (
                arrays[f"{_PREFIX}{name}"]
                for name in (f"{_COPIES}.text", f"{_COPIES}.ends", _COPY_OWNERS, _COPY_DAYS)
            )
            self.copies = StringTable(text, ends)
            if len({len(self.copies), len(self.copy_owners), len(self.copy_days)}) > 1:
                raise ValueError("the columns of the copies have different lengths")

    @classmethod
    def of_rows(cls, rows: Iterable[DocumentRow]) -> DocumentColumns:
        """The columns of documents, in the order of their ordinals."""
        builder = ColumnsBuilder()
        for row in rows:
            builder.add(row)
        return cls(builder.arrays())

    @staticmethod
    def are_in(arrays: Mapping[str, Array]) -> bool:
        """Whether a segment has its columns stored."""
        return f"{_PREFIX}days" in arrays

    def __len__(self) -> int:
        return len(self.days)

    @cached_property
    def formats(self) -> list[str]:
        """The distinct formats, by number."""
        return [value.decode() for value in self._formats]

    @cached_property
    def groups(self) -> list[frozenset[str]]:
        """The distinct sets of groups, by number; the empty one is for everyone."""
        return [frozenset(json.loads(value)) for value in self._groups]

    def numbers_of_formats(self, formats: Collection[str]) -> list[int]:
        """The numbers of those of some formats that this segment has."""
        return [number for number, name in enumerate(self.formats) if name in formats]

    def find(self, document_id: str) -> int | None:
        """The ordinal of a document by one of its names, or None."""
        rank = self.ids.rank(document_id)
        if rank is not None:
            return int(self.id_ordinals[rank])
        rank = self.copies.rank(document_id)
        return None if rank is None else int(self.copy_owners[rank])

    def with_id_prefix(self, prefix: str) -> Ordinals:
        """The ordinals of the documents of which a name begins with a prefix."""
        ranks, copies = self.ids.with_prefix(prefix), self.copies.with_prefix(prefix)
        own = np.asarray(self.id_ordinals[ranks.start : ranks.stop])
        return np.concatenate([own, self.copy_owners[copies.start : copies.stop]])

    def with_content(self, sha256: str) -> list[int]:
        """The ordinals of the documents whose files' hashes begin as this one does.

        None in a segment that was written before contents were looked up.
        """
        if self._contents is None or self._content_ordinals is None:
            return []
        number = np.uint64(_content_number(sha256))
        first = int(np.searchsorted(self._contents, number, side="left"))
        last = int(np.searchsorted(self._contents, number, side="right"))
        return [int(ordinal) for ordinal in self._content_ordinals[first:last]]

    def values_of(self, name: str) -> tuple[range, list[str]]:
        """The numbers of the metadata values that a name has in this segment, and the values."""
        prefix = _name_key(name)
        numbers = self._metadata.with_prefix(prefix)
        start = len(encoded(prefix))
        return numbers, [self._metadata[number][start:].decode() for number in numbers]

    def value_number(self, name: str, value: str) -> int | None:
        """The number of a metadata value, or None."""
        return self._metadata.rank(_name_key(name) + value)

    def with_values(self, numbers: Iterable[int]) -> npt.NDArray[np.bool_]:
        """(documents,) which documents have one of some metadata values, by number."""
        is_meant = np.zeros(len(self._metadata), dtype=bool)
        is_meant[list(numbers)] = True
        owners = np.searchsorted(
            self._pair_starts, np.flatnonzero(is_meant[self._pairs]), side="right"
        )
        mask = np.zeros(len(self), dtype=bool)
        mask[owners - 1] = True
        return mask
