"""What a client reads of a request that cannot be met names the field and what to send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serve.conftest import Server, Start

ASK = "/api/indexes/team/ask"


@pytest.fixture(scope="module")
def client(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home: Path = tmp_path_factory.mktemp("requests")
    server: Server = start(home)
    with server.client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("body", "parameter", "words"),
    [
        ({"content": b'{"question": "x"', "headers": {"content-type": "application/json"}},
         None, "no JSON"),
        ({"content": b'{"question": "x"}'}, None, "Content-Type: application/json"),
        ({"json": {"question": ""}}, "question", "body.question"),
        ({"json": {"question": "x", "top_k": 0}}, "top_k", "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_an_invalid_request_is_told_what_to_send(
    client: httpx.Client, body: dict[str, object], parameter: str | None, words: str
) -> None:
    reply = client.post(ASK, **body)  # type: ignore[arg-type]
    error = reply.json()["error"]
    assert reply.status_code == 422
    assert (error["param"], words in error["message"]) == (parameter, True)
