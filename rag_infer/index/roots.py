"""Where the files of an index lie on this machine.

An index keeps its roots relative to its own folder, so that both can be moved together. The root of
web pages is the address of the first one, and lies nowhere on this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def escape_name(name: str) -> str:
    """A file name as Unicode text: each byte that is not UTF-8 is written as ``\\xe9``.

    Python passes such bytes as lone surrogates, which no index, terminal or JSON file can hold.
    """
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in name)


def _unescape_name(name: str) -> str:
    return _ESCAPED_BYTE.sub(lambda match: chr(0xDC00 + int(match[1], 16)), name)


def is_web(name: str) -> bool:
    """Whether a root, or a file, is a web page."""
    return name.startswith(("https://", "http://"))


def folder_roots(roots: Mapping[str, str]) -> dict[str, str]:
    """The roots that lie on this machine."""
    return {name: where for name, where in roots.items() if not is_web(name)}


def path_of(file_id: str, index: Path, roots: Mapping[str, str]) -> Path | None:
    """Where a file of an index lies on this machine, by the roots; None when no root holds it."""
    if is_web(file_id):
        return None
    for root in sorted(roots, key=len, reverse=True):
        if file_id == root:
            return Path(os.path.abspath(index / roots[root]))  # noqa: PTH100
        if file_id.startswith(f"{root}/"):
            parts = PurePosixPath(file_id.removeprefix(f"{root}/")).parts
            if ".." in parts:
                return None
            path = Path(os.path.abspath(index / roots[root]))  # noqa: PTH100
            for part in parts:
                # A name that was escaped, unless a file has the backslash in its name.
                plain = path / part
                path = plain if os.path.lexists(plain) else path / _unescape_name(part)
            return path
    return None
