"""Files become an index in a bucket: once, whole, whoever else writes and whenever it stops."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.buckets import generations, job_journal
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.joining import join_segments
from rag_infer.buckets.maintenance import collect_bucket, verify_bucket
from rag_infer.buckets.pull import pull
from rag_infer.buckets.push import push
from rag_infer.errors import IndexConflictError, InputError
from rag_infer.index.snapshot import Snapshot
from rag_infer.ingest.reports import IngestReport, Progress
from rag_infer.jobs.engines import LocalEngine
from rag_infer.jobs.index_job import JobOptions, index_into_bucket
from rag_infer.jobs.plan import Task
from rag_infer.jobs.task_run import TaskContext
from rag_infer.read import SourceFile
from rag_infer.store.addresses import open_store
from rag_infer.store.base import Store
from tests.jobs.conftest import CITIES

SMALL = JobOptions(task_bytes=200)  # two or three files a task


def run(folder: Path, address: str, **more: object) -> IngestReport:
    return index_into_bucket([str(folder)], address, LocalEngine(), SMALL, **more)  # type: ignore[arg-type]


def documents(address: str, folder: Path) -> list[str]:
    """The ids of all documents of an index in a bucket; twice what is there twice."""
    pull(open_store(address), folder, replace_local=True)
    with Snapshot(folder) as snapshot:
        return sorted(row.id for _, row in snapshot.documents())


def test_an_index_in_a_bucket_is_what_one_here_is(
    notes: Path, tmp_path: Path, address: str
) -> None:
    here = Index.open(tmp_path / "here", create=True)
    local = here.add(notes)
    report = run(notes, address)
    assert (report.indexed, report.chunks, report.failed) == (local.indexed, local.chunks, ())
    pull(open_store(address), tmp_path / "copy")
    there = Index.open(tmp_path / "copy")
    for question in ("boats sold in Quito", "office Oslo", "report 7"):
        ranked = [(hit.document_id, hit.chunk.start) for hit in here.search(question)]
        assert ranked == [(hit.document_id, hit.chunk.start) for hit in there.search(question)]
    assert not verify_bucket(open_store(address)).damage
    assert str(tmp_path) not in open_store(address).get("generations/00000001.json").data.decode()


def test_a_later_run_brings_what_changed(notes: Path, tmp_path: Path, address: str) -> None:
    run(notes, address)
    again = run(notes, address)
    assert (again.indexed, again.unchanged, again.generation) == ((), 8, 1)
    (notes / "n1.md").write_text("The office in Bergen sold a ship.")
    (notes / "n2.md").unlink()
    report = run(notes, address)
    assert [file.id for file in report.indexed] == ["notes/n1.md"]
    assert (report.removed, report.generation) == (("notes/n2.md",), 2)
    assert documents(address, tmp_path / "copy") == [f"notes/n{n}.md" for n in range(8) if n != 2]
    hits = Index.open(tmp_path / "copy").search("Bergen ship")
    assert hits[0].document_id == "notes/n1.md"
    # What is as it was before the last change is another job, not one that was done.
    (notes / "n2.md").write_text("Back again.")
    assert run(notes, address).generation == 3


def test_files_that_were_joined_elsewhere_are_not_indexed_into(
    notes: Path, tmp_path: Path, address: str
) -> None:
    shutil.copy(notes / "n0.md", notes / "n8.md")
    run(notes, address)
    assert "notes/n8.md" in documents(address, tmp_path / "copy")  # a task joins nothing
    with Index.open(tmp_path / "copy") as index:
        index.set_groups(["notes/n0.md", "notes/n8.md"], ["staff"])
        assert len(index) == len(CITIES)
    push(tmp_path / "copy", open_store(address))
    with pytest.raises(InputError) as refusal:
        run(notes, address)
    assert refusal.value.code == "pushed_index"


class Stopping:
    """An engine whose driver stops after some tasks."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks

    def run(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        on_progress: Callable[[Progress], None] | None,
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        for number, task in enumerate(LocalEngine().run(context, tasks, sources, on_progress, say)):
            if number == self._tasks:
                raise KeyboardInterrupt
            yield task


def test_a_run_that_was_stopped_goes_on(notes: Path, tmp_path: Path, address: str) -> None:
    stopped = index_into_bucket([str(notes)], address, Stopping(1), SMALL)
    assert (stopped.interrupted, stopped.indexed) == (True, ())
    notes_said: list[str] = []
    report = run(notes, address, say=notes_said.append)
    # The task in which it stopped was noted, too: its result was not looked at any more.
    assert len(notes_said) == 1
    assert notes_said[0].startswith("going on:")
    assert len(report.indexed) == 8
    assert documents(address, tmp_path / "copy") == [f"notes/n{n}.md" for n in range(8)]
    assert generations.numbers(open_store(address)) == [1]


_DYING = """
import os, signal, sys
from rag_infer.jobs.engines import LocalEngine
from rag_infer.jobs.index_job import JobOptions, index_into_bucket
from rag_infer.store.local_folder import LocalFolder

address, folder, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
put_new, count = LocalFolder.put_new, 0

def put(self, key, data):
    global count
    if not key.startswith("probes/"):
        if count == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
    return put_new(self, key, data)

LocalFolder.put_new = put
report = index_into_bucket([folder], address, LocalEngine(), JobOptions(task_bytes=1000))
"""


@pytest.mark.slow
def test_a_driver_killed_at_each_write_loses_and_doubles_nothing(
    notes: Path, tmp_path: Path
) -> None:
    for path in sorted(notes.iterdir())[2:]:
        path.unlink()
    for steps in range(8):  # plan, three files, note, end, generation, hint, committed
        address = f"file://{tmp_path / f'bucket{steps}'}"
        command = [sys.executable, "-c", _DYING, address, str(notes), str(steps)]
        killed = subprocess.run(command, capture_output=True, check=False)
        assert killed.returncode == -9, (steps, killed.stderr)
        run_again = index_into_bucket(
            [str(notes)], address, LocalEngine(), JobOptions(task_bytes=1000)
        )
        assert run_again.generation == 1, steps
        assert documents(address, tmp_path / f"copy{steps}") == ["notes/n0.md", "notes/n1.md"]


_WRITER = """
import sys
from rag_infer.jobs.engines import LocalEngine
from rag_infer.jobs.index_job import index_into_bucket

index_into_bucket(sys.argv[2:], sys.argv[1], LocalEngine())
"""


@pytest.mark.cluster
def test_eight_processes_commit_at_once(notes: Path, tmp_path: Path, bucket: str) -> None:
    files = sorted(notes.iterdir())
    run(notes, bucket)
    for number, file in enumerate(files):
        file.write_text(f"Now the number is {number}.")
    command = [sys.executable, "-c", _WRITER, bucket]
    # Each changes one file, and all of them the first.
    writers = [
        subprocess.Popen([*command, str(file), str(files[0])], stderr=subprocess.PIPE)
        for file in files
    ]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == b""
        assert writer.returncode == 0
    assert documents(bucket, tmp_path / "copy") == [f"notes/{file.name}" for file in files]
    opened = Index.open(tmp_path / "copy")
    assert opened.search("number is 5")[0].document_id == "notes/n5.md"
    assert not verify_bucket(open_store(bucket)).damage


def test_a_clean_up_spares_open_jobs_and_gives_up_old_ones(notes: Path, tmp_path: Path) -> None:
    address = f"file://{tmp_path / 'bucket'}"
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.md").write_text("A first note.")
    run(tmp_path / "more", address)
    index_into_bucket([str(notes)], address, Stopping(1), SMALL)
    store = open_store(address)
    before = {entry.key for entry in store.list("segments/")}
    committed = generations.read_current(store).jobs
    age(tmp_path / "bucket", hours=30)
    # One sign of life is enough for all of the job.
    keys = [entry.key for entry in store.list(job_journal.JOBS)]
    job = next(key for key in keys if key.split("/")[1] not in committed)
    (tmp_path / "bucket" / job).touch()
    notes_before = {key for key in keys if key.split("/")[1] == job.split("/")[1]}
    collect_bucket(store, 24.0)
    assert notes_before <= {entry.key for entry in store.list(job_journal.JOBS)}
    assert {entry.key for entry in store.list("segments/")} == before
    age(tmp_path / "bucket", hours=30)
    assert collect_bucket(store, 24.0).files > 0
    report = run(notes, address)  # from the beginning, as another job
    assert len(report.indexed) == 8
    assert len(documents(address, tmp_path / "copy")) == 9


def test_a_clean_up_removes_the_notes_of_finished_jobs_alone(notes: Path, tmp_path: Path) -> None:
    address = f"file://{tmp_path / 'bucket'}"
    store = open_store(address)
    run(notes, address)
    (done,) = generations.read_current(store).jobs
    note = tmp_path / "bucket" / "jobs" / done / "committed.json"
    note.unlink()  # as of a driver that was killed after its commit
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.md").write_text("A first note.")
    (tmp_path / "more" / "b.md").write_text("A second note. " * 20)
    index_into_bucket([str(tmp_path / "more")], address, Stopping(1), SMALL)
    keys = {entry.key for entry in store.list(job_journal.JOBS)}
    unfinished = {key for key in keys if key.split("/")[1] != done}
    assert collect_bucket(store, 24.0).files == 0  # too young
    age(tmp_path / "bucket", hours=30)
    for key in unfinished:
        (tmp_path / "bucket" / key).touch()
    report = collect_bucket(store, 24.0)
    assert report.files == len(keys) - len(unfinished)
    left = {entry.key for entry in store.list(job_journal.JOBS)}
    assert left == {*unfinished, f"jobs/{done}/committed.json"}
    assert run(notes, address).generation == 1
    assert run(tmp_path / "more", address).generation == 2
    # A job of the same name is not taken for the finished one when files are as they were.
    (notes / "n2.md").unlink()
    assert run(notes, address).generation == 3
    (notes / "n2.md").write_text("Back again.")
    assert run(notes, address).generation == 4
    assert len(documents(address, tmp_path / "copy")) == 10


def test_small_segments_of_jobs_are_joined_by_one_commit(notes: Path, tmp_path: Path) -> None:
    address = f"file://{tmp_path / 'bucket'}"
    store = open_store(address)
    assert len(run(notes, address).indexed) == 8
    for number in range(8):
        (notes / f"n{number}.md").write_text(f"The office number {number} sold a ship.")
        run(notes, address)
    before = generations.read_current(store).manifest
    questions = ("office number 3 ship", "sold", "number 7")
    ranked = [ids(address, tmp_path / "a", question) for question in questions]
    joined = join_segments(store)
    after = generations.read_current(store).manifest
    assert joined >= 8
    assert (len(after.segments), after.generation) == (
        len(before.segments) - joined + 1, before.generation + 1
    )  # fmt: skip
    assert [ids(address, tmp_path / "b", question) for question in questions] == ranked
    assert documents(address, tmp_path / "b") == [f"notes/n{n}.md" for n in range(8)]
    assert not verify_bucket(store).damage
    assert join_segments(store) == 0
    assert run(notes, address).generation == after.generation  # it knows what it has


def test_a_join_gives_way_to_who_changes_its_segments(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"file://{tmp_path / 'bucket'}"
    store = open_store(address)
    for number in range(8):
        run(notes / f"n{number}.md", address)
    commit, races = generations.commit, []

    def late(store: Store, generation: Generation) -> Generation | None:
        if not races:
            races.append(generation)
            (notes / "n2.md").write_text("Another text.")
            run(notes / "n2.md", address)
        return commit(store, generation)

    monkeypatch.setattr("rag_infer.buckets.joining.generations.commit", late)
    assert join_segments(store) == 0
    assert races
    assert documents(address, tmp_path / "copy") == [f"n{n}.md" for n in range(8)]
    assert not any("joined" in entry.key for entry in store.list("segments/"))


def ids(address: str, folder: Path, question: str) -> list[str]:
    pull(open_store(address), folder, replace_local=True)
    return [hit.document_id for hit in Index.open(folder).search(question)]


def test_a_job_that_was_given_up_does_not_commit(notes: Path, tmp_path: Path) -> None:
    address = f"file://{tmp_path / 'bucket'}"
    store = open_store(address)

    def give_up(progress: Progress) -> None:
        (job,) = {entry.key.split("/")[1] for entry in store.list(job_journal.JOBS)}
        job_journal.JobJournal(store, job).end(job_journal.ABANDONED)

    with pytest.raises(IndexConflictError, match="gave this job up"):
        run(notes, address, on_progress=give_up)
    assert generations.numbers(store) == []


def age(folder: Path, hours: float) -> None:
    then = time.time() - hours * 3600
    for path in folder.rglob("*"):
        os.utime(path, (then, then))
