"""A real S3 server on loopback: moto_server, from the package index, in a process of its own.

It cannot be installed beside the tested versions (it needs an older python-dateutil), so it is
looked for as a program: ``MOTO_SERVER``, or ``moto_server`` on the path; `make cluster` makes one.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECRETS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
_START_TIMEOUT_S = 120
# One request after the other, as a bucket has it: moto's threads look whether an object is there
# and store it in two steps, so that of two writers at once both may win.
_SERVE = """
import sys, threading
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

moto, lock = DomainDispatcherApplication(create_backend_app), threading.Lock()


def one_by_one(environ, start_response):
    with lock:
        return [b"".join(moto(environ, start_response))]


run_simple("127.0.0.1", int(sys.argv[1]), one_by_one, threaded=True)
"""


def program() -> str:
    """The server's program; the test is skipped, with the reason, where there is none."""
    pytest.importorskip("obstore", reason="needs obstore: pip install 'rag-infer[s3]'")
    name = os.environ.get("MOTO_SERVER") or shutil.which("moto_server")
    if name is None:
        pytest.skip("needs moto_server, named by MOTO_SERVER or on the path: make cluster")
    return name


@contextmanager
def running(log: Path) -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    name = program()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    python = Path(name).resolve().with_name("python")
    with log.open("wb") as output:
        process = subprocess.Popen([python, "-c", _SERVE, str(port)], stdout=output, stderr=output)
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            request(port, "GET", "/moto-api/")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def request(port: int, method: str, path: str) -> int:
    """The status of a plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={"Content-Length": "0"})
    status = connection.getresponse().status
    connection.close()
    return status


def make_bucket(endpoint: str, name: str) -> None:
    port = int(endpoint.rpartition(":")[2])
    assert request(port, "PUT", f"/{name}") == 200
