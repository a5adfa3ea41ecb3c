"""In the private mode no connection leaves this machine, in a process of its own each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

CHECK = """
import asyncio, http.client, socket, sys, urllib.request
from rag_infer import PrivateModeError, enforce_private_mode

enforce_private_mode()


async def asyncio_connection():
    await asyncio.open_connection("192.0.2.1", 80)


def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))


def httpx_request():
    import httpx
    httpx.get("http://example.org/")


WAYS = {
    "connect": lambda: socket.create_connection(("192.0.2.1", 80), 2),
    "connect_ex": lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
    "ipv6": lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)),
    "mapped": lambda: socket.socket(socket.AF_INET6).connect(("::ffff:192.0.2.1", 80)),
    "udp": udp,
    "name": lambda: socket.getaddrinfo("example.org", 80),
    "byname": lambda: socket.gethostbyname("example.org"),
    "urllib": lambda: urllib.request.urlopen("http://example.org/"),
    "httpx": httpx_request,
    "asyncio": lambda: asyncio.run(asyncio_connection()),
}
for name, way in WAYS.items():
    try:
        way()
    except PrivateModeError as error:
        print(name, "refused")
    else:
        print(name, "LEFT THE MACHINE")
with urllib.request.urlopen(sys.argv[1]) as reply:
    print("loopback", reply.status)
"""


@pytest.fixture
def local_server() -> object:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_every_way_out_is_refused_and_this_machine_is_not(local_server: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-c", CHECK, local_server],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[-1:] == ["loopback 200"], done.stderr
    assert len(lines) == 11
    assert all(line.endswith(" refused") for line in lines[:-1]), lines


@pytest.mark.parametrize("arguments", [("--private",), ()])
def test_the_command_says_what_it_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "note.md").write_text("The cellar is damp.\n")
    environment = {
        **os.environ,
        "RAG_INDEXES": str(tmp_path / "indexes"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HF_HUB_OFFLINE": "1",
    }
    if not arguments:
        environment["RAG_PRIVATE"] = "1"

    def rag(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rag_infer", *arguments, *command],
            capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
        )  # fmt: skip

    assert rag("index", "note.md").returncode == 0
    answer = rag("ask", "How is the cellar?", "--json")
    assert json.loads(answer.stdout)["answered"], answer.stderr
    for command in (
        ("ask", "How is the cellar?", "--llm", "http://192.0.2.1:8000/v1#m"),
        ("index", "https://example.org/"),
        ("push", "default", "s3://bucket/index"),
    ):
        refused = rag(*command)
        assert refused.returncode == 1, (command, refused.stdout)
        assert "private mode" in refused.stderr, (command, refused.stderr)
        assert len(refused.stderr.strip().splitlines()) <= 2, refused.stderr
