"""A bad moment of the machine or of the program is one line, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_command import one_line_error, rag

CRASH = """
import sys
from rag_infer import Index
from rag_infer.cli import main

def fail(*_, **__):
    raise RuntimeError("the key https://user:hunter2@host.example failed\\nand more")

Index.open = fail
sys.argv = ["rag", "search", "tea"]
main()
"""


def command_environment() -> dict[str, str]:
    repository = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": repository, "HF_HUB_OFFLINE": "1", "RAG_LOG": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "indexes").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "tea.txt").write_text("Green tea is brewed at 80 degrees.\n")
    done = rag("index", "notes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_limit_on_file_sizes_is_one_line_and_costs_nothing(home: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process need POSIX")
    (home / "notes" / "rice.txt").write_text("Rice is boiled for twelve minutes. " * 400)
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)); "
        "sys.argv = ['rag', 'index', 'notes']; from rag_infer.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", limited],  # no bytecode that the limit cuts off
        cwd=home, env={**os.environ, "HF_HUB_OFFLINE": "1", "RAG_LOG": "off"},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    assert resource is not None
    one_line_error(done, "cannot be written", "everything published before is intact")
    assert "80 degrees" in rag("ask", "How hot is green tea brewed?", cwd=home).stdout
    assert rag("verify", cwd=home).returncode == 0
    again = rag("index", "notes", "--json", cwd=home)
    assert len(json.loads(again.stdout)["indexed"]) == 1


def test_a_page_without_an_answer_is_written_all_the_same(home: Path) -> None:
    done = rag("ask", "Who won the cup in 1987?", "--html", "page.html", cwd=home)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert "Who won the cup" in (home / "page.html").read_text("utf-8")


def test_an_unexpected_error_names_the_file_of_its_traceback(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH],
        cwd=home, env={**os.environ, "XDG_STATE_HOME": str(home / "state")},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    one_line_error(done, "internal error: RuntimeError", "Please report it")
    assert "hunter2" not in done.stderr
    (report,) = home.rglob("crash-*.txt")
    assert str(report) in done.stderr
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text("utf-8")
    assert "Traceback" in text
    assert "hunter2" not in text


@pytest.fixture
def unprivileged() -> list[str]:
    """What a command starts with so that the superuser may not read what belongs to others."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can give a file to somebody else")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def test_an_index_of_somebody_else_is_one_line(home: Path, unprivileged: list[str]) -> None:
    for path in (home / "indexes").rglob("*"):
        os.chown(path, 65534, 65534)
    for command in ("ask tea?", "ls", "verify", "gc", "index notes"):
        done = subprocess.run(
            [*unprivileged, sys.executable, "-P", "-m", "rag_infer", *command.split()],
            cwd=home, env=command_environment(), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        one_line_error(done, "Permission denied", "belongs to another user")


def test_an_answer_comes_where_the_log_may_not_be_written(
    home: Path, unprivileged: list[str]
) -> None:
    (home / "other").mkdir()
    (home / "other").chmod(0o700)
    os.chown(home / "other", 65534, 65534)
    environment = command_environment() | {
        "RAG_LOG": "on", "XDG_DATA_HOME": str(home / "other")
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "rag_infer", "ask", "How hot is green tea brewed?"]
    done = subprocess.run(
        [*unprivileged, *command], cwd=home, env=environment, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "80 degrees" in done.stdout and "internal error" not in done.stderr
