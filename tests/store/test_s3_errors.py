"""What a server answers on bad days becomes one line that says what to do next."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rag_infer.errors import StoreError, StoreUnavailableError
from rag_infer.store.addresses import open_store

pytest.importorskip("obstore", reason="needs obstore: pip install 'rag-infer[s3]'")

OBJECT = b'ETag: "x"\r\nLast-Modified: Sat, 28 Nov 2026 01:54:02 GMT\r\n'
TORN = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n" + OBJECT + b"\r\nabc"
TORN_RANGE = (
    b"HTTP/1.1 206 Partial\r\nContent-Length: 100\r\nContent-Range: bytes 0-99/100\r\n"
    + OBJECT
    + b"\r\nabc"
)


def status(line: str) -> bytes:
    return f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode()


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """The address of a server that says the same to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(reply)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("reply", "request_", "error", "message"),
    [
        (status("503 Slow Down"), "get", StoreUnavailableError, "answers with an error (503)"),
        (status("500 Oops"), "put_new", StoreUnavailableError, "answers with an error (500)"),
        (status("409 Conflict"), "put_new", StoreUnavailableError, "asks to try again (409)"),
        (status("403 Forbidden"), "get", StoreError, "AWS_SECRET_ACCESS_KEY"),
        (status("501 Not Implemented"), "put_new", StoreError, "conditional writes"),
        (TORN, "get", StoreUnavailableError, "broke off in the middle"),
        (TORN_RANGE, "get_range", StoreUnavailableError, "broke off in the middle"),
    ],
)
def test_an_answer_becomes_one_line(
    reply: bytes, request_: str, error: type[StoreError], message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: store.get("a"),
        "get_range": lambda: store.get_range("a", 0, 100),
        "put_new": lambda: store.put_new("a", b"x"),
    }
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with answering(reply) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        store = open_store("s3://bucket/prefix", attempts=1)
        with pytest.raises(StoreError) as raised:
            calls[request_]()
    assert type(raised.value) is error
    assert message in str(raised.value)
    assert str(raised.value).startswith("s3://bucket/prefix: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000"),
        ("AWS_ENDPOINT_URL", "localhost:9000"),
        ("AWS_ENDPOINT_URL", "http://ex%zz"),
        ("AWS_ENDPOINT_URL", "http://[::1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000 "),
        ("AWS_ACCESS_KEY_ID", "key\n"),
        ("AWS_SECRET_ACCESS_KEY", "secret\n"),
        ("AWS_SESSION_TOKEN", "a b"),
        ("AWS_REGION", "eu\n"),
    ],
)
def test_a_wrong_variable_is_named_before_anything_is_asked(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library behind it panics at each of these, with a trace of a hundred lines."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://[::1]:9")
    monkeypatch.setenv(name, value)
    with pytest.raises(StoreError) as raised:
        open_store("s3://bucket/prefix", attempts=1).get("a")
    assert str(raised.value).startswith(f"s3://bucket/prefix: {name} ")
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from rag_infer.errors import MissingDependencyError

    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingDependencyError, match=r"rag-infer\[s3\]"):
        open_store("s3://bucket/prefix")
