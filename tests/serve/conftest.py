"""A real server, as a process of its own, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

RAG = (str(Path(sys.executable).with_name("rag")),)
CORPUS = Path(__file__).parents[2] / "corpus"
TOKENS = {name: f"token-of-{name}-0123456789" for name in ("alice", "bob", "carol")}
USERS = f"""
[users.alice]
token = "{TOKENS["alice"]}"
groups = ["team", "operators"]
[users.bob]
token = "{TOKENS["bob"]}"
[users.carol]
token = "{TOKENS["carol"]}"
groups = ["team"]
"""


@dataclass
class Server:
    url: str
    process: subprocess.Popen[str]
    home: Path

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def settled(self, client: httpx.Client) -> list[dict[str, Any]]:
        """The jobs, once none of them is waiting."""
        for _ in range(600):
            jobs: list[dict[str, Any]] = client.get("/api/jobs").json()["jobs"]
            if all(job["state"] in ("done", "failed") for job in jobs):
                return jobs
            time.sleep(0.1)
        raise AssertionError(f"still at work: {jobs}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=60)


Start = Callable[..., Server]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Starts servers; all are stopped in the end."""
    running: list[Server] = []

    def begin(home: Path, *arguments: object, command: tuple[str, ...] = RAG) -> Server:
        home.mkdir(exist_ok=True)
        output = (home / "stdout.txt").open("w")
        process = subprocess.Popen(
            [*command, "serve", "--port", "0", "--data-dir", str(home / "data"), "-i", "team",
             *map(str, arguments)],
            cwd=home,
            env={**os.environ, "RAG_INDEXES": str(home / "indexes"), "HF_HUB_OFFLINE": "1"},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        output.close()
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            if line.startswith("listening"):
                url = line.split()[1].rstrip("/")
                break
        assert url, "the server did not start"
        server = Server(url, process, home)
        running.append(server)
        for _ in range(200):
            try:
                server.client().get("/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        return server

    yield begin
    for server in running:
        server.stop()


def hand_in(client: httpx.Client, *paths: Path, **query: str) -> dict[str, Any]:
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    reply = client.post("/api/indexes/team/documents", files=files, params=query)
    assert reply.status_code == 202, reply.text
    body: dict[str, Any] = reply.json()
    return body


@pytest.fixture(scope="module")
def server(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of one person, with two documents."""
    server = start(tmp_path_factory.mktemp("served") / "home")
    with server.client() as client:
        hand_in(client, CORPUS / "retrieval-handbook.pdf", CORPUS / "kv-cache.md")
        assert {job["state"] for job in server.settled(client)} == {"done"}
    return server


CHROMIUM = shutil.which("chromium")
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A real Chromium, without its window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"), executable_path=CHROMIUM, args=ARGUMENTS,
            viewport={"width": 1360, "height": 860},
        )  # fmt: skip
        yield context
        context.close()


def shot(page: Page, name: str) -> None:
    """Keeps a picture for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(400)  # transitions
    page.screenshot(path=SHOTS / f"{name}.png")
