"""The documentation: its examples run, its reference is what the commands and settings are."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rag_infer
import rag_infer.errors
from tests.command import run_command

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
GENERATED = ROOT / "docs" / "reference" / "cli.md"
RUNNABLE = [
    page
    for page in PAGES
    if page != GENERATED and re.search(r"^```(console|python)$", page.read_text("utf-8"), re.M)
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "corpus", home / "corpus")
    (home / "indexes").mkdir()
    run(home, ["rag", "index", "corpus"])
    return home


def run(home: Path, command: list[str]) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAG_")}
    if command[0] == "rag":
        done = run_command(*command[1:], cwd=home, env=environment)
    else:
        done = subprocess.run(
            command, cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_examples_of_a_page_run(page: Path, home: Path) -> None:
    text = page.read_text("utf-8")
    for block in CONSOLE.findall(text):
        for line in block.splitlines():
            assert line.startswith("$ rag "), line
            assert run(home, shlex.split(line)[1:]).strip()
    for block in PYTHON.findall(text):
        assert run(home, [sys.executable, "-c", block]).strip()


def test_most_guides_can_be_run() -> None:
    assert len(RUNNABLE) >= 5


def test_the_generated_reference_is_current() -> None:
    script = ROOT / "scripts" / "generate_reference.py"
    run(ROOT, [sys.executable, str(script), "--check"])


def test_the_table_of_formats_is_current_and_no_part_is_lost() -> None:
    run(ROOT, [sys.executable, str(ROOT / "benchmarks" / "every_format.py"), "--check"])
    page = (ROOT / "docs" / "reference" / "formats.md").read_text("utf-8")
    assert "(not:" not in page
    assert page.count("\n| `") > 30


def test_every_public_name_stands_in_the_reference() -> None:
    pages = [page.read_text("utf-8") for page in GENERATED.parent.glob("python*.md")]
    paths = re.findall(r"^::: (\S+)$", "\n".join(pages), re.MULTILINE)
    listed = {path.rpartition(".")[2]: path for path in paths}
    assert len(listed) == len(paths), "a name stands twice"
    for name, path in listed.items():
        module = import_module(path.rpartition(".")[0])
        assert getattr(module, name) is getattr(rag_infer, name), path
    # The page of the errors shows all of their module.
    assert "::: rag_infer.errors" in (GENERATED.parent / "errors.md").read_text("utf-8")
    of_errors = {name for name in rag_infer.__all__ if hasattr(rag_infer.errors, name)}
    assert set(rag_infer.__all__) - {"__version__"} == listed.keys() | of_errors


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text("utf-8")):
            assert (page.parent / target).is_file(), (page, target)
