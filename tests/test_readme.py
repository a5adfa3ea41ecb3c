"""The README shows what the commands print; UPDATE_README=1 with pytest rewrites it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import save_model

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)

# What differs from run to run and from machine to machine.
VARYING = [
    (re.compile(r"in \d+\.\d s, +\d+ chunks/s"), "in N s, N chunks/s"),
    (re.compile(r"generation +\d+, [\dT:+-]+"), "generation N"),
    (re.compile(r"size +[\d.]+ [kMG]?B"), "size N"),
    (re.compile(r"\b0\.\d{3}\b"), "0.N"),
    (re.compile(r"lexical \d+\.\d\d"), "lexical N"),
]


def normal(text: str) -> str:
    for pattern, plain in VARYING:
        text = pattern.sub(plain, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def transcript(commands: list[str], folder: Path) -> str:
    """Runs commands where ``corpus`` and ``indexes`` are, as a reader of the README would."""
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    (folder / "indexes").mkdir()
    lines = []
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "rag"
        done = subprocess.run(
            [str(Path(sys.executable).with_name("rag")), *arguments],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if not k.startswith("RAG_")},
            capture_output=True,
            text=True,
            check=True,
        )
        lines.append(f"$ {command}\n{done.stdout.rstrip()}\n")
    return "\n".join(lines)


def test_the_transcript_is_true(tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    block = BLOCK.search(text)
    assert block is not None
    commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
    fresh = transcript(commands, tmp_path)
    if os.environ.get("UPDATE_README"):
        README.write_text(text.replace(block[1], fresh), "utf-8")
        return
    assert normal(block[1]) == normal(fresh), "run: UPDATE_README=1 pytest tests/test_readme.py"


def test_every_command_is_in_the_table() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("rag")), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = re.findall(r"^  ([\w-]+)  ", done.stdout.split("Commands:")[1], re.MULTILINE)
    assert len(listed) >= 7
    for command in listed:
        assert f"`rag {command}" in README.read_text("utf-8"), command


EXAMPLES = {
    "ask_a_folder.py": (["corpus", "What is the context window?"], "context-window.md"),
    "search_with_filters.py": (["corpus"], "sales: 0 hits"),
    "keep_in_sync.py": (["corpus", "{tmp}/index"], "0 unchanged"),
    "own_tool.py": (["corpus/tokens.md", "{tmp}", "What is a token?"], "0 calls of tools"),
}
TESTED_ELSEWHERE = {"internal_tool.py"}  # by tests/test_internal_tool.py


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_run(name: str, tmp_path: Path) -> None:
    arguments, expected = EXAMPLES[name]
    if name == "own_tool.py":
        save_model(tmp_path)  # of real architecture; what it writes is noise
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *(a.format(tmp=tmp_path) for a in arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert expected in done.stdout
    assert {p.name for p in (ROOT / "examples").glob("*.py")} == {*EXAMPLES, *TESTED_ELSEWHERE}
