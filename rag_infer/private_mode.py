"""The private mode: nothing leaves this machine, whatever is asked for.

Once it is on, this process opens no connection but to this machine itself and looks up no name. An
audit hook (PEP 578) enforces it, which Python calls before each connection and nobody can remove.
What reaches the network past Python's own sockets is refused where it begins: buckets, and tool
servers that are programs of their own.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from ipaddress import ip_address
from typing import Any

from rag_infer.errors import PrivateModeError

_ADDRESS_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NAME_EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.", "ip6-localhost"})
_enforced = threading.Event()


def is_private() -> bool:
    """Whether the private mode is on."""
    return _enforced.is_set()


def enforce_private_mode() -> None:
    """Turns the private mode on for the rest of this process, and in those of the package."""
    if not _enforced.is_set():
        _enforced.set()
        os.environ["RAG_PRIVATE"] = "1"  # for the processes that this one starts
        sys.addaudithook(_check_event)


def refuse_in_private_mode(what: str) -> None:
    """For what would reach the network by other means than Python's sockets.

    Raises:
        PrivateModeError: The private mode is on.
    """
    if _enforced.is_set():
        raise _error(what)


def _check_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _ADDRESS_EVENTS:
        opened, address = arguments[0], arguments[-1]
        is_local = address is None or getattr(opened, "family", None) not in _NETWORK_FAMILIES
        if not is_local and not _is_loopback(address[0]):
            raise _error(f"a connection to {address[0]}")
    elif event in _NAME_EVENTS and not _is_loopback(arguments[0]):
        raise _error(f"a look-up of {_text(arguments[0])}")


_NETWORK_FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})


def _is_loopback(host: Any) -> bool:
    """Whether a host is this machine. None and the empty name are: a server listens on them."""
    name = _text(host)
    if not name or name.lower() in _LOOPBACK_NAMES:
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _error(what: str) -> PrivateModeError:
    return PrivateModeError(
        f"{what} was refused: the private mode is on",
        hint="everything stays on this machine until it is turned off",
    )
