"""Errors of the library speak of causes; the command line adds its flags."""

from __future__ import annotations

import re
from pathlib import Path

import rag_infer
from rag_infer import IndexNotFoundError, MissingDependencyError
from rag_infer.cli.hints import with_hint

PACKAGE = Path(rag_infer.__file__).parent


def test_the_command_line_says_what_to_type() -> None:
    error = IndexNotFoundError("there is no index here", where="x", hint="add documents")
    assert with_hint(error) == "x: there is no index here; make one with: rag index PATH"
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
