"""Output that goes nowhere, or to a full disk, is at most one line of error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f"{sys.executable} -P -m rag_infer"
FULL = Path("/dev/full")


def run(arguments: str, redirection: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "XDG_STATE_HOME": str(folder / "state"),
        "RAG_INDEXES": str(folder / "indexes"),
    }
    return subprocess.run(
        ["sh", "-c", f"{COMMAND} {arguments} {redirection}"],
        check=False, capture_output=True, text=True, env=environment, cwd=folder,
    )  # fmt: skip


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", ["version", "--help", "config --json"])
def test_a_full_disk_behind_standard_output_is_one_line(arguments: str, tmp_path: Path) -> None:
    done = run(arguments, ">/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "rag: error: the output cannot be written: No space left on device\n"
    assert not (tmp_path / "state").exists()  # it is no crash to be reported


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_both_streams_on_a_full_disk(tmp_path: Path) -> None:
    assert run("version", ">/dev/full 2>/dev/full", tmp_path).returncode == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_change_no_result(closed: str, tmp_path: Path) -> None:
    done = run("version", closed, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_errors_stay_errors_without_standard_output(tmp_path: Path) -> None:
    done = run("ls", ">&-", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("rag: error: ")
    assert done.stderr.count("\n") == 1
