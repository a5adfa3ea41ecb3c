"""How many files this process may have open, raised to what the system allows it."""

from __future__ import annotations

import contextlib

_WITHOUT_RLIMIT = 512  # systems that are not POSIX
_ENOUGH = 65_536


def open_file_limit() -> int:
    """How many files this process may have open now."""
    try:
        import resource
    except ImportError:
        return _WITHOUT_RLIMIT
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft


def raise_open_file_limit() -> int:
    """Raises the soft limit of open files towards the hard one.

    Returns:
        The limit that holds now.
    """
    try:
        import resource
    except ImportError:
        return _WITHOUT_RLIMIT
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < target:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            soft = target
    return target if soft == resource.RLIM_INFINITY else soft
