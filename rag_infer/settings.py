"""Where things are when nobody says otherwise.

Knows: the default place of indexes, what a name or a path given for one means.
Does not know: what an index is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from rag_infer.errors import InputError

DEFAULT_INDEX = "default"
_NAME = re.compile(r"[\w][\w .+-]*")


def indexes_folder() -> Path:
    """``RAG_INDEXES``, else ``./indexes`` where there is such a folder, else the user's data."""
    given = os.environ.get("RAG_INDEXES")
    if given:
        return Path(given).expanduser()
    here = Path("indexes")
    if here.is_dir():
        return here
    import platformdirs

    return Path(platformdirs.user_data_dir("rag-infer")) / "indexes"


def index_path(name_or_path: str | Path) -> Path:
    """The folder of an index: a plain name lies in ``indexes_folder()``, anything else is a path.

    Raises InputError for an empty name or one that is neither.
    """
    text = str(name_or_path)
    if not text.strip():
        raise InputError("an index needs a name or a path", hint="for example --index notes")
    is_path = isinstance(name_or_path, Path) or "/" in text or os.sep in text
    if is_path or text in {".", ".."} or text.startswith("~"):
        return Path(text).expanduser()
    if not _NAME.fullmatch(text):
        raise InputError("is neither an index name nor a path", where=text)
    return indexes_folder() / text
