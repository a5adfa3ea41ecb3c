"""Names of the files that a server keeps for each of its users."""

from __future__ import annotations

import hashlib


def user_file_name(user: str) -> str:
    """A file name for a user; names of users may hold what file names may not."""
    return f"{hashlib.sha256(user.encode()).hexdigest()[:32]}.sqlite"
