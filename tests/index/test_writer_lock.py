"""One writer at a time: who waits is told for whom, for how long, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag_infer import Index, IndexLockedError
from rag_infer.index.writer import Writer
from rag_infer.index.writer_lock import HOLDER, LockWait, WriterLock

HOLD = """
import sys
from pathlib import Path
from rag_infer.index.writer_lock import NO_WAIT, WriterLock
lock = WriterLock(Path(sys.argv[1]), NO_WAIT)
print("held", flush=True)
sys.stdin.read()
lock.release()
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "note.txt").write_text(f"The {name} bridge was opened in 1932.")
    Index.open(tmp_path / "index", create=True).add(tmp_path / "one")
    return tmp_path


def hold(path: Path) -> subprocess.Popen[bytes]:
    """Another process that writes the index until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_error_names_the_writer(notes: Path) -> None:
    with hold(notes / "index") as process:
        with pytest.raises(IndexLockedError) as error:
            Index.open(notes / "index").add(notes / "two")
        process.communicate()
    assert f"process {process.pid}, since 20" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (notes / "index" / HOLDER).exists()


def test_a_wait_ends_with_the_other_writer(notes: Path) -> None:
    process = hold(notes / "index")
    told: list[str] = []

    def on_wait(holder: str) -> None:
        told.append(holder)
        threading.Thread(target=process.communicate).start()

    index = Index.open(notes / "index")
    index.lock_wait = LockWait(60, on_wait)
    report = index.add(notes / "two")
    assert [file.pages for file in report.indexed] == [1]
    assert told == [told[0]]
    assert str(process.pid) in told[0]


def test_folders_that_the_other_writer_added_meanwhile_stay(notes: Path) -> None:
    index = Index.open(notes / "index")
    waits = threading.Event()
    index.lock_wait = LockWait(60, lambda _: waits.set())
    with Writer(notes / "index", index.engine.manifest().embedder) as writer:
        thread = threading.Thread(target=index.add, args=(notes / "two",))
        thread.start()
        assert waits.wait(60)
        writer.publish({**writer.base.manifest.roots, "three": "../three"})
    thread.join()
    assert sorted(index.engine.manifest().roots) == ["one", "three", "two"]
    assert len(index.documents()) == 2


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"process": "x"}', b'{"process": 1, "since": 1e400}', b"\xff" * 9999]
)
def test_any_holder_file_is_survived(notes: Path, content: bytes) -> None:
    lock = WriterLock(notes / "index", LockWait())
    (notes / "index" / HOLDER).write_bytes(content)
    with pytest.raises(IndexLockedError, match="another process is writing"):
        WriterLock(notes / "index", LockWait())
    lock.release()
    WriterLock(notes / "index", LockWait()).release()


def test_what_a_crash_leaves_is_not_believed(notes: Path) -> None:
    (notes / "index" / HOLDER).write_text('{"process": 1, "since": 1}')
    Index.open(notes / "index").add(notes / "two")
    assert not (notes / "index" / HOLDER).exists()
