"""Who may read the files of a folder: ``.ragaccess``, beside them, so that every run keeps it.

A line names files and the groups that may read them::

    # the last line that matches a file decides
    *: staff
    salaries/: board, hr
    canteen.md: everyone

Patterns are those of ``.gitignore``, relative to the folder of the file; the rules of a folder
below are stronger. A file that no rule is about has the groups of the command line, else those that
it had. A line that cannot be understood stops the run: nobody is let in by a typing error.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.errors import InputError
from rag_infer.index.roots import escape_name
from rag_infer.ingest.ignore_rules import MAX_WILDCARDS

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

ACCESS_FILE = ".ragaccess"
EVERYONE = "everyone"
_GROUP = re.compile(r"[^\s,:#]{1,64}")


@dataclass(frozen=True, slots=True)
class _Rule:
    """Files of a folder and the groups that may read them; none: everyone."""

    folder: str
    spec: GitIgnoreSpec
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The rules that hold in one folder, the strongest first."""

    rules: tuple[_Rule, ...] = ()

    def groups(self, name: str) -> frozenset[str] | None:
        """The groups that may read a file; empty for everyone, None where no rule is about it.

        Args:
            name: Relative to the indexed folder.
        """
        for rule in self.rules:
            if rule.spec.match_file(name.removeprefix(rule.folder)):
                return rule.groups
        return None

    def inside(self, folder: Path, name: str, entries: Collection[str]) -> AccessRules:
        """The rules in a folder below.

        Args:
            folder: The folder.
            name: Its path relative to the indexed folder, with a slash behind; empty for itself.
            entries: The names in it.

        Raises:
            InputError: Rules are there and cannot be read or understood.
        """
        if ACCESS_FILE not in entries:
            return self
        return AccessRules((*reversed(_rules(folder / ACCESS_FILE, name)), *self.rules))


def rules_beside(file: Path) -> AccessRules:
    """The rules of the folder that a single file lies in.

    Raises:
        InputError: They cannot be read or understood.
    """
    has_rules = (file.parent / ACCESS_FILE).exists()
    return AccessRules().inside(file.parent, "", {ACCESS_FILE} if has_rules else ())


def _rules(path: Path, folder: str) -> list[_Rule]:
    from pathspec import GitIgnoreSpec

    where = escape_name(str(path))
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise InputError(f"cannot read who may read what: {reason}", where=where) from error
    rules = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pattern, colon, names = line.rpartition(":")
        groups = [name for name in re.split(r"[\s,]+", names.strip()) if name]
        is_valid = colon and pattern.strip() and not pattern.lstrip().startswith("!")
        if not is_valid or not groups or not all(map(_GROUP.fullmatch, groups)):
            raise InputError(
                f"line {number} is no 'PATTERN: GROUP ...'",
                where=where,
                hint=f"for example 'salaries/: hr, board'; '{EVERYONE}' lets all read",
            )
        if any(part.count("*") > MAX_WILDCARDS for part in pattern.replace("**", "*").split("/")):
            raise InputError(
                f"line {number} has more than {MAX_WILDCARDS} wildcards in a name", where=where
            )
        try:
            spec = GitIgnoreSpec.from_lines([pattern.strip()])
        except (ValueError, re.error) as error:
            raise InputError(f"line {number}: {error}", where=where) from error
        members = frozenset() if EVERYONE in groups else frozenset(groups)
        rules.append(_Rule(folder, spec, members))
    return rules
