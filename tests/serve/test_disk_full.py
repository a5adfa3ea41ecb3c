"""A disk that is full for a while costs the server nothing but the requests that must write."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.serve.conftest import Server, Start, hand_in

resource = pytest.importorskip("resource", reason="needs limits of another process")
if sys.platform != "linux":
    pytest.skip("needs limits of another process", allow_module_level=True)

ASK = "/api/indexes/team/ask"
DOCUMENTS = "/api/indexes/team/documents"
QUESTION = {"question": "How long is the first note?"}


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """No file can grow: what a program sees of a full disk, for one process."""
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def post_file(client: httpx.Client, name: str, data: bytes) -> httpx.Response:
    return client.post(DOCUMENTS, files=[("file", (name, data))])


def test_requests_and_uploads_outlive_a_full_disk(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    (tmp_path / "first.md").write_text("The first note is two lines long.\n")
    (tmp_path / "second.md").write_text("The second note is longer. " * 2_000)
    with server.client() as client:
        hand_in(client, tmp_path / "first.md")
        server.settled(client)
        row = client.get(DOCUMENTS).json()["documents"][0]["document_id"]
        started = client.post(ASK, json={**QUESTION, "conversation": "new"}).json()
        for number in range(9):  # more than there are workers, so that each meets the full disk
            reply = post_file(client, f"{number}.md", (tmp_path / "second.md").read_bytes())
            assert reply.status_code == 202
        with full_disk(server):
            # What only reads goes on.
            assert client.get("/healthz").status_code == 200
            assert client.get(DOCUMENTS).status_code == 200
            assert "two lines" in client.post(ASK, json=QUESTION).json()["text"]
            # An answer that cannot be stored is given all the same.
            body = {**QUESTION, "conversation": started["conversation"]}
            unstored = client.post(ASK, json=body)
            assert unstored.status_code == 200
            assert "two lines" in unstored.json()["text"]
            assert unstored.json()["conversation"] is None
            # What must write says why it cannot.
            for reply in (
                post_file(client, "late.md", b"words"),
                client.delete(DOCUMENTS, params={"document_id": row}),
            ):
                assert reply.status_code == 507, reply.text
                assert "cannot be written" in reply.json()["error"]["message"]
            time.sleep(1)  # the workers meet it too
        jobs = server.settled(client)
        assert len(jobs) == 10
        assert {job["state"] for job in jobs} == {"done"}
        assert post_file(client, "late.md", b"words that come late").status_code == 202
        assert {job["state"] for job in server.settled(client)} == {"done"}
        assert len(client.get(DOCUMENTS).json()["documents"]) == 11
        turns = client.get(f"/api/conversations/{started['conversation']}").json()["turns"]
        assert len(turns) == 1
