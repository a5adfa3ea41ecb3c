"""Embedders and models that other packages add by entry points."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rag_infer import Index

PLUGIN = """
def embedder():
    return lambda texts: [[1.0, len(text), text.count("mill")] for text in texts]

def llm():
    return lambda messages: "The mill was built in 1871. [1]"
"""
ENTRIES = """[rag_infer.embedders]
counts = a_plugin:embedder
[rag_infer.llms]
parrot = a_plugin:llm
"""


def test_plugins_are_named_like_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_plugin.py").write_text(PLUGIN)
    info = tmp_path / "a_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with Index.open(tmp_path / "index", create=True, embedder="counts") as index:
        index.add_text("The mill was built in 1871.", id="mill")
    with Index.open(tmp_path / "index") as index:  # it is remembered by its name
        answer = index.ask("When was the mill built?", llm="parrot")
    assert answer.text == "The mill was built in 1871. [1]"
    assert answer.claims[0].verdict == "supported"
