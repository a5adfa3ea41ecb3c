"""Disks that are full, read-only or limited: one line, and what was published stays."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.errors import IndexStorageError
from rag_infer.index import durable_io
from rag_infer.index.verify import verify


def _index(tmp_path: Path, name: str = "index") -> Index:
    folder = tmp_path / "notes"
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("The bridge over the Larn was opened in 1932.")
    return Index.open(tmp_path / name, create=True)


def test_an_index_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        index = _index(tmp_path)
        index.add(tmp_path / "notes")
    finally:
        os.umask(previous)
    for path in [tmp_path / "index", *(tmp_path / "index").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_lock_that_is_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "index" / "lock").mkdir(parents=True)
    with pytest.raises(IndexStorageError, match="cannot be written") as error:
        _index(tmp_path).add(tmp_path / "notes")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EFBIG, errno.EIO])
@pytest.mark.parametrize("existing", [False, True])
def test_a_failing_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, existing: bool
) -> None:
    """The disk fails at each of the first operations in turn, then works again."""
    counting: list[str] = []
    monkeypatch.setattr(
        durable_io, "checkpoint", lambda operation, path: counting.append(operation)
    )
    reference = _index(tmp_path, "reference")
    reference.add(tmp_path / "notes")
    operations = len(counting)
    for step in range(0, operations, 3):
        name = f"index-{step}"
        monkeypatch.setattr(durable_io, "checkpoint", lambda operation, path: None)
        index = _index(tmp_path, name)
        if existing:
            index.add(tmp_path / "notes")
        second = tmp_path / "notes" / "b.txt"
        second.write_text("The ferry stopped running in 1933.")
        calls = iter(range(10**6))

        def fail(operation: str, path: Path, calls: object = calls, step: int = step) -> None:
            if next(calls) >= step:  # type: ignore[call-overload]
                raise OSError(code, os.strerror(code), str(path))

        monkeypatch.setattr(durable_io, "checkpoint", fail)
        try:
            index.add(tmp_path / "notes")
        except IndexStorageError as error:
            assert os.strerror(code) in str(error)
            assert "\n" not in str(error)
        monkeypatch.setattr(durable_io, "checkpoint", lambda operation, path: None)
        index.close()
        index = _index(tmp_path, name)
        if existing:
            assert "a.txt" in {Path(d.id).name for d in index.engine.documents()}
        index.add(tmp_path / "notes")
        assert {Path(d.id).name for d in index.engine.documents()} == {"a.txt", "b.txt"}
        assert not verify(tmp_path / name).damage
        second.unlink()
