"""One page within bounds: redirects, size, time, compression, addresses."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.http_client import HttpClient, WebError, WebResponse
from rag_infer.crawl.options import WebOptions
from tests.crawl.site import Answer, Site, html, redirect


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def fetch(site: Site, path: str, **limits: float) -> WebResponse:
    options = WebOptions(allow_private=True, **limits)  # type: ignore[arg-type]
    with HttpClient(options) as client:
        return client.fetch(WebAddress.parse(site.url(path)))


def failure(site: Site, path: str, **limits: float) -> str:
    with pytest.raises(WebError) as error:
        fetch(site, path, **limits)
    return error.value.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_addresses_are_refused_before_anything_is_asked(site: Site, host: str) -> None:
    with HttpClient(WebOptions()) as client, pytest.raises(WebError, match="private") as error:
        client.fetch(WebAddress.parse(site.url("/", host)))
    assert error.value.is_private
    assert site.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and loopback a moment later (DNS rebinding)."""
    import socket

    lookups: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(host: str, *rest: object, **more: object) -> object:
        lookups.append(host)
        if host == "rebind.example":
            address = "192.0.2.1" if lookups.count(host) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, site.port))]
        return resolve(host, *rest, **more)  # type: ignore[arg-type]

    connections: list[object] = []

    def refusing(address: object, *_: object, **__: object) -> None:
        connections.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", refusing)
    monkeypatch.setattr("rag_infer.crawl.connection.is_public", lambda a: a == "192.0.2.1")
    with HttpClient(WebOptions()) as client, pytest.raises(WebError):
        client.fetch(WebAddress.parse(site.url("/", "rebind.example")))
    assert ("192.0.2.1", site.port) in connections
    assert all(address == ("192.0.2.1", site.port) for address in connections)


def test_redirects_are_followed_and_counted(site: Site) -> None:
    site.pages = {"/a": redirect("/b"), "/b": redirect("c", 308), "/c": html("text")}
    response = fetch(site, "/a")
    assert (response.address.path, response.has_moved) == ("/c", True)
    site.pages["/b"] = redirect("c", 302)
    assert not fetch(site, "/a").has_moved


def test_endless_redirects_end(site: Site) -> None:
    site.pages = {"/a": redirect("/b"), "/b": redirect("/a"), "/self": redirect("/self")}
    assert failure(site, "/a") == failure(site, "/self") == "redirects in a circle"
    site.pages = {f"/{n}": redirect(f"/{n + 1}") for n in range(50)}
    assert failure(site, "/0") == "redirects more than 10 times"
    assert len(site.requests) < 20


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a.example/", "javascript:1", ""])
def test_redirects_lead_to_web_pages_only(site: Site, target: str) -> None:
    site.pages = {"/a": redirect(target)}
    assert "redirects" in failure(site, "/a")


def test_a_public_page_does_not_lead_to_a_private_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site({"/secret": html("secret")}) as inside:
        site.pages = {"/a": redirect(inside.url("/secret", "localhost"))}
        is_outside = {"127.0.0.1": True}
        monkeypatch.setattr(
            "rag_infer.crawl.connection.is_public", lambda a: is_outside.pop(a, False)
        )
        with HttpClient(WebOptions()) as client, pytest.raises(WebError, match="private"):
            client.fetch(WebAddress.parse(site.url("/a")))
        assert (site.requests, inside.requests) == (["/a"], [])


def test_a_huge_page_is_given_up_at_its_limit(site: Site) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            stopped.set()

    stopped = threading.Event()
    site.pages = {"/huge": endless}
    assert failure(site, "/huge", max_page_bytes=1_000_000) == "larger than 1.0 MB"
    assert stopped.wait(20)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_pages(site: Site, encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    site.pages = {
        "/page": Answer(pack(b"<p>text</p>"), headers={"Content-Encoding": encoding}),
        "/bomb": Answer(pack(bytes(200_000_000)), headers={"Content-Encoding": encoding}),
        "/cut": Answer(pack(b"<p>text</p>" * 99)[:-20], headers={"Content-Encoding": encoding}),
        "/wrong": Answer(b"<p>text</p>", headers={"Content-Encoding": encoding}),
        "/brotli": Answer(b"<p>text</p>", headers={"Content-Encoding": "br"}),
    }
    assert fetch(site, "/page").body == b"<p>text</p>"
    assert failure(site, "/bomb", max_page_bytes=1_000_000) == "larger than 1.0 MB"
    assert failure(site, "/cut") == "its compressed content ends early"
    assert failure(site, "/wrong") == "its compressed content is damaged"
    assert "not asked for" in failure(site, "/brotli")


@pytest.mark.parametrize("part", ["header", "body"])
def test_a_slow_page_is_given_up(site: Site, part: str) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        try:
            if part == "body":
                handler.send_response(200)
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not finished.wait(0.02):  # some byte always comes
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            pass

    finished = threading.Event()
    site.pages = {"/slow": slow}
    try:
        assert failure(site, "/slow", timeout_s=0.5) == "no answer within 0.5 s"
    finally:
        finished.set()


def test_a_busy_server_is_asked_again_when_it_says_so(site: Site) -> None:
    def busy_once(handler: BaseHTTPRequestHandler) -> None:
        site.pages["/busy"] = html("text")
        handler.send_response(503)
        handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages = {"/busy": busy_once, "/down": Answer(status=503), "/login": Answer(status=401)}
    assert b"text" in fetch(site, "/busy").body
    assert failure(site, "/down") == "the server answered 503"
    assert failure(site, "/login") == "the server answered 401 (a login is needed)"


def test_answers_that_are_not_http(site: Site) -> None:
    site.pages = {
        "/garbage": lambda handler: handler.wfile.write(b"\x00\xff garbage\r\n\r\n") and None,
        "/closed": lambda _: None,
        "/short": lambda handler: (
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort") and None
        ),
    }
    for path in site.pages:
        assert "\n" not in failure(site, path)


def test_a_host_that_is_not_there(site: Site) -> None:
    site.stop()
    with pytest.raises(WebError, match="not reachable") as error:
        fetch(site, "/")
    assert error.value.is_network
