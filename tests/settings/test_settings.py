"""Settings: which source wins, and what is not valid."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import settings
from rag_infer.errors import InputError
from rag_infer.settings.schema import SCALAR_KEYS, USER_FILE_KEYS

SERVER = '[models.fast]\nbase_url = "http://example.org/v1"\nmodel = "m"\napi_key = "secret-7"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for key in SCALAR_KEYS:
        monkeypatch.delenv(settings.environment_variable(key), raising=False)
    return tmp_path


def user(text: str) -> Path:
    path = settings.user_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_nearer_choice_wins_and_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = user('index = "mine"\nllm = "a"\nreranker = "r"\n')
    (folder / "rag.toml").write_text('llm = "b"\nindex = "project"\n')
    monkeypatch.setenv("RAG_INDEX", "shell")
    loaded = settings.load()
    assert (loaded.index, loaded.llm, loaded.reranker, loaded.log) == ("shell", "b", "r", True)
    assert loaded.sources == {"index": "RAG_INDEX", "llm": "rag.toml", "reranker": str(path)}
    assert ("embedder", "", "default") in settings.describe(loaded)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("indx = 'a'", "there is no setting 'indx'"),
        ("sources = 3", "there is no setting 'sources'"),
        ("log = 'yes'", "'log' must be true or false"),
        ("llm = 3", "'llm' must be text"),
        ("runtime = 'onnx'", "'runtime' must be transformers or openvino"),
        ("tools = 'search'", "'tools' must be a list"),
        ("tools = ['search', 3]", "each value in 'tools' must be text"),
        ("llm = ", "is not valid TOML"),
        ("[models.a]\nmodel = 'm'\nruntime = 'onnx'", "must be transformers or openvino"),
        ("[models.a]\nmodel = 'm'\nprecision = 'int2'", "must be int8 or int4"),
        ("models = 3", "'models' must be a table"),
        ("[models]\na = 3", "'models.a' must be a table"),
        ("[models.a]\nbase_url = 'http://localhost'", "'models.a.model' is missing"),
        ("[models.a]\nmodel = 'm'\nwindow = '8k'", "'models.a.window' must be a whole number"),
        ("[models.a]\nmodel = 'm'\nwindow = true", "'models.a.window' must be a whole number"),
        ("[models.a]\nmodel = 'm'\nwindow = 0", "'models.a.window' must be more than 0"),
        ("[models.a]\nmodel = 'm'\ntimeout = '5'", "'models.a.timeout' must be a number"),
        ("[models.a]\nmodel = 'm'\nretries = -1", "'models.a.retries' must not be negative"),
        ("[models.a]\nmodel = 'm'\nurl = 'x'", "'models.a' has no key 'url'; there are: model,"),
        ("[models.a]\nmodel = 'm'\nname = 'x'", "'models.a' has no key 'name'"),
        ("[models.a]\nmodel = 'm'\nprice.input = 'x'", "'models.a.price.input' must be a number"),
        (
            "[models.a]\nmodel = 'm'\nprice.out = 1",
            "'models.a.price' has no key 'out'; there are: input, output, cached",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file(folder: Path, text: str, says: str) -> None:
    (folder / "rag.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        settings.load()
    assert str(raised.value).startswith("rag.toml: ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_secrets_are_masked() -> None:
    user(SERVER)
    loaded = settings.load()
    assert loaded.models["fast"].api_key == "secret-7"
    assert "secret-7" not in str(settings.describe(loaded))
    assert "secret-7" not in repr(loaded)


def test_a_projects_file_cannot_name_a_server(folder: Path) -> None:
    """Standing in a stranger's folder must not send questions, or a key, to the stranger."""
    (folder / "rag.toml").write_text(SERVER)
    with pytest.raises(InputError, match="may not"):
        settings.load()
    (folder / "rag.toml").write_text(
        '[models.a]\nbase_url = "http://localhost:1/v1"\nmodel = "m"\napi_key_env = "HOME"\n'
    )
    with pytest.raises(InputError, match="may not"):
        settings.load()
    (folder / "rag.toml").write_text(
        '[models.a]\nbase_url = "http://localhost:1/v1"\nmodel = "m"\n'
    )
    assert settings.load().models["a"].model == "m"


@pytest.mark.parametrize("key", sorted(USER_FILE_KEYS - {"mcp", "prompts"}))
def test_a_projects_file_cannot_open_the_machine(folder: Path, key: str) -> None:
    """Downloads, memory, disk and access are the user's to decide, not a stranger's."""
    flags = dict.fromkeys(("allow_downloads", "private", "traces", "trace_texts"), "true")
    value = {**flags, "token": "'t'", "shard_key": "'k'", "bucket_cache": "'c'"}.get(key, "9")
    (folder / "rag.toml").write_text(f"{key} = {value}\n")
    with pytest.raises(InputError, match=f"may not set '{key}'"):
        settings.load()
    (folder / "rag.toml").unlink()
    user(f"{key} = {value}\n")
    assert str(getattr(settings.load(), key)).lower() == value.strip("'")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[mcp.a]\ncommand = ['x']\nurl = 'y'", "'mcp.a' needs either a command or a url"),
        ("[mcp.a]", "'mcp.a' needs either a command or a url"),
        ("[mcp.a]\ncommand = 'npx x'", "'mcp.a.command' must be a list"),
        ("[mcp.a]\ncommand = ['x']\nenv.PORT = 3", "'mcp.a.env.PORT' must be text"),
        ("[mcp.a]\ncommand = ['x']\ntimeout = 0", "'mcp.a.timeout' must be more than 0"),
    ],
)
def test_a_server_of_tools_is_validated(text: str, says: str) -> None:
    path = user(text)
    with pytest.raises(InputError) as raised:
        settings.load()
    assert str(raised.value).startswith(f"{path}: {says}")


def test_an_environment_variable_of_the_wrong_type_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAG_PREFIX_CACHE_MB", "much")
    with pytest.raises(InputError) as raised:
        settings.load()
    assert str(raised.value) == ("RAG_PREFIX_CACHE_MB: 'prefix_cache_mb' must be a whole number")


def test_every_setting_is_read_from_file_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """So nobody has to learn which of them has only the one or the other."""
    examples = {"log": ("false", "0"), "tools": ("['search']", "table, calculator"),
                "allow_downloads": ("true", "off"), "prefix_cache_mb": ("1", "2"),
                "private": ("true", "off"), "bucket_cache_gb": ("1", "2"),
                "cluster_wait_s": ("1", "2"),
                "prefix_disk_mb": ("1", "2"), "evaluation_seconds": ("1", "2"),
                "traces": ("true", "off"), "trace_texts": ("true", "off"),
                "runtime": ("'openvino'", "transformers")}  # fmt: skip
    for key in SCALAR_KEYS:
        in_file, in_environment = examples.get(key, ("'a'", "b"))
        path = user(f"{key} = {in_file}\n")
        from_file = settings.load()
        assert from_file.sources == {key: str(path)}
        variable = settings.environment_variable(key)
        with monkeypatch.context() as patch:
            patch.setenv(variable, in_environment)
            from_environment = settings.load()
        assert from_environment.sources == {key: variable}
        values = {getattr(from_file, key), getattr(from_environment, key)}
        assert len(values) == (1 if key == "log" else 2)


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from rag_infer.cli.app import application

    user('index = "of-the-file"\n')
    monkeypatch.setenv("RAG_INDEX", "of-the-environment")
    runner = CliRunner()
    by_flag = runner.invoke(application(), ["status", "--index", "of-the-flag"])
    assert "of-the-flag" in str(by_flag.exception)
    by_environment = runner.invoke(application(), ["status"])
    assert "of-the-environment" in str(by_environment.exception)
    monkeypatch.delenv("RAG_INDEX")
    assert "of-the-file" in str(runner.invoke(application(), ["status"]).exception)


def test_validation_costs_nothing_without_a_file() -> None:
    """pydantic takes 0.1 s of a cold start; texts and switches in the environment do not use it."""
    code = (
        "import sys; from rag_infer import settings; settings.load(); "
        "print('pydantic' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "RAG_INDEX": "a", "RAG_LOG": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "False"


def test_prompts_are_the_user_s_own(folder: Path) -> None:
    path = user('[prompts]\nsystem = "Say {\\"a\\": 1}."\nrewrite = "Again: {question}"\n')
    loaded = settings.load()
    assert loaded.prompts.options() == {
        "system": 'Say {"a": 1}.', "rewrite_prompt": "Again: {question}",
    }  # fmt: skip
    assert ("prompts.rewrite", "Again: {question}", str(path)) in settings.describe(loaded)
    (folder / "rag.toml").write_text('[prompts]\nclosing = "Obey."\n')
    with pytest.raises(InputError, match="may not set 'prompts'"):
        settings.load()


def test_placeholders_are_filled_once() -> None:
    text = settings.fill("{a} {b} {c}", a="{b}", b="{a}")
    assert text == "{b} {a} {c}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[prompts]\nsytem = 'a'", "'prompts' has no key 'sytem'"),
        ("[prompts]\nsystem = 3", "'prompts.system' must be text"),
        ("[prompts]\nsystem = ' '", "'prompts.system' must not be empty"),
        ("[prompts]\nsystem = 'Read {passages}'", "has no placeholder {passages} (there is: none)"),
        ("[prompts]\nquestion = 'Read {passages}'", "'prompts.question' must have {question} once"),
        ("[prompts]\nrewrite = '{question} {text}'", "has no placeholder {text}"),
    ],
)
def test_a_prompt_that_cannot_work_is_named(text: str, says: str) -> None:
    path = user(text)
    with pytest.raises(InputError) as raised:
        settings.load()
    assert str(raised.value).startswith(f"{path}: ")
    assert says in str(raised.value)
