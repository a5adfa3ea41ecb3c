"""Settings: who chose what, and what is no setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import settings
from rag_infer.errors import InputError

SERVER = '[models.fast]\nbase_url = "http://example.org/v1"\nmodel = "m"\napi_key = "secret-7"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("INDEX", "INDEXES", "EMBEDDER", "LLM", "RUNTIME", "RERANKER", "LOG"):
        monkeypatch.delenv(f"RAG_{name}", raising=False)
    return tmp_path


def user(text: str) -> Path:
    path = settings.user_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_nearer_choice_wins_and_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = user('index = "mine"\nllm = "a"\nreranker = "r"\n')
    (here / "rag.toml").write_text('llm = "b"\nindex = "project"\n')
    monkeypatch.setenv("RAG_INDEX", "shell")
    found = settings.load()
    assert (found.index, found.llm, found.reranker, found.log) == ("shell", "b", "r", True)
    assert found.sources == {"index": "RAG_INDEX", "llm": "rag.toml", "reranker": str(path)}
    assert ("embedder", "", "default") in settings.shown(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("indx = 'a'", "has no setting 'indx'"),
        ("log = 'yes'", "'log' has to be true or false"),
        ("llm = 3", "'llm' has to be text"),
        ("llm = ", "is no TOML"),
        ("[models.a]\nmodel = 'm'\nruntime = 'onnx'", "has to be one of: transformers, openvino"),
        ("[models.a]\nmodel = 'm'\nprecision = 'int2'", "has to be one of: int8, int4"),
        ("models = 3", "'models' has to be tables"),
        ("[models.a]\nbase_url = 'http://localhost'", "names no model"),
        ("[models.a]\nmodel = 'm'\nwindow = '8k'", "'models.a.window' has to be a whole number"),
        ("[models.a]\nmodel = 'm'\nurl = 'x'", "'models.a' has no 'url'"),
        ("[models.a]\nmodel = 'm'\nprice.input = 'x'", "'models.a.price.input' is no price"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(here: Path, text: str, says: str) -> None:
    (here / "rag.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        settings.load()
    assert says in str(raised.value)
    assert "rag.toml" in str(raised.value)


def test_secrets_are_masked() -> None:
    user(SERVER)
    found = settings.load()
    assert found.models["fast"].api_key == "secret-7"
    assert "secret-7" not in str(settings.shown(found))
    assert "secret-7" not in repr(found)


def test_a_projects_file_cannot_name_a_server(here: Path) -> None:
    """Standing in a stranger's folder must not send questions, or a key, to the stranger."""
    (here / "rag.toml").write_text(SERVER)
    with pytest.raises(InputError, match="may not"):
        settings.load()
    (here / "rag.toml").write_text(
        '[models.a]\nbase_url = "http://localhost:1/v1"\nmodel = "m"\napi_key_env = "HOME"\n'
    )
    with pytest.raises(InputError, match="may not"):
        settings.load()
    (here / "rag.toml").write_text('[models.a]\nbase_url = "http://localhost:1/v1"\nmodel = "m"\n')
    assert settings.load().models["a"].model == "m"
