"""Stopping the server: in order within a few seconds, at once when it is told twice."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from rag_infer.serve.connections import STOP_IDLE_S
from rag_infer.serve.service import CLOSE_TIMEOUT_S
from tests.serve import hostile_files
from tests.serve.conftest import Server, Start
from tests.serve.test_attacks import address, children, is_running

DOCUMENTS = "/api/indexes/team/documents"
SLACK_S = 6.0  # for a machine with other work


def stop(server: Server, *signals: signal.Signals) -> float:
    """Sends signals, a moment apart; returns the seconds from the last one to the end."""
    for number in signals:
        server.process.send_signal(number)
        last = time.monotonic()
        time.sleep(0.3)
    server.process.communicate(timeout=60)
    return time.monotonic() - last


@pytest.fixture
def reading(start: Start, tmp_path: Path) -> tuple[Server, list[int]]:
    """A server whose workers read files that take a minute, and the processes that read."""
    server = start(tmp_path / "home")
    with server.client() as client:
        for number in range(3):
            data = hostile_files.bomb_docx(3_200_000)
            reply = client.post(DOCUMENTS, files=[("file", (f"{number}.docx", data))])
            assert reply.status_code == 202
    for _ in range(200):
        if pids := children(server.process.pid):
            break
        time.sleep(0.05)
    assert pids
    return server, pids


def test_a_stop_does_not_wait_for_files_that_are_read(
    reading: tuple[Server, list[int]], start: Start, tmp_path: Path
) -> None:
    server, pids = reading
    assert stop(server, signal.SIGTERM) < CLOSE_TIMEOUT_S + SLACK_S
    assert not any(map(is_running, pids))
    again = start(tmp_path / "home")
    with again.client() as client:  # nothing of what was accepted is gone
        states = [job["state"] for job in client.get("/api/jobs").json()["jobs"]]
    assert len(states) == 3
    assert set(states) <= {"queued", "running", "failed"}
    again.stop(signal.SIGKILL)


def half_request(server: Server) -> socket.socket:
    """A request that never ends: its body stays out."""
    connection = socket.create_connection(address(server), 10)
    connection.sendall(
        b"POST /api/indexes/team/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
        b"\r\nContent-Length: 100\r\n\r\n{"
    )
    time.sleep(0.3)
    return connection


def test_a_client_that_sends_nothing_does_not_hold_up_a_stop(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    with half_request(server):
        assert stop(server, signal.SIGINT) < STOP_IDLE_S + CLOSE_TIMEOUT_S + SLACK_S
    assert server.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    server = start(tmp_path / "home")
    with half_request(server):
        stop(server, number, number)
    assert server.process.returncode == 128 + number
