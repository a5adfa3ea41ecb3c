"""Errors of the library speak of causes; the command line adds its flags."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import rag_infer
from rag_infer import IndexNotFoundError, MissingDependencyError
from rag_infer.cli.hints import with_hint

PACKAGE = Path(rag_infer.__file__).parent


def test_the_command_line_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_INDEXES", str(tmp_path))

    def line(where: str) -> str:
        return with_hint(IndexNotFoundError("there is no index here", where=where, hint="add some"))

    make = "there is no index here; make one with: rag index PATH"
    default, named = str(tmp_path / "default"), str(tmp_path / "my notes")
    assert line(default) == f"{default}: {make}"
    assert line(named) == f"{named}: {make} -i 'my notes'"
    assert line("x") == f"x: {make} -i ./x"
    assert line("a/b") == f"a/b: {make} -i a/b"
    for name in ("work", "lease"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "CURRENT").touch()
    assert line(default) == f"{default}: {make}; or name one with -i: lease, work"
    missing = MissingDependencyError("no SDK", extra="openai")
    assert "pip install 'rag-infer[openai]'" in with_hint(missing)


def test_hints_of_the_library_name_no_flags() -> None:
    flag = re.compile(r'hint=f?"[^"]*(?<!\w)--(?!local-dir)[a-z]')
    lines = [
        f"{path.name}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        if "cli" not in path.relative_to(PACKAGE).parts
        for line in path.read_text("utf-8").splitlines()
        if flag.search(line) and "llama-server" not in line  # whose flags those are
    ]
    assert not lines
