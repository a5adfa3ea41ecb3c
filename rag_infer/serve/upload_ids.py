"""Names of uploads: as shown to users, as ids in the index, and the owner that an id tells."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from rag_infer.errors import InputError
from rag_infer.serve.auth import EVERYONE_GROUP, User, private_label

# Uploaded documents are called /uploads/OWNER/NAME. An id of what is indexed from a folder never
# starts with a slash, so that nothing from a folder passes for an upload, whatever its name.
UPLOADS_ROOT = "/uploads"
MAX_NAME_CHARS = 120


def display_name(filename: str) -> str:
    """The last part of a file name, without characters that are invisible or mislead."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    normalized = unicodedata.normalize("NFC", name)
    name = "".join(c for c in normalized if unicodedata.category(c)[0] != "C")
    name = " ".join(name.split()).lstrip(".")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > MAX_NAME_CHARS:
        stem = stem[: MAX_NAME_CHARS - len(suffix) - 1]
        name = f"{stem}{dot}{suffix}"[-MAX_NAME_CHARS:]
    return name or "file"


def labels_and_folder(user: User, share: str | None) -> tuple[tuple[str, ...], str]:
    """Who may read an upload, and the folder of its id, so that ids of two users never collide.

    Raises:
        InputError: The user is not in the group that it is shared with.
    """
    if user.labels is None:
        return (), ""
    if not share:
        return (private_label(user.name),), f"{user.name}/"
    if share == EVERYONE_GROUP:
        return (), f"{EVERYONE_GROUP}/{user.name}/"
    if share not in user.groups:
        raise InputError("you are not in this group", where=share)
    return (share,), f"@{share}/{user.name}/"


def display_document(document_id: str) -> str:
    """A document's name as its owner gave it: without the folder of uploads."""
    return re.sub(rf"^{UPLOADS_ROOT}/(?:(?:@|{EVERYONE_GROUP}/)?[^/]+/)*", "", document_id)


def owner_of(file_id: str) -> str | None:
    """The user who uploaded the file with an id; None for other files."""
    pattern = rf"{UPLOADS_ROOT}/(?:@[^/]+/|{EVERYONE_GROUP}/)?([^/@]+)/[^/]+"
    match = re.fullmatch(pattern, file_id)
    return match.group(1) if match else None
