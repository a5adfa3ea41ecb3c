"""A web site on this machine whose pages a test sets, and which remembers what it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar


@dataclass
class Answer:
    """What the site sends for a path."""

    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


def html(body: str, title: str = "") -> Answer:
    """A page of HTML."""
    return Answer(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode())


def redirect(target: str, status: int = 301) -> Answer:
    """A redirect."""
    return Answer(status=status, headers={"Location": target})


Stream = Callable[[BaseHTTPRequestHandler], None]  # writes an answer itself


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Clients that leave early are what is tested."""


class Site:
    """Serves ``pages`` by path on a port of the loopback address."""

    def __init__(self, pages: Mapping[str, Answer | Stream] | None = None) -> None:
        self.pages: dict[str, Answer | Stream] = dict(pages or {})
        self.requests: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append(self.path)
                answer = site.pages.get(self.path, Answer(b"nothing here", status=404))
                if callable(answer):
                    self.close_connection = True
                    answer(self)
                    return
                is_current = answer.etag and self.headers.get("If-None-Match") == answer.etag
                body = b"" if is_current else answer.body
                self.send_response(304 if is_current else answer.status)
                if answer.etag:
                    self.send_header("ETag", answer.etag)
                self.send_header("Content-Type", answer.type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    def stop(self) -> None:
        """Ends the server: nothing listens on its port any more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
