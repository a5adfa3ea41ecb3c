"""Without torch, transformers and sentence-transformers: what works, and what names them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "transformers", "sentence_transformers")
BLOCKED = f"""
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
COMMAND = BLOCKED + "from rag_infer.cli import main; main()\n"


def rag(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], cwd=folder, stdin=subprocess.DEVNULL,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "RAG_LOG": "off"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_indexing_asking_and_serving_need_no_torch(tmp_path: Path) -> None:
    (tmp_path / "indexes").mkdir()
    (tmp_path / "tea.txt").write_text("Green tea is brewed at 80 degrees for two minutes.\n")
    for command in (
        ("index", "tea.txt"),
        ("ask", "At", "which", "temperature", "is", "green", "tea", "brewed?"),
        ("search", "green tea"),
        ("summarize", "tea.txt"),
        ("fact-check", "tea.txt"),
        ("doctor",),
        ("serve", "--help"),
    ):
        done = rag(tmp_path, *command)
        assert done.returncode == 0, (command, done.stderr)
    served = subprocess.run(
        [sys.executable, "-c", BLOCKED + "import rag_infer.serve.app, rag_infer.serve.mcp"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert served.returncode == 0, served.stderr


def test_what_needs_torch_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "indexes").mkdir()
    (tmp_path / "tea.txt").write_text("Green tea is brewed at 80 degrees.\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "llama"}')
    assert rag(tmp_path, "index", "tea.txt").returncode == 0
    for option in ("--llm", "--reranker", "--verifier"):
        done = rag(tmp_path, "ask", "How is tea brewed?", option, "./model")
        if option == "--verifier" and done.returncode == 0:
            continue  # a quoted answer has no claims to verify
        assert done.returncode == 1, (option, done.stdout, done.stderr)
        assert done.stderr.count("\n") == 1, done.stderr
        assert "internal error" not in done.stderr
