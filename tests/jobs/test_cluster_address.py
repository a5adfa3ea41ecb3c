"""A cluster that is away is an error of one line, and at once."""

from __future__ import annotations

import socket
import time

import pytest

from rag_infer.errors import ClusterError
from rag_infer.jobs.ray_cluster import connection


class Disconnected:
    """What is asked of Ray before it would be connected."""

    def is_initialized(self) -> bool:
        return False


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_head_node_that_is_away_is_not_waited_for(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("RAY_ADDRESS", f"{scheme}127.0.0.1:{port}")
    started = time.monotonic()
    with (
        pytest.raises(ClusterError, match=f"127.0.0.1:{port} does not answer; check RAY_ADDRESS"),
        connection(Disconnected()),
    ):
        pass
    assert time.monotonic() - started < 10
