"""What ignore files keep out of an index, as git itself has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.errors import InputError
from rag_infer.ingest.discovery import discover

FILES = (
    "a.md", "build/out.md", "docs/draft.md", "docs/final.md", "docs/build/x.md", "lib/keep.md",
    "lib/deep/secret.md", "lib/deep/open.md", "notes.txt", "docs/notes.txt",
)  # fmt: skip
RULES = {
    ".gitignore": "build/\n/notes.txt\nsecret.md\n",
    "docs/.gitignore": "draft.md\n!/build/\n",
    "lib/.gitignore": "*.md\n!keep.md\n!deep/\n",
    "lib/deep/.gitignore": "!open.md\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    for name in FILES:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(f"The file {name} is about pumps.\n")
    for name, rules in RULES.items():
        (top / name).write_text(rules)
    return top


def names(folder: Path, tmp_path: Path) -> set[str]:
    """What is found under a folder, relative to it."""
    files = discover([folder], tmp_path / "index", {}).files
    return {file.id.partition("/")[2] for file in files}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_rules_are_those_of_git(tree: Path, tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tree), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    listed = git("ls-files", "--others", "--exclude-standard").splitlines()
    expected = {name for name in listed if not name.endswith(".gitignore")}
    assert names(tree, tmp_path) == expected
    below = {n.removeprefix("docs/") for n in expected if n.startswith("docs/")}
    assert names(tree / "docs", tmp_path) == below
    assert not any(".git" in name for name in names(tree, tmp_path))


def test_without_a_work_tree_the_rules_of_git_mean_nothing(tree: Path, tmp_path: Path) -> None:
    assert names(tree, tmp_path) == set(FILES)


def test_a_work_tree_below_has_its_own_rules(tree: Path, tmp_path: Path) -> None:
    (tree / "lib" / ".git").write_text("gitdir: elsewhere\n")  # as in a submodule
    assert names(tree, tmp_path) == set(FILES) - {"lib/deep/secret.md"}
    (tree / ".git").mkdir()
    assert {n for n in names(tree, tmp_path) if n.startswith("lib/")} == {
        "lib/keep.md", "lib/deep/open.md"
    }  # fmt: skip


def test_own_rules_are_stronger_and_hold_in_every_folder(tree: Path, tmp_path: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".ragignore").write_text("!notes.txt\na.md\n")
    (tree / "docs" / ".ragignore").write_text("/final.md\nnotes.txt\n")
    result = names(tree, tmp_path)
    assert "notes.txt" in result
    assert not {"a.md", "docs/final.md", "docs/notes.txt"} & result


def test_what_is_ignored_from_now_on_leaves_the_index(tree: Path, tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add(tree)
    assert len(index) == len(FILES)
    (tree / ".git").mkdir()
    removed = index.add(tree).removed
    assert "project/build/out.md" in removed and "project/a.md" not in removed


def test_rules_that_cannot_be_read_stop_the_run(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_text

    def refused(self: Path, *arguments: str) -> str:
        if self.name == ".ragignore":
            raise PermissionError(13, "Permission denied")
        return read(self, *arguments)

    (tree / "docs" / ".ragignore").write_text("x\n")
    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(InputError, match="ignore file"):
        names(tree, tmp_path)


def test_strange_rules_cost_nothing(tree: Path, tmp_path: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_bytes(b"\xff\xfe[\n[z-a].md\n\\\n!\n**/x\n#\na.md\n")
    assert names(tree, tmp_path) >= {"docs/final.md", "lib/keep.md"}
    assert "a.md" not in names(tree, tmp_path)


def test_rules_that_would_take_for_ever_are_refused(tree: Path, tmp_path: Path) -> None:
    (tree / ".ragignore").write_text("*.md\n" + "*a" * 300 + "b\n")
    with pytest.raises(InputError, match=r"\.ragignore: rule 2 has more than 4 wildcards"):
        names(tree, tmp_path)
