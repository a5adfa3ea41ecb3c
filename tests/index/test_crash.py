"""A writer that dies anywhere leaves a whole generation: the old one or the new one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rag_infer.errors import IndexStorageError, RagError
from rag_infer.index import durable_io
from rag_infer.index import writer as writer_module
from rag_infer.index.maintenance import collect
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.verify import verify
from rag_infer.index.writer import Writer

from .conftest import EMBEDDER, entry
from .test_writer import contents


class Crash(BaseException):
    """Stops the writer as a kill would: nothing after it runs but what unwinding runs."""


def change(path: Path) -> None:
    """One generation with every kind of change: an addition, a replacement, a purge."""
    with Writer(path, EMBEDDER) as writer:
        for name in ("b", "c"):
            document = writer.base.find(name)
            assert document is not None
            writer.remove([document])
        writer.add(entry("b", ["b as it is now", "second part"]))
        writer.add(entry("e", ["newcomer"]))
        writer.publish(purge=True)


BEFORE = {"a": ["first"], "b": ["b as it was"], "c": ["third", "and more"], "d": []}
AFTER = {"a": ["first"], "b": ["b as it is now", "second part"], "d": [], "e": ["newcomer"]}


def base(path: Path) -> Path:
    with Writer(path, EMBEDDER) as writer:
        for name, paragraphs in BEFORE.items():
            writer.add(entry(name, paragraphs))
        writer.publish()
    return path


def operations(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many operations on the disk the change takes."""
    count = 0

    def counting(operation: str, at: Path) -> None:
        nonlocal count
        count += 1

    with monkeypatch.context() as patch:
        patch.setattr(durable_io, "checkpoint", counting)
        change(path)
    return count


def test_a_crash_at_every_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = operations(base(tmp_path / "count"), monkeypatch)
    assert total > 20
    outcomes = set()
    for stop_at in range(1, total + 1):
        path = base(tmp_path / f"at{stop_at}")
        done = 0

        def crashing(operation: str, at: Path, stop_at: int = stop_at) -> None:
            nonlocal done
            done += 1
            if done >= stop_at:  # every later one too: a dead process cleans nothing up
                raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(durable_io, "checkpoint", crashing)
            with pytest.raises(Crash):
                change(path)
        assert not verify(path).damage
        stored = contents(path)
        assert stored in (BEFORE, AFTER)
        outcomes.add(stored == AFTER)
        # The next writer clears up and gets on.
        if stored == BEFORE:
            change(path)
        with Writer(path, EMBEDDER) as writer:
            writer.drop_older()
        assert contents(path) == AFTER
        with Snapshot(path) as snapshot:
            named = {s.name for s in snapshot.manifest.segments}
        assert {p.name for p in (path / "segments").iterdir()} == named
    assert outcomes == {True, False}


def test_a_full_disk_is_an_error_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = operations(base(tmp_path / "count"), monkeypatch)
    for full_at in range(1, total + 1, 3):
        path = base(tmp_path / f"full{full_at}")
        done = 0

        def full(operation: str, at: Path, full_at: int = full_at) -> None:
            nonlocal done
            done += 1
            if done >= full_at and operation in {"write", "mkdir"}:
                raise OSError(28, "No space left on device", str(at))

        with monkeypatch.context() as patch:
            patch.setattr(durable_io, "checkpoint", full)
            try:
                change(path)
            except IndexStorageError as error:
                assert "No space left on device" in str(error)
        assert not verify(path).damage
        assert contents(path) in (BEFORE, AFTER)


def test_a_crash_while_segments_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``rag gc`` joins and then deletes: stopped anywhere, all documents are there."""
    monkeypatch.setattr(writer_module, "_SEGMENTS_PER_MERGE", 100)
    original = base(tmp_path / "index")
    expected = dict(BEFORE)
    for number in range(4):
        expected[f"more{number}"] = [f"text {number}"]
        with Writer(original, EMBEDDER) as writer:
            writer.add(entry(f"more{number}", expected[f"more{number}"]))
            writer.publish()
    monkeypatch.setattr(writer_module, "_SEGMENTS_PER_MERGE", 2)
    stop_at = outcomes = 0
    while True:
        stop_at += 2
        path = tmp_path / f"at{stop_at}"
        shutil.copytree(original, path)
        done = 0

        def crashing(operation: str, at: Path, stop_at: int = stop_at) -> None:
            nonlocal done
            done += 1
            if done >= stop_at:
                raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(durable_io, "checkpoint", crashing)
            try:
                collect(path)
            except Crash:
                outcomes += 1
            else:
                break
        assert not verify(path).damage
        assert contents(path) == expected
    assert outcomes > 8
    collect(path)
    assert contents(path) == expected
    with Snapshot(path) as snapshot:
        assert len(snapshot.segments) == 1


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.index.conftest import EMBEDDER, entry
from rag_infer.index.writer import Writer
path = Path({path!r})
number = int(sys.argv[1])
print("ready", flush=True)
while True:
    with Writer(path, EMBEDDER) as writer:
        old = writer.base.find("counter")
        if old is not None:
            writer.remove([old])
        writer.add(entry("counter", [f"count {{number}}", f"again {{number}}"]))
        writer.add(entry(f"d{{number}}", [f"text {{number}} {{i}}" for i in range(5)]))
        dropped = writer.base.find(f"d{{number - 3}}")
        if dropped is not None:
            writer.remove([dropped])
        writer.publish(purge=number % 2 == 0)
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_sigkill_at_random_times_with_readers(tmp_path: Path) -> None:
    """RAG_TEST_KILLS kills; after each the index is exactly what some finished writer left."""
    kills = int(os.environ.get("RAG_TEST_KILLS", "25"))
    path = base(tmp_path / "index")
    code = WRITER.format(path=str(path), tests=str(Path(__file__).parents[2]))
    stop = threading.Event()
    trouble: list[BaseException] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        while not stop.is_set():
            try:
                consistent(path)
                reads += 1
            except (AssertionError, RagError, OSError) as error:
                trouble.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    rng = random.Random(7)
    number = 1
    try:
        for _ in range(kills):
            writer = subprocess.Popen(
                [sys.executable, "-c", code, str(number)], stdout=subprocess.PIPE, text=True
            )
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.0, 0.12))
            writer.send_signal(signal.SIGKILL)
            finished = [int(line) for line in writer.stdout.read().split()]
            writer.wait()
            is_consistent = consistent(path)
            last = finished[-1] if finished else number - 1
            # The killed writer may have published without living to say so.
            assert is_consistent in (last, last + 1)
            assert not verify(path).damage
            number = is_consistent + 1
    finally:
        stop.set()
        reader.join()
    assert not trouble
    assert reads > kills


def consistent(path: Path) -> int:
    """Checks that the index is one writer's work, whole, and returns its number (0: none yet)."""
    stored = contents(path)
    counter = stored.pop("counter", ["count 0", "again 0"])
    number = int(counter[0].split()[1])
    assert counter == [f"count {number}", f"again {number}"]
    for name, paragraphs in BEFORE.items():
        assert stored.pop(name) == paragraphs
    expected = {f"d{n}" for n in range(max(1, number - 2), number + 1)}
    assert set(stored) == expected
    for n in range(max(1, number - 2), number + 1):
        assert stored[f"d{n}"] == [f"text {n} {i}" for i in range(5)]
    return number
