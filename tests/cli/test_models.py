"""``rag models`` and ``rag config init``, with a server found and without."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_infer import settings
from rag_infer.cli.app import application
from tests.generate.model_server import server


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OPENAI_BASE_URL", "OLLAMA_HOST", "RAG_LLM"):
        monkeypatch.delenv(name, raising=False)
    return settings.user_file()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(application(), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_running_server_is_listed(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda *_: None) as (url, _):
        monkeypatch.setenv("OLLAMA_HOST", url.removesuffix("/v1"))
        rows = json.loads(run("models", "--json"))
        assert {"llm": "ollama:m", "source": f"Ollama, {url}", "is_default": False} in rows
        assert "rag ask --llm" in run("models")
        assert "Ollama runs, 1 chat model" in CliRunner().invoke(application(), ["doctor"]).output


def test_init_writes_the_default_and_keeps_the_rest(config: Path) -> None:
    run("config", "init", "--llm", "ollama:a")
    assert tomllib.loads(config.read_text("utf-8")) == {"llm": "ollama:a"}
    config.write_text('# mine\nllm = "old"\nlog = false\n[models.x]\nmodel = "m"\n', "utf-8")
    run("config", "init", "--llm", "b")
    assert config.read_text("utf-8").startswith('# mine\nllm = "b"\nlog = false\n[models.x]')
    assert settings.load().llm == "b"


def test_the_default_is_listed_wherever_it_runs(config: Path) -> None:
    run("config", "init", "--llm", "http://127.0.0.1:8957/v1#mine")
    row = {"llm": "http://127.0.0.1:8957/v1#mine", "source": "settings", "is_default": True}
    assert row in json.loads(run("models", "--json"))
    assert "(settings)  default" in run("models")
    run("config", "init", "--llm", "extractive")
    assert not any(row["is_default"] for row in json.loads(run("models", "--json")))


def test_init_without_a_terminal_says_what_to_do(config: Path) -> None:
    result = CliRunner().invoke(application(), ["config", "init"])
    assert "rag config init --llm MODEL" in str(result.exception)
    assert not config.exists()
