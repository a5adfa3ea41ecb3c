"""Behind a real nginx: below a path, with tokens, with the addresses that it forwards."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serve.conftest import CORPUS, TOKENS, USERS, Server, Start, hand_in

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
PATHS = {"whole": "", "removed": "/"}  # what proxy_pass ends with: nginx keeps or removes the path
CONFIGURATION = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{}}
http {{
  access_log off;
  client_max_body_size 200m;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/f;
  uwsgi_temp_path {home}/u;
  scgi_temp_path {home}/s;
  server {{
    listen 127.0.0.1:{port};
    location /rag/ {{
      proxy_pass {upstream}{path};
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Proxied:
    """A server, and the address that people use."""

    server: Server
    url: str

    def client(self, user: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {TOKENS[user]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def logged(self, request_id: str) -> dict[str, object]:
        """The line of a request; it is written when the response has gone."""
        for _ in range(100):
            for line in (self.server.home / "stdout.txt").read_text("utf-8").splitlines():
                entry: dict[str, object] = json.loads(line)
                if entry["request_id"] == request_id:
                    return entry
            time.sleep(0.05)
        raise AssertionError("the request is not in the log")


@pytest.fixture(scope="module", params=list(PATHS))
def proxied(
    request: pytest.FixtureRequest, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    if NGINX is None:
        pytest.skip("there is no nginx on this machine")
    home = tmp_path_factory.mktemp("proxy")
    (home / "users.toml").write_text(USERS)
    server = start(
        home / "home", "--users", home / "users.toml", "--root-path", "/rag",
        "--trusted-proxy", "127.0.0.1", "--access-log", "json",
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = CONFIGURATION.format(
        home=home, port=port, upstream=server.url.removesuffix("/rag"), path=PATHS[request.param]
    )
    (home / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        [NGINX, "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
    )
    proxied = Proxied(server, f"http://127.0.0.1:{port}/rag")
    for _ in range(100):
        try:
            httpx.get(f"{proxied.url}/healthz", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield proxied
    process.terminate()
    process.wait()


def test_documents_are_asked_below_the_path(proxied: Proxied) -> None:
    with proxied.client("alice") as client:
        hand_in(client, CORPUS / "kv-cache.md")
        proxied.server.settled(client)
        body = {"question": "What does the key-value cache store?"}
        origin = proxied.url.removesuffix("/rag")
        # As from another machine: nginx adds its own client behind this address.
        browser = {"Origin": origin, "X-Forwarded-For": "203.0.113.9"}
        reply = client.post("/api/indexes/team/ask", json=body, headers=browser)
        assert reply.status_code == 200, reply.text
        assert reply.json()["answered"]
        model = client.get("/v1/models").json()["data"][0]["id"]
        messages = [{"role": "user", "content": body["question"]}]
        chat = client.post("/v1/chat/completions", json={"model": model, "messages": messages})
        assert chat.status_code == 200, chat.text
        note = chat.json()["choices"][0]["message"]["annotations"][0]
        assert note["url_citation"]["url"].startswith(f"{proxied.url}/#index=")
        foreign = client.post(
            "/api/indexes/team/ask", json=body, headers={"Origin": "http://elsewhere"}
        )
        assert foreign.status_code == 403


def test_tokens_are_required_on_every_path(proxied: Proxied) -> None:
    root = proxied.url.removesuffix("/rag")
    for path in (
        "/rag/api/me",
        "/rag/v1/models",
        "/rag/metrics",
        "/rag//api/me",
        "/rag/rag/api/me",
    ):
        reply = httpx.get(root + path, trust_env=False)
        assert reply.status_code in (401, 404), path
        assert "alice" not in reply.text
    assert httpx.get(f"{proxied.url}/api/me", trust_env=False).status_code == 401
    assert httpx.get(f"{proxied.url}/readyz", trust_env=False).json() == {"status": "ready"}


def test_requests_are_logged_with_the_address_that_the_proxy_saw(proxied: Proxied) -> None:
    with proxied.client("carol") as client:
        spoofed = {"X-Forwarded-For": "10.1.2.3", "X-Request-ID": "report-17"}
        reply = client.get("/api/me?secret=1", headers=spoofed)
        assert reply.headers["x-request-id"] == "report-17"
    entry = proxied.logged("report-17")
    assert entry["user"] == "carol"
    # nginx adds the address of its own client at the end: only that is not made up. Here it is
    # the machine itself, a proxy too, so the next one to the left is taken.
    assert entry["client"] == "10.1.2.3"
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/rag/api/me", 200)
    assert "secret" not in json.dumps(entry)


def test_the_page_works_below_the_path(proxied: Proxied, browser: BrowserContext) -> None:
    page = browser.new_page()
    failed: list[str] = []
    page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
    page.goto(proxied.url + "/")
    page.locator("#token").fill(TOKENS["alice"])
    page.keyboard.press("Enter")
    page.get_by_label("Your question").fill("What does the key-value cache store?")
    page.keyboard.press("Enter")
    page.locator(".answer .cite").first.wait_for(timeout=60_000)
    assert [url for url in failed if not url.endswith("/api/me")] == []
    page.close()


def test_the_path_alone_leads_to_the_page(proxied: Proxied) -> None:
    reply = httpx.get(proxied.server.url, trust_env=False)  # without a slash, past nginx
    assert reply.status_code == 308
    assert reply.headers["location"] == "/rag/"
