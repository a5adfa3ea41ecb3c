"""A file of arrays gives back what was written, and refuses what was not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from rag_infer.index.array_file import _HEADER, ArrayFile, ArrayFileWriter
from rag_infer.index.mapped_file import release

KINDS = ("|u1", "<u2", "<u4", "<u8", "<i8", "<f4")
ARRAYS = st.dictionaries(
    st.text("abc.", min_size=1, max_size=4),
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays_of.arrays(kind, st.tuples(st.integers(0, 9), st.integers(1, 3)))
    ),
    max_size=5,
)


def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    path.unlink(missing_ok=True)
    writer = ArrayFileWriter(path)
    for name, array in arrays.items():
        writer.add(name, array)
    writer.close()
    return path


@settings(deadline=None, max_examples=50)
@given(stored=ARRAYS)
def test_arrays_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, stored: dict[str, np.ndarray]
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "arrays", stored)
    loaded = ArrayFile(path)
    assert list(loaded) == list(stored)
    for name, array in stored.items():
        assert loaded[name].dtype == array.dtype
        assert loaded[name].tobytes() == array.tobytes()
        assert loaded[name].shape == array.shape
        assert loaded.entries[name].offset % 64 == 0
    assert not loaded.damaged()


def test_rows_may_come_in_parts(tmp_path: Path) -> None:
    writer = ArrayFileWriter(tmp_path / "a")
    with writer.rows("rows", np.float32, (2,)) as rows:
        rows.write(np.ones((3, 2), dtype=np.float64))
        rows.write(np.zeros((0, 2), dtype=np.float32))
        rows.write(np.full((1, 2), 7, dtype=np.float32))
    writer.close()
    assert ArrayFile(tmp_path / "a")["rows"].tolist() == [[1, 1]] * 3 + [[7, 7]]


def test_arrays_outlive_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a", {"x": np.arange(100_000, dtype=np.uint32)})
    array = ArrayFile(path)["x"][10:]
    path.unlink()
    assert array[0] == 10
    assert array[-1] == 99_999
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_flipped_bit_is_found_in_its_array(tmp_path: Path) -> None:
    path = write(tmp_path / "a", {n: np.arange(9, dtype=np.uint32) for n in "xyz"})
    data = bytearray(path.read_bytes())
    data[ArrayFile(path).entries["y"].offset + 5] ^= 1
    path.write_bytes(data)
    assert ArrayFile(path).damaged() == ["y"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("offset", 0),
        ("offset", 64 + 1),
        ("offset", 1 << 40),
        ("offset", -64),
        ("bytes", 1 << 40),
        ("shape", [1 << 40]),
        ("shape", [-1]),
        ("shape", []),
        ("shape", None),
        ("dtype", "|O"),
        ("dtype", "<f8"),
    ],
)
def test_a_strangers_table_reaches_no_memory_outside(
    tmp_path: Path, field: str, value: object
) -> None:
    import hashlib

    path = write(tmp_path / "a", {"x": np.arange(9, dtype=np.uint32)})
    data = path.read_bytes()
    magic, version, offset, length, _ = _HEADER.unpack(data[:64])
    table = json.loads(data[offset : offset + length])
    table["x"][field] = value
    changed = json.dumps(table).encode()
    header = _HEADER.pack(magic, version, offset, len(changed), hashlib.sha256(changed).digest())
    path.write_bytes(header + data[64:offset] + changed)
    with pytest.raises(ValueError, match="has "):
        ArrayFile(path)


def test_what_is_no_array_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for data in (b"", b"x" * 63, b"x" * 100, b"RAGARRAY" + bytes(200)):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="array file"):
            ArrayFile(path)


def test_released_pages_are_read_again_and_other_memory_stays(tmp_path: Path) -> None:
    numbers = np.arange(100_000, dtype=np.uint32)
    writer = ArrayFileWriter(tmp_path / "arrays")
    writer.add("numbers", numbers)
    writer.close()
    mapped = ArrayFile(tmp_path / "arrays")["numbers"]
    copied = mapped.copy()
    for array in (mapped, mapped[5000:90_000], copied, mapped[:0]):
        release(array)
    assert np.array_equal(mapped, numbers)
    assert np.array_equal(copied, numbers)
