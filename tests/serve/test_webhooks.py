"""Word of finished uploads reaches a real receiver, signed, once it takes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag_infer.errors import InputError
from rag_infer.serve import webhooks
from rag_infer.serve.webhooks import WebhookSender, WebhookTarget, signature
from tests.serve.conftest import Start, hand_in

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
JOB = {
    "id": "1", "index": "team", "document_id": "a.txt", "name": "a.txt", "owner": "me", "bytes": 1,
    "created": 0.0, "state": "done", "pages": 1, "chunks": 1, "notes": [], "error": None,
    "needs_password": False,
}  # fmt: skip


class Receiver(ThreadingHTTPServer):
    """Answers with the statuses that it is told, then with 204."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Event()
        self.expected = 1
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.messages.append((dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                if len(receiver.messages) == receiver.expected:
                    receiver.arrived.set()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_signatures_are_those_of_the_standard() -> None:
    """The example of the specification."""
    key = WebhookTarget("https://hooks.example/x", SECRET).key
    assert key is not None
    header = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_server_tells_of_finished_and_failed_uploads(
    start: Start, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_WEBHOOK_SECRET", SECRET)
    receiver.expected = 2
    server = start(tmp_path / "home", "--webhook", receiver.url)
    (tmp_path / "note.txt").write_text("The oil tank holds 900 litres.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    with server.client() as client:
        hand_in(client, tmp_path / "note.txt", tmp_path / "broken.pdf")
    assert receiver.arrived.wait(60)
    of_file = {}
    for headers, body in receiver.messages:
        message = json.loads(body)
        of_file[message["data"]["name"]] = message["type"]
        key = WebhookTarget(receiver.url, SECRET).key
        assert key is not None
        expected = signature(key, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == expected
        assert headers["webhook-id"] == f"msg_{message['data']['id']}"
    assert of_file == {"note.txt": "upload.done", "broken.pdf": "upload.failed"}


def test_a_message_is_sent_again_and_redirects_are_not_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRY_DELAYS_S", (0.0, 0.01, 0.01, 0.01))
    receiver.statuses = [500, 302]
    receiver.expected = 3
    sender = WebhookSender(WebhookTarget(receiver.url))
    sender.send(JOB)
    assert receiver.arrived.wait(20)
    sender.close(5)
    ids = {headers["webhook-id"] for headers, _ in receiver.messages}
    assert (len(receiver.messages), ids) == (3, {"msg_1"})
    assert all("webhook-signature" not in headers for headers, _ in receiver.messages)


def test_wrong_targets_are_refused() -> None:
    with pytest.raises(InputError, match="begins with http"):
        WebhookTarget("file:///etc/passwd")
    with pytest.raises(InputError, match="not base64"):
        _ = WebhookTarget("https://hooks.example", "whsec_%%").key
