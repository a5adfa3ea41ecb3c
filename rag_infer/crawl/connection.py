"""Connections to addresses that were checked, with one limit on time for a whole request.

A name is resolved once and the connection goes to the very address that was checked: resolved a
second time, it could be another one (DNS rebinding). The certificate is still checked for the
name. Proxies of the environment are not used, as they would resolve names on their own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore

from rag_infer.crawl.addresses import is_public

if TYPE_CHECKING:
    import ssl


class AddressRefusedError(Exception):
    """A name leads to this machine or into a private network."""


class CheckedBackend(httpcore.NetworkBackend):
    """Opens connections for an ``httpcore`` pool. ``deadline`` is of the request in progress."""

    def __init__(self, *, allow_private: bool) -> None:
        self.deadline = time.monotonic()
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()

    def remaining(self, timeout: float | None) -> float:
        """Seconds that an operation may take. Raises ReadTimeout when none are left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this page is over")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to the first address of a host that may be asked and answers.

        Raises:
            AddressRefusedError: None of them may.
        """
        try:
            infos = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("its host is not known") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in infos))
        allowed = [a for a in addresses if self._allow_private or is_public(a)]
        if not allowed:
            raise AddressRefusedError(addresses[0] if addresses else host)
        failure: Exception = httpcore.ConnectError("its host has no address")
        for address in allowed:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self.remaining(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream, self)
        raise failure


class _BoundedStream(httpcore.NetworkStream):
    """A stream whose every operation ends with the time of its request."""

    def __init__(self, stream: httpcore.NetworkStream, backend: CheckedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(
            ssl_context, server_hostname, self._backend.remaining(timeout)
        )
        return _BoundedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
