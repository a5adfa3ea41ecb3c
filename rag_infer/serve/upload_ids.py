"""What an upload is called: for people, in the index, and by it whose it is.

Knows: how a name that somebody gave is made fit to show, the shape of ids of uploads.
Does not know: files, what is in them.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from rag_infer.errors import InputError
from rag_infer.serve.auth import EVERYONE, User, own

# Documents that were handed in are called /uploads/WHOSE/NAME. What is indexed from a folder never
# begins with a stroke, so that nothing from a folder passes for an upload, whatever it is called.
ROOT = "/uploads"
_LONGEST = 120


def display_name(given: str) -> str:
    """The last part of a name, without what would not show or would mislead."""
    name = PurePosixPath(given.replace("\\", "/")).name
    name = "".join(c for c in unicodedata.normalize("NFC", name)
                   if unicodedata.category(c)[0] != "C")  # fmt: skip
    name = " ".join(name.split()).lstrip(".")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > _LONGEST:
        name = f"{stem[: _LONGEST - len(suffix) - 1]}{dot}{suffix}"[-_LONGEST:]
    return name or "file"


def labels_and_folder(person: User, share: str | None) -> tuple[tuple[str, ...], str]:
    """Who may read it, and the folder that its name gets, so that names never meet."""
    if person.labels is None:
        return (), ""
    if not share:
        return (own(person.name),), f"{person.name}/"
    if share == EVERYONE:
        return (), f"{EVERYONE}/{person.name}/"
    if share not in person.groups:
        raise InputError("you are not in this group", where=share)
    return (share,), f"@{share}/{person.name}/"


def shown_document(document: str) -> str:
    """A document's id as a person named it: without the folder that keeps uploads apart."""
    return re.sub(rf"^{ROOT}/(?:(?:@|{EVERYONE}/)?[^/]+/)*", "", document)


def owner(file: str) -> str | None:
    """Who handed in the file with this id, where users have names."""
    found = re.fullmatch(rf"{ROOT}/(?:@[^/]+/|{EVERYONE}/)?([^/@]+)/[^/]+", file)
    return found.group(1) if found else None
