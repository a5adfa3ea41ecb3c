"""A model server on loopback that behaves as a test wants, and what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behave = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@contextmanager
def server(behave: Behave, window: int | None = 2048) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its base URL, and what it was asked."""
    requests: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            model = {"id": "m", "object": "model"}
            listed = [model if window is None else {**model, "max_model_len": window}]
            reply(self, 200, {"object": "list", "data": listed})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append({**body, "key": self.headers.get("Authorization")})
            behave(self, body)

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/v1", requests
    finally:
        running.shutdown()
        running.server_close()


def reply(
    to: BaseHTTPRequestHandler, status: int, value: Any, kind: str = "application/json"
) -> None:
    body = (value if isinstance(value, str) else json.dumps(value)).encode()
    to.send_response(status)
    to.send_header("Content-Type", kind)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


def event(text: str | None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**chunk, "choices": [choice], **more}).encode() + b"\n\n"


def streamed(to: BaseHTTPRequestHandler, *events: bytes, end: bool = True) -> None:
    to.send_response(200)
    to.send_header("Content-Type", "text/event-stream")
    to.end_headers()
    for one in (*events, *([b"data: [DONE]\n\n"] if end else [])):
        to.wfile.write(one)
        to.wfile.flush()
    to.close_connection = True


def well(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    used = {
        "prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43,
        "prompt_tokens_details": {"cached_tokens": 30},
    }  # fmt: skip
    last = json.dumps(
        {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
         "usage": used}
    )  # fmt: skip
    streamed(
        to, event("It "), event("runs [1]."), event(None, "stop"), f"data: {last}\n\n".encode()
    )
