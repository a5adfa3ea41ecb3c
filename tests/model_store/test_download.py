"""Downloads from a server that speaks the hub's protocol: resumed, checked, all or nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_infer.cli.app import application
from rag_infer.embed import load_embedder
from rag_infer.errors import ModelError
from rag_infer.generate import load_generator
from rag_infer.model_store import (
    CHAT,
    HUB_MODELS,
    HubFile,
    HubModel,
    hub_models,
    local_path,
    pull,
    remove,
)
from rag_infer.model_store import download as download_module
from rag_infer.model_store.folder import models_folder, partial_folder

REVISION = "c" * 40
CONTENT = {"config.json": b'{"a": 1}', "model.gguf": bytes(range(256)) * 4000}


def model_of(content: dict[str, bytes], name: str = "tiny") -> HubModel:
    files = tuple(
        HubFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in content.items()
    )
    return HubModel(name, CHAT, "owner/tiny", REVISION, "MIT", 0.1, files)


@dataclass
class Hub:
    """What the server sends, where it breaks off, and what it was asked."""

    content: dict[str, bytes]
    break_after: int | None = None  # bytes of a body, once
    tells_hash: bool = True
    status: int = 200
    requests: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def hub(content: dict[str, bytes], **options: object) -> Iterator[Hub]:
    state = Hub(content, **options)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, *, with_body: bool) -> None:
            range_header = self.headers.get("Range")
            key = self.headers.get("Authorization")
            state.requests.append((self.command, self.path, range_header, key))
            prefix = f"/owner/tiny/resolve/{REVISION}/"
            data = state.content.get(self.path.removeprefix(prefix))
            if data is None or state.status != 200:
                self.send_response(404 if data is None else state.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int(range_header.removeprefix("bytes=").split("-")[0]) if range_header else 0
            self.send_response(206 if range_header else 200)
            digest = hashlib.sha256(data).hexdigest()
            self.send_header("ETag", f'"{digest if state.tells_hash else "1234"}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("Content-Length", str(len(data) - start))
            if range_header:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            if not with_body:
                return
            end = len(data)
            if state.break_after is not None and end - start > state.break_after:
                end, state.break_after = start + state.break_after, None
            self.wfile.write(data[start:end])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{running.server_port}"
    try:
        yield state
    finally:
        running.shutdown()
        running.server_close()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for variable in ("HF_HUB_OFFLINE", "RAG_ALLOW_DOWNLOADS", "OPENAI_BASE_URL", "OLLAMA_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # read when imported


def test_a_model_is_downloaded_whole_and_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    model = model_of(CONTENT)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        names: list[str] = []
        folder = pull(model, lambda file: names.append(file.path))
        assert names == list(CONTENT)
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == CONTENT
        assert not partial_folder(model).exists()
        assert not any(key for *_, key in server.requests)
        count = len(server.requests)
        assert pull(model) == folder
        assert len(server.requests) == count


def test_a_broken_transfer_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(CONTENT)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        partial = partial_folder(model)
        partial.mkdir(parents=True)
        (partial / "model.gguf.part").write_bytes(CONTENT["model.gguf"][:700_000])
        folder = pull(model)
        assert (folder / "model.gguf").read_bytes() == CONTENT["model.gguf"]
        ranges = [r for method, path, r, _ in server.requests if method == "GET" and r]
        assert ranges == ["bytes=700000-"]


def test_a_connection_that_breaks_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # The client writes whole chunks of 10 MB; what is less is lost with the connection.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    model = model_of(CONTENT)
    with hub(CONTENT, break_after=300_000) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        folder = pull(model)
        assert (folder / "model.gguf").read_bytes() == CONTENT["model.gguf"]
        gets = [r for method, path, r, _ in server.requests if method == "GET" and "gguf" in path]
        assert gets == [None, "bytes=300000-"]


@pytest.mark.parametrize("tells_hash", [True, False])
def test_another_file_is_refused_and_not_kept(
    tells_hash: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(CONTENT)
    other = {**CONTENT, "model.gguf": b"x" * len(CONTENT["model.gguf"])}
    with hub(other, tells_hash=tells_hash) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(ModelError, match=r"model\.gguf.*not the file that was expected"):
            pull(model)
        bodies = [path for method, path, *_ in server.requests if method == "GET"]
        assert any("gguf" in path for path in bodies) is not tells_hash
        assert local_path(model) is None
        assert not list(models_folder().rglob("model.gguf*"))
        server.content = CONTENT
        assert pull(model).is_dir()


def test_a_part_that_was_damaged_costs_one_more_try(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(CONTENT)
    partial = partial_folder(model)
    partial.mkdir(parents=True)
    (partial / "model.gguf.part").write_bytes(b"?" * 1000)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(ModelError, match="not the file"):
            pull(model)
        assert pull(model).is_dir()


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_what_the_hub_answers_is_one_line(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(CONTENT, status=status) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(ModelError) as raised:
            pull(model_of(CONTENT))
        assert "\n" not in str(raised.value)
        assert "rag models pull tiny" in str(raised.value)


def test_no_network_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="cannot be reached"):
        pull(model_of(CONTENT))


def test_a_killed_download_leaves_no_model_and_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed after its first file; the second run brings only the second."""
    model = model_of(CONTENT)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        script = (
            "import os, sys; from tests.model_store.test_download import CONTENT, model_of\n"
            "from rag_infer.model_store import pull\n"
            "pull(model_of(CONTENT), lambda f: f.path == 'model.gguf' and os._exit(9))"
        )
        root = str(Path(__file__).parents[2])
        killed = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{script}"],
            check=False,
            cwd=tmp_path,
        )
        assert killed.returncode == 9
        assert local_path(model) is None
        server.requests.clear()
        pull(model)
        assert all("config.json" not in path for _, path, *_ in server.requests)


def test_two_downloads_of_one_model_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(CONTENT)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        errors: list[str] = []

        def second(_: HubFile) -> None:
            try:
                pull(model)
            except ModelError as error:
                errors.append(str(error))

        pull(model, second)
        assert errors
        assert all("another process downloads it" in error for error in errors)


def test_remove_takes_the_model_and_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(CONTENT)
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        pull(model)
    assert remove(model)
    assert local_path(model) is None
    assert not remove(model)


def test_a_full_disk_is_told_before_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = download_module.shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(download_module.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ModelError, match="too little disk space"):
        pull(model_of(CONTENT))


def test_the_command_pulls_lists_and_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of({"tiny.gguf": CONTENT["model.gguf"]})
    monkeypatch.setattr(hub_models, "HUB_MODELS", (model,))
    monkeypatch.setattr("rag_infer.model_store.folder.pulled_models.__defaults__", ((model,),))
    monkeypatch.setattr("rag_infer.model_store.HUB_MODELS", (model,))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(application(), list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert "1 MB" in run("models", "pull")
    with hub({"tiny.gguf": CONTENT["model.gguf"]}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert "rag ask --llm tiny" in run("models", "pull", "tiny")
    rows = json.loads(run("models", "--json"))
    assert {"llm": "tiny", "source": "downloaded, 0.0 GB", "is_default": False} in rows
    assert "tiny: removed" in run("models", "remove", "tiny")


def test_a_name_of_the_list_is_not_downloaded_unasked() -> None:
    for load, name in ((load_generator, "qwen3-4b"), (load_embedder, "bge-small-en-v1.5")):
        with pytest.raises(ModelError, match=f"rag models pull {name}"):
            load(name)


def test_downloads_that_are_allowed_happen_at_the_first_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = model_of(CONTENT)
    monkeypatch.setattr(hub_models, "HUB_MODELS", (model,))
    monkeypatch.setenv("RAG_ALLOW_DOWNLOADS", "1")
    with hub(CONTENT) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        folder = download_module.named_model("tiny")
        assert folder is not None
        assert folder.is_dir()


def test_every_model_of_the_list_is_named_whole() -> None:
    assert len({model.name for model in HUB_MODELS}) == len(HUB_MODELS)
    for model in HUB_MODELS:
        assert len(model.revision) == 40
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in model.files)
        assert model.size / 1e9 < model.memory_gb
