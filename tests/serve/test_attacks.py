"""One user, one file or one address never costs the others the server."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from rag_infer.serve.upload_queue import FairQueue
from tests.serve import hostile_files
from tests.serve.conftest import TOKENS, USERS, Server, Start, hand_in

DOCUMENTS = "/api/indexes/team/documents"
ASK = "/api/indexes/team/ask"


@pytest.fixture(scope="module")
def shared(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    home = tmp_path_factory.mktemp("attacked")
    (home / "users.toml").write_text(USERS)
    return start(home / "home", "--users", home / "users.toml", "--max-pages", "500")


@pytest.fixture
def bob(shared: Server) -> Iterator[httpx.Client]:
    with shared.client(TOKENS["bob"]) as client:
        yield client


def address(server: Server) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


def healthy(server: Server) -> float:
    """Seconds until /healthz answers."""
    started = time.monotonic()
    assert httpx.get(f"{server.url}/healthz", timeout=10, trust_env=False).status_code == 200
    return time.monotonic() - started


def status(pid: int) -> tuple[str, int]:
    """The state of a process and its parent; a zombie for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "Z", 0
    return fields[0], int(fields[1])


def is_running(pid: int) -> bool:
    return status(pid)[0] not in "ZX"


def children(parent: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if is_running(pid) and status(pid)[1] == parent]


def test_pages_that_take_long_to_draw_leave_the_server_answering(
    start: Start, tmp_path: Path
) -> None:
    server = start(tmp_path / "home")
    (tmp_path / "slow.pdf").write_bytes(hostile_files.slow_pdf(60, 400))
    with server.client() as client:
        hand_in(client, tmp_path / "slow.pdf")
        assert server.settled(client)[0]["state"] == "done"

        def draw(number: int) -> int:
            query = {"document_id": "/uploads/slow.pdf", "page_number": number}
            with server.client() as other:
                return other.get("/api/indexes/team/page-image", params=query).status_code

        with ThreadPoolExecutor(45) as pool:
            replies = [pool.submit(draw, number) for number in range(1, 46)]
            for _ in range(10):
                assert healthy(server) < 5
                assert client.get(DOCUMENTS).status_code == 200
            statuses = [reply.result() for reply in replies]
        assert set(statuses) <= {422, 429, 503}
        assert 429 in statuses  # more than one user may have waiting
        started = time.monotonic()
        assert draw(1) == 422  # remembered
        assert draw(59) == 422  # of a file whose pages take too long
        assert time.monotonic() - started < 5


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_a_stop_ends_the_processes_that_draw(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    (tmp_path / "slow.pdf").write_bytes(hostile_files.slow_pdf(3, 400))
    with server.client() as client:
        hand_in(client, tmp_path / "slow.pdf")
        server.settled(client)
    query = {"document_id": "/uploads/slow.pdf", "page_number": 1}

    def draw() -> None:
        with server.client() as client, pytest.raises(httpx.HTTPError):
            client.get("/api/indexes/team/page-image", params=query).raise_for_status()

    thread = threading.Thread(target=draw)
    thread.start()
    drawing: list[int] = []
    for _ in range(100):
        drawing = children(server.process.pid)
        if drawing:
            break
        time.sleep(0.05)
    assert drawing
    server.process.send_signal(signal.SIGKILL)  # nothing of the server's own can end them
    server.process.wait(10)
    thread.join(30)
    for _ in range(100):
        if not any(map(is_running, drawing)):
            break
        time.sleep(0.05)
    assert not any(map(is_running, drawing))


def test_half_open_connections_leave_the_server_answering(shared: Server) -> None:
    connections = []
    for _ in range(300):
        connection = socket.create_connection(address(shared), 10)
        connection.sendall(b"GET /heal")
        connections.append(connection)
    assert healthy(shared) < 5
    for connection in connections:
        connection.close()


def test_headers_that_never_end_are_cut_off(shared: Server) -> None:
    with socket.create_connection(address(shared), 60) as connection:
        started = time.monotonic()
        connection.sendall(b"GET /heal")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert 5 < time.monotonic() - started < 30


def test_the_body_of_an_unknown_user_is_not_awaited(shared: Server) -> None:
    head = f"POST {ASK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n"
    with socket.create_connection(address(shared), 10) as connection:
        connection.sendall(head.encode() + b"{")
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(("name", "value"), [("Host", "[::1"), ("Origin", "http://[::1")])
def test_a_malformed_host_or_origin_is_a_bad_request(shared: Server, name: str, value: str) -> None:
    with shared.client(TOKENS["bob"]) as client:
        assert client.get("/api/me", headers={name: value}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_that_another_site_makes_are_refused(bob: httpx.Client, site: str) -> None:
    assert bob.get("/api/me", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert bob.get("/", headers={"Sec-Fetch-Site": site}).status_code == 200  # a link to the page
    assert bob.get("/api/me", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_text_over_the_page_limit_is_refused_at_once(
    shared: Server, bob: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "records.jsonl.gz").write_bytes(hostile_files.many_records(300_000))
    (tmp_path / "long.jsonl.gz").write_bytes(hostile_files.long_record(27_000_000))
    started = time.monotonic()
    hand_in(bob, tmp_path / "records.jsonl.gz", tmp_path / "long.jsonl.gz")
    jobs = shared.settled(bob)
    assert {job["state"] for job in jobs} == {"failed"}
    assert all("more than 500 pages" in job["error"] for job in jobs)
    assert time.monotonic() - started < 40


def test_slow_uploads_of_one_user_leave_a_worker_for_the_others(
    shared: Server, bob: httpx.Client, tmp_path: Path
) -> None:
    bomb = hostile_files.bomb_docx(3_200_000)
    for number in range(4):
        (tmp_path / f"bomb-{number}.docx").write_bytes(bomb)
    hand_in(bob, *sorted(tmp_path.glob("bomb-*.docx")))
    (tmp_path / "note.md").write_text("The note is short.\n")
    with shared.client(TOKENS["alice"]) as alice:
        started = time.monotonic()
        hand_in(alice, tmp_path / "note.md")
        shared.settled(alice)
        assert time.monotonic() - started < 30
    states = {job["state"] for job in bob.get("/api/jobs").json()["jobs"] if "bomb" in job["name"]}
    assert states & {"queued", "running"}


def test_aborted_uploads_are_one_line_of_the_log(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    head = (
        f"POST {DOCUMENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
        'form-data; name="file"; filename="a.md"\r\n\r\nwords'
    ).encode()
    for _ in range(5):
        with socket.create_connection(address(server), 10) as connection:
            connection.sendall(head)
            time.sleep(0.2)
    time.sleep(1)
    server.process.send_signal(signal.SIGINT)
    _, errors = server.process.communicate(timeout=60)
    assert errors.count("upload aborted by") == 5
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 5


def test_owners_of_a_queue_take_turns() -> None:
    queue = FairQueue(per_owner=1)
    for item in ("a1", "a2", "a3", "b1"):
        queue.put(item[0], item)
    assert queue.get() == ("a", "a1")
    assert queue.get() == ("b", "b1")
    queue.task_done("a")
    assert queue.get() == ("a", "a2")
    queue.close()
    assert queue.get() is None


def test_standard_requests_of_openai_clients_are_accepted(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    (tmp_path / "lease.md").write_text("# Lease\n\nThe rent is 4,150 euros a month.\n")
    question = {"role": "user", "content": "What is the rent?"}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    call = {"id": "a", "type": "function", "function": {"name": "x", "arguments": "{}"}}
    with_image = [{"type": "text", "text": question["content"]}, image]
    variants: list[dict[str, object]] = [
        {"max_tokens": 100_000},
        {"seed": -1},
        {"top_p": 0},
        {"n": 2},
        {"messages": [{"role": "user", "content": with_image}]},
        {"messages": [{"role": "function", "name": "x", "content": "ok"}, question]},
        {"messages": [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": "ok"},
            question,
        ]},
    ]  # fmt: skip
    with server.client() as client:
        hand_in(client, tmp_path / "lease.md")
        server.settled(client)
        for variant in variants:
            body = {"model": "team", "messages": [question]} | variant
            reply = client.post("/v1/chat/completions", json=body)
            assert reply.status_code == 200, (variant, reply.text)
            content = reply.json()["choices"][0]["message"]["content"]
            assert "4,150 euros" in content
            assert ("not read" in content) == (variant is variants[4])
