"""Names of models: what they mean, and which fail at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer.errors import InputError, ModelError
from rag_infer.generate.model_spec import require_local, server_profile


@pytest.mark.parametrize(
    ("spec", "url", "model"),
    [
        ("ollama:qwen3:4b", "http://127.0.0.1:11434/v1", "qwen3:4b"),
        ("http://127.0.0.1:8080/v1#a/b:c", "http://127.0.0.1:8080/v1", "a/b:c"),
        ("openai:m", "http://localhost:1/v1", "m"),
    ],
)
def test_a_server_is_named_in_one_word(
    monkeypatch: pytest.MonkeyPatch, spec: str, url: str, model: str
) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:1/v1")  # without its scheme
    profile = server_profile(spec)
    assert profile is not None
    assert (profile.base_url, profile.model) == (url, model)


@pytest.mark.parametrize("spec", ["ollama:", "openai:", "http://127.0.0.1:9/v1", "http://#m"])
def test_an_incomplete_name_is_an_input_error(spec: str) -> None:
    with pytest.raises(InputError):
        server_profile(spec)


@pytest.mark.parametrize("model", ["gpt-4o", "qwen3:4b", "ollama", "a b/c"])
def test_a_name_that_cannot_be_local_says_how_servers_are_named(model: str) -> None:
    assert server_profile(model) is None
    with pytest.raises(ModelError, match=f"use ollama:{model}"):
        require_local(model)


def test_a_gguf_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such GGUF file"):
        require_local(str(tmp_path / "model.gguf"))


def test_folders_and_hub_ids_pass(tmp_path: Path) -> None:
    require_local(str(tmp_path))
    require_local("owner/name-1.5b")


def test_a_wrong_name_imports_no_runtime() -> None:
    code = (
        "import sys\nfrom rag_infer.errors import ModelError\n"
        "from rag_infer.generate import load_generator\n"
        "try:\n    load_generator('gpt-4o')\nexcept ModelError:\n"
        "    sys.exit('torch' in sys.modules or 'transformers' in sys.modules)\nsys.exit(2)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
