"""Models of the hub: nothing is downloaded, and no name is sent, unless somebody said so."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.embed import load_embedder
from rag_infer.embed.cross_encoder import load_cross_encoder
from rag_infer.embed.hub import local_files_only
from rag_infer.errors import ModelError
from rag_infer.generate.transformers_chat import TransformersChat

from ..factories import save_model

MODEL = "nobody/no-such-model"
LOADERS: list[tuple[str, Callable[[], object]]] = [
    ("embedding model", lambda: load_embedder(MODEL)),
    ("reranker", lambda: load_cross_encoder(MODEL, "reranker", "--reranker")),
    ("chat model", lambda: TransformersChat(MODEL)),
]


def test_downloads_are_off_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAG_ALLOW_DOWNLOADS", raising=False)
    assert local_files_only()
    for value, expected in (("0", True), ("false", True), ("1", False)):
        monkeypatch.setenv("RAG_ALLOW_DOWNLOADS", value)
        assert local_files_only() is expected


@pytest.mark.parametrize(("kind", "load"), LOADERS, ids=[kind for kind, _ in LOADERS])
def test_a_missing_model_is_named_and_nothing_is_sent(
    kind: str, load: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAG_ALLOW_DOWNLOADS", raising=False)
    hosts: list[object] = []

    def resolve(host: object, *_: object, **__: object) -> object:
        hosts.append(host)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(ModelError, match=f"{kind} '{MODEL}' not found") as raised:
        load()
    assert "RAG_ALLOW_DOWNLOADS=1" in str(raised.value)
    assert not hosts


def test_a_model_in_a_folder_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_model(tmp_path / "model")
    hosts: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: hosts.append(host))
    assert TransformersChat(str(folder)).window
    assert not hosts
