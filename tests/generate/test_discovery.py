"""Model servers of this machine, found by themselves."""

from __future__ import annotations

import socket
import time

import pytest

from rag_infer.errors import InputError
from rag_infer.generate.discovery import ModelServer, available_models, find_servers
from rag_infer.generate.model_list import list_models, ollama_url
from rag_infer.generate.model_spec import server_profile
from rag_infer.settings import Settings
from tests.generate.model_server import server


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_running_server_lists_its_models_and_an_absent_one_costs_nothing() -> None:
    started = time.perf_counter()
    with server(lambda *_: None) as (url, _):
        closed = f"http://127.0.0.1:{unused_port()}/v1"
        servers = find_servers([("Here", url), ("Absent", closed)])
    assert servers == [ModelServer("Here", url, ("m",))]
    assert servers[0].specs == (f"{url}#m",)
    assert time.perf_counter() - started < 2


def test_a_port_that_speaks_no_http_is_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert list_models(f"http://127.0.0.1:{silent.getsockname()[1]}/v1") is None


def test_models_of_other_kinds_are_not_offered() -> None:
    models = ("qwen3:4b", "nomic-embed-text:latest", "bge-m3")
    assert ModelServer("Ollama", "http://127.0.0.1:1/v1", models).specs == ("ollama:qwen3:4b",)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("10.0.0.1:80", "http://10.0.0.1:80/v1"),
        ("https://models.example/v1", "https://models.example/v1"),
    ],
)
def test_the_address_of_ollama(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert ollama_url() == url


def test_only_loopback_addresses_are_asked_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "models.example")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.example/v1")
    assert all("example" not in server.base_url for server in find_servers())


def test_a_password_in_the_variable_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda *_: None) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", url.replace("//", "//me:s3cretword@"))
        rows = [row for row in available_models(Settings()) if "OPENAI" in row.source]
    assert [row.llm for row in rows] == ["openai:m"]
    assert "s3cretword" not in rows[0].source


def test_the_only_model_of_an_address_needs_no_name() -> None:
    with server(lambda *_: None) as (url, _):
        profile = server_profile(url)
    assert profile is not None
    assert profile.model == "m"
    with pytest.raises(InputError, match="name of the model is missing"):
        server_profile(url)  # nobody answers any more
