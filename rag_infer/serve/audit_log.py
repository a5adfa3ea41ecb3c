"""Who asked what, and which documents were shown: a line of JSON each, for those who must know.

Off by default, since it holds questions. A question is written before it is searched for: where the
log cannot be written nothing is answered, so that nothing is seen without a line.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rag_infer.errors import UserDataError

Action = Literal[
    "ask", "answer", "search", "page", "summarize", "extract", "compare", "remove", "share",
    "access",
]  # fmt: skip
_MODE = 0o600


class AuditLog:
    """Appends lines to a file, which is opened for each, so that it may be moved away any time.

    Args:
        path: The file; None writes nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def record(
        self,
        action: Action,
        user: str,
        index: str,
        *,
        text: str | None = None,
        documents: Iterable[str] = (),
        outcome: str | None = None,
    ) -> None:
        """Appends a line.

        Args:
            action: What was done.
            user: Who did it.
            index: The index.
            text: The question or query.
            documents: Ids of the documents whose text was shown, or given to a model.
            outcome: ``answered`` or ``refused``, of an answer.

        Raises:
            UserDataError: The file cannot be written.
        """
        if self._path is None:
            return
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "user": user,
            "action": action,
            "index": index,
        }
        if text is not None:
            entry["text"] = text
        if outcome is not None:
            entry["outcome"] = outcome
        line = json.dumps({**entry, "documents": list(dict.fromkeys(documents))}) + "\n"
        try:
            with self._lock:
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
                try:
                    os.write(descriptor, line.encode())
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise UserDataError(
                f"the audit log cannot be written ({error.strerror})", where=str(self._path)
            ) from error
