"""Which files of a folder stay out: ``.ragignore`` anywhere, ``.gitignore`` in git work trees.

Both have the syntax and the meaning that git gives them: a file's rules hold for the folder that it
lies in and all below, and the deepest one decides. A ``.ragignore`` is stronger than any
``.gitignore``, so that ``!report.pdf`` in it brings back what git leaves out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.errors import InputError
from rag_infer.index.roots import escape_name

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".ragignore"
GIT_IGNORE_FILE = ".gitignore"
# Names are matched by backtracking: the time grows with their length to this power.
MAX_WILDCARDS = 4
_GIT = ".git"  # a folder, or a file where the work tree is a submodule or a second one


@dataclass(frozen=True, slots=True)
class _Layer:
    """The rules of one file.

    ``folder`` is where it lies, relative to the folder that is indexed, with a slash behind;
    ``outer`` the way from there to that folder, when the file lies above it.
    """

    spec: GitIgnoreSpec
    folder: str = ""
    outer: str = ""

    def decision(self, name: str) -> bool | None:
        """Whether a path relative to the indexed folder is ignored; None: no rule is about it."""
        return self.spec.check_file(f"{self.outer}{name.removeprefix(self.folder)}").include


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder, the strongest layer first."""

    own: tuple[_Layer, ...] = ()
    git: tuple[_Layer, ...] = ()
    is_git: bool = False

    def ignores(self, name: str) -> bool:
        """Whether a path stays out.

        Args:
            name: Relative to the indexed folder, with a slash behind that of a folder.
        """
        for layer in (*self.own, *self.git):
            decision = layer.decision(name)
            if decision is not None:
                return decision
        return False

    def inside(self, folder: Path, name: str, entries: Collection[str]) -> IgnoreRules:
        """The rules in a folder below.

        Args:
            folder: The folder.
            name: Its path relative to the indexed folder, with a slash behind; empty for itself.
            entries: The names in it.

        Raises:
            InputError: Rules are there and cannot be read.
        """
        own, git, is_git = self.own, self.git, self.is_git
        if _GIT in entries:
            git, is_git = (), True  # a work tree of its own: the rules of one around it end
        if IGNORE_FILE in entries and (spec := _spec(folder / IGNORE_FILE)):
            own = (_Layer(spec, name), *own)
        if is_git and GIT_IGNORE_FILE in entries and (spec := _spec(folder / GIT_IGNORE_FILE)):
            git = (_Layer(spec, name), *git)
        if (own, git, is_git) == (self.own, self.git, self.is_git):
            return self
        return IgnoreRules(own, git, is_git)


def rules_above(folder: Path) -> IgnoreRules:
    """The rules that hold in a folder as it lies in a git work tree; none where it is none."""
    top = Path(os.path.abspath(folder))  # noqa: PTH100 - a link stays a link
    above = [top, *top.parents]
    root = next((n for n, path in enumerate(above) if os.path.lexists(path / _GIT)), 0)
    layers: list[_Layer] = []
    for path in above[1 : root + 1]:
        if spec := _spec(path / GIT_IGNORE_FILE):
            layers.append(_Layer(spec, outer=f"{top.relative_to(path).as_posix()}/"))
    return IgnoreRules(git=tuple(layers), is_git=root > 0)


def _spec(path: Path) -> GitIgnoreSpec | None:
    try:
        lines = path.read_text("utf-8", "surrogateescape").splitlines()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        # Without its rules, files that must stay out would be indexed.
        raise InputError(
            f"cannot read the ignore file: {error.strerror}", where=escape_name(str(path))
        ) from error
    for number, line in enumerate(lines, 1):
        if any(part.count("*") > MAX_WILDCARDS for part in line.replace("**", "*").split("/")):
            raise InputError(
                f"rule {number} has more than {MAX_WILDCARDS} wildcards in a name",
                where=escape_name(str(path)),
                hint="make two rules of it",
            )
    return _joined_spec([line for line in lines if _is_valid(line)])


def _joined_spec(lines: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


def _is_valid(line: str) -> bool:
    """Whether a rule can be read; as for git, one that cannot matches nothing."""
    try:
        _joined_spec([line])
    except (ValueError, re.error):
        return False
    return True
