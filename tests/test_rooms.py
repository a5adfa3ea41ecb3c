"""Imports go one way: a room may know only the rooms it is built from."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rag_infer"

# What each room may import of ours, besides itself; docs/architecture.md says why.
MAY_IMPORT = {
    "types": set(),
    "errors": set(),
    "sentences": set(),
    "settings": {"types", "errors"},
    "read": {"types", "errors"},
    "split": {"types", "errors", "sentences"},
    "embed": {"types", "errors"},
    "index": {"types", "errors", "embed"},
    "retrieve": {"types", "errors", "index", "embed"},
    "context": {"types", "errors", "sentences"},
    "generate": {"types", "errors", "sentences", "settings", "context", "embed", "cite"},
    "cite": {"types", "errors", "sentences", "embed"},
    "tools": {"types", "errors", "settings", "cite"},
    "summary": {"types", "errors", "sentences", "split", "embed", "context", "generate", "cite"},
    "pipeline": {
        "types", "errors", "sentences", "settings", "read", "split", "embed", "index", "retrieve",
        "context", "generate", "cite", "summary", "tools",
    },
    "serve": {"types", "errors", "settings", "pipeline"},
    "cli": {"types", "errors", "settings", "pipeline", "serve"},
}  # fmt: skip
ROOMS = [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms that a module imports, late and type-only imports included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        parts = [n.split(".") for n in names if n.split(".")[0] == "rag_infer"]
        found |= {p[1] for p in parts if len(p) > 1 and _is_room(p[1])}
    return found


def _is_room(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


@pytest.mark.parametrize("path", ROOMS, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    own = room(path)
    assert own in MAY_IMPORT, f"{own} is a new room: say here what it may import"
    assert imported(path) <= MAY_IMPORT[own] | {own}


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, rag_infer; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "torch", "transformers", "openvino", "faiss", "typer", "rich", "pydantic"}
    assert not heavy & set(done.stdout.split())


def test_every_module_says_what_it_knows() -> None:
    for path in ROOMS:
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path
