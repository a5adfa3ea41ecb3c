"""The users of a file that an operator changes while the server runs."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.serve.auth import User, UserStore, load_users

_CHECK_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class WatchedUserStore(UserStore):
    """The users of a TOML file; a change of the file counts within a second.

    A file that has become unreadable or invalid changes nothing and is logged: nobody is let in by
    mistake, and nobody is shut out by a typing error.

    Args:
        path: The file.

    Raises:
        InputError: The file cannot be read or is invalid.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._lock = threading.Lock()
        self._checked_at = time.monotonic()
        self._stamp = self._current_stamp()
        self._store = load_users(path)

    @property
    def is_open(self) -> bool:
        """Whether no token is needed: never."""
        return False

    def members(self) -> tuple[User, ...]:
        """The users with tokens, as the file is now."""
        self._reload()
        return self._store.members()

    def is_blocked(self, name: str) -> bool:
        """Whether a person is let in no longer, as the file is now."""
        self._reload()
        return self._store.is_blocked(name)

    def authenticate(self, token: str) -> User | None:
        """The user with a token as the file is now, or None."""
        self._reload()
        return self._store.authenticate(token)

    def _reload(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._checked_at < _CHECK_EVERY_S:
                return
            self._checked_at = now
            stamp = self._current_stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._store = load_users(self._path)
            except InputError as error:
                logger.error("the users stay as they were: %s", error)
            else:
                logger.warning("the users were read again: %s", self._path)

    def _current_stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
