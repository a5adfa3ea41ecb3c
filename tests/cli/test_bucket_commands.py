"""The commands on an index in a bucket: the same answers, and one line where it cannot be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rag_infer import Index, InputError
from tests.command import run_command

TEXT = "The mill of Larn was built in 1871. Its wheel turns at 9 rounds a minute.\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index, its bucket, and a cache."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "indexes").mkdir()
    (folder / "mill.txt").write_text(TEXT)
    assert run(folder, "index", "mill.txt").returncode == 0
    assert run(folder, "push", "default", bucket(folder)).returncode == 0
    return folder


def bucket(folder: Path) -> str:
    return f"file://{folder}/bucket"


def run(folder: Path, *arguments: str):  # type: ignore[no-untyped-def]
    import os

    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAG_")}
    environment["RAG_BUCKET_CACHE"] = str(folder / "cache")
    return run_command(*arguments, cwd=folder, env=environment)


def test_the_commands_that_read(home: Path) -> None:
    address = bucket(home)
    status = json.loads(run(home, "status", "-i", address, "--json").stdout)
    assert status["source"] == address
    assert status["documents"] == 1
    assert address in run(home, "status", "-i", address).stdout
    assert "index OK" in run(home, "verify", "-i", address).stdout
    question = "When was the mill built?"
    there = json.loads(run(home, "ask", question, "-i", address, "--json").stdout)
    here = json.loads(run(home, "ask", question, "--json").stdout)
    assert there["text"] == here["text"] and "1871" in there["text"]
    assert "mill.txt" in run(home, "search", "wheel", "-i", address).stdout
    assert "freed" in run(home, "gc", "-i", address).stdout


def test_advice_for_an_index_in_a_bucket_is_no_command_that_is_refused(tmp_path: Path) -> None:
    """``rag reindex`` was advised, which an index in a bucket refuses."""
    german = "Die Mühle am Fluss wurde im Jahr 1871 von Frau Voss gebaut und steht noch heute."
    (tmp_path / "mill.txt").write_text(german, "utf-8")
    address = bucket(tmp_path)
    assert run(tmp_path, "index", "mill.txt", "-i", address).returncode == 0
    advice = run(tmp_path, "status", "-i", address).stderr
    assert "does not know German" in advice
    assert "rag reindex" not in advice and "another address" in advice


def test_a_bucket_that_was_emptied_is_no_outage(home: Path) -> None:
    address = bucket(home)
    run(home, "status", "-i", address)
    (home / "bucket").rename(home / "away")
    try:
        done = run(home, "search", "wheel", "-i", address)
        assert done.returncode == 1  # an empty folder is an answer: there is no index
        assert "there is no index here" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    finally:
        (home / "away").rename(home / "bucket")


@pytest.mark.parametrize(
    "command",
    [("index", "mill.txt"), ("remove", "mill.txt"), ("reindex", "--embedder", "minilm"),
     ("tune", "--reset")],
    ids=lambda command: command[0],
)  # fmt: skip
def test_the_commands_that_write_say_what_to_do(home: Path, command: tuple[str, ...]) -> None:
    done = run(home, *command, "-i", bucket(home))
    assert done.returncode == 1
    assert "rag pull" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_damage_in_the_bucket_is_named(home: Path) -> None:
    copy = home / "damaged"
    shutil.copytree(home / "bucket", copy)
    (text,) = copy.rglob("text.utf8")
    text.write_bytes(text.read_bytes()[::-1])
    done = run(home, "verify", "-i", f"file://{copy}")
    assert done.returncode == 1
    assert "text.utf8: does not match its checksum" in done.stdout


def test_the_library_reads_it_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BUCKET_CACHE", str(home / "cache"))
    with Index.open(bucket(home)) as index:
        assert index.search("wheel")[0].document_id == "mill.txt"
        with pytest.raises(InputError, match="not changed in place"):
            index.add_text("x", id="x")


def test_a_project_may_not_name_a_bucket(home: Path, tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('index = "s3://someone-else/index"\n')
    done = run(tmp_path, "status")
    assert done.returncode == 1
    assert "may not name a bucket" in done.stderr
