"""How commands that write wait for another one, and say so."""

from __future__ import annotations

from rag_infer.cli.output import print_note
from rag_infer.index.writer_lock import LockWait

_LOCK_TIMEOUT_S = 60.0


def lock_wait() -> LockWait:
    """Waits a minute, with a line that says for whom."""
    return LockWait(
        _LOCK_TIMEOUT_S, lambda holder: print_note(f"waiting for another writer: {holder}", "plain")
    )
