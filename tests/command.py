"""Runs ``rag`` in a process of its own without waiting for its imports each time.

The imports take most of the time of a short command, and the tests run hundreds. So here each
command is forked from a process that has done them (``command_server.py``); it has its own
folder, environment, streams and exit code like any other. What happens at a real start is tested
by real starts: tests/e2e, tests/cli/test_standard_streams.py, tests/cli/test_standard_input.py.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

SERVER = Path(__file__).with_name("command_server.py")


def run_command(
    *arguments: object,
    cwd: Path,
    env: Mapping[str, str],
    text: str | None = None,
    streams_joined: bool = False,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Runs ``rag`` with these arguments to its end.

    Args:
        arguments: What stands behind ``rag``.
        cwd: The folder that it runs in.
        env: Its whole environment.
        text: What it reads from standard input, which is the null device otherwise.
        streams_joined: Whether standard error goes where standard output goes.
        timeout: Seconds until it is killed.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    command = ["rag", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        source, output, errors = (Path(folder, name) for name in ("in", "out", "err"))
        if text is None:
            source = Path(os.devnull)
        else:
            source.write_text(text, "utf-8")
        output.touch()
        errors.touch()
        request = {
            "arguments": command[1:], "cwd": str(cwd), "environment": dict(env),
            "streams": [str(source), str(output), str(output if streams_joined else errors)],
        }  # fmt: skip
        code = _answer(json.dumps(request), timeout)
        if code is None:
            raise subprocess.TimeoutExpired(command, timeout, output.read_text("utf-8"))
        return subprocess.CompletedProcess(
            command, code, output.read_text("utf-8"), errors.read_text("utf-8")
        )


def _answer(request: str, timeout: float) -> int | None:
    """The exit code of a command, or None if it did not end in time."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(f"{request}\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], timeout)[0]:
        os.killpg(server.pid, signal.SIGKILL)
        _server.cache_clear()
        return None
    return int(server.stdout.readline())


@functools.cache
def _server() -> subprocess.Popen[str]:
    root = SERVER.parents[1]
    paths = filter(None, (str(root), os.environ.get("PYTHONPATH")))
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=environment, cwd=root, start_new_session=True,
    )  # fmt: skip

    def end() -> None:
        server.communicate()

    atexit.register(end)
    return server
