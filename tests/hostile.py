"""A folder of hostile modules, to be worked in: each leaves a mark when it is imported.

They have the names of everything that could be imported instead: the standard library's, those of
every installed package, this package's own, and a package that registers a reader.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

# Works as soon as an interpreter starts, before it has an encoding or open().
_CODE = "import posix\nposix.close(posix.open({mark!r}, posix.O_CREAT | posix.O_WRONLY))\n"
_HOOKS = ("sitecustomize", "usercustomize")
_READER = "hostile_reader"


class HostileFolder:
    """Sets the modules into ``folder``; their marks are kept in ``marks``.

    As a context it checks at its end, whatever became of the work, that none was imported.
    """

    def __init__(self, folder: Path, marks: Path) -> None:
        self.folder, self._marks = folder, marks
        marks.mkdir()
        for name in (*module_names(), _READER):
            (folder / f"{name}.py").write_text(_CODE.format(mark=bytes(marks / name)))
        info = folder / "hostile-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[rag_infer.readers]\nhostile = {_READER}\n")

    def imported(self) -> set[str]:
        """The hostile modules that were imported so far."""
        return {mark.name for mark in self._marks.iterdir()}

    def __enter__(self) -> HostileFolder:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.imported() == set(), "hostile modules were imported"


@cache
def module_names() -> tuple[str, ...]:
    """Names of modules, top level: all that can be imported here, and hooks of Python's own."""
    installed = packages_distributions()
    distributions = {_normalized(name) for names in installed.values() for name in names}
    dependencies = {
        _normalized(line) for line in requires("rag-infer") or () if "extra" not in line
    }
    assert dependencies
    assert dependencies <= distributions
    names: Iterable[str] = {*installed, *sys.stdlib_module_names, *_HOOKS, "rag_infer"}
    return tuple(sorted(name for name in names if name.isidentifier()))


def _normalized(requirement: str) -> str:
    """The name of a distribution, as it is compared: ``prompt_toolkit>=3`` is prompt-toolkit."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()
