"""What an interrupted summary has generated so far, so that the next run continues it."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from rag_infer import paths


class ResumeStore:
    """Generated texts of one document and model by the key of their prompt, in the user's state.

    A line is appended and synced after each call of the model. A file that cannot be written costs
    the resuming, never the summary.

    Args:
        sha256: Of the document's content.
        model: The name of the generator.
        resume: Read what an earlier run left. Without it the run starts over, and still records.
    """

    def __init__(self, sha256: str, model: str, *, resume: bool = True) -> None:
        name = hashlib.sha256(f"{sha256} {model}".encode()).hexdigest()[:32]
        self._path = paths.state_folder() / "summaries" / f"{name}.jsonl"
        self._texts: dict[str, str] = _read(self._path) if resume else {}

    def get(self, key: str) -> str | None:
        """What an earlier run generated for a prompt, or None."""
        return self._texts.get(key)

    def add(self, key: str, text: str) -> None:
        """Records what was generated for a prompt."""
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(json.dumps([key, text]) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def clear(self) -> None:
        """Removes the record of a run that is complete."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return texts
    for line in lines:
        try:
            key, text = json.loads(line)
        except (ValueError, TypeError):
            continue  # the last line of a run that was killed
        if isinstance(key, str) and isinstance(text, str):
            texts[key] = text
    return texts
