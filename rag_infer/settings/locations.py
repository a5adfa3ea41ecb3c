"""Where indexes are: named ones in a folder of their own, others at any path."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.paths import data_folder
from rag_infer.settings.loading import load
from rag_infer.settings.schema import Settings

_INDEX_NAME = re.compile(r"[\w][\w .+-]*")


def indexes_folder(settings: Settings | None = None) -> Path:
    """As configured, else `./indexes` where that folder exists, else the user's data folder."""
    configured = (settings or load()).indexes
    if configured:
        return Path(configured).expanduser()
    local = Path("indexes")
    return local if local.is_dir() else data_folder() / "indexes"


def index_path(name_or_path: str | Path) -> Path:
    """The folder of an index.

    Args:
        name_or_path: A plain name, which lies in `indexes_folder()`, or a path.

    Raises:
        InputError: It is empty, the address of a bucket, or neither a name nor a path.
    """
    text = str(name_or_path)
    if not text.strip():
        raise InputError("an index needs a name or a path", code="index_name_required")
    if "://" in text:
        raise InputError(
            "is an address, and no index of this machine", where=text, hint="pull it first"
        )
    is_path = isinstance(name_or_path, Path) or "/" in text or os.sep in text
    if is_path or text in {".", ".."} or text.startswith("~"):
        return Path(text).expanduser()
    if not _INDEX_NAME.fullmatch(text):
        raise InputError("not an index name and not a path", where=text)
    return indexes_folder() / text
