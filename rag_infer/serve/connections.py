"""Limits of connections: time for headers and bodies, how many of one address and in total.

uvicorn bounds the time between two requests of a connection only. A client that opens connections
and sends nothing, or a byte now and then, would hold them, and with them the file descriptors that
everybody needs. Where there are too many, one that waits for its client is closed for a new one.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from rag_infer.open_files import raise_open_file_limit
from rag_infer.serve.config import ServerLimits
from rag_infer.serve.proxies import TrustedProxies

CHECK_INTERVAL_S = 0.5
RESERVED_FILES = 128  # descriptors for indexes, uploads and pipes
MIN_CONNECTIONS = 32
MIN_BODY_BYTES_PER_S = 500
STOP_IDLE_S = 3.0
MIN_EVICTION_AGE_S = 0.05  # a request in flight on this machine takes less


@dataclass
class _Connections:
    """The connections of a server by their protocol."""

    limits: ServerLimits
    proxies: TrustedProxies
    max_connections: int
    count_by_address: Counter[str]
    open: set[GuardedProtocol]


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, with the limits of ``_Connections``."""

    registry: _Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._waiting_since = self._body_since = time.monotonic()
        self._body_bytes = 0
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        registry = self.registry
        limits = registry.limits
        is_over = (
            registry.count_by_address[self._address] >= limits.connections_per_address
            and self._address not in registry.proxies  # it stands for many people
        )
        is_full = len(registry.open) >= registry.max_connections
        if not (is_over and _evict(registry, self._address)):
            if is_full and not _evict(registry, None):
                transport.abort()
            elif is_over:
                # A burst: none has waited long enough to be told from a request in flight.
                asyncio.get_running_loop().call_later(
                    MIN_EVICTION_AGE_S, _trim, registry, self._address
                )
        registry.open.add(self)
        registry.count_by_address[self._address] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._unregister()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        was_waiting = self._waits_for_headers
        if self._waits_for_body:
            self._waiting_since = now
            self._body_bytes += len(data)
        super().data_received(data)
        if was_waiting and not self._waits_for_headers:
            self._waiting_since = self._body_since = now
            self._body_bytes = 0

    def on_response_complete(self) -> None:
        self._waiting_since = time.monotonic()
        super().on_response_complete()

    @property
    def _waits_for_headers(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    @property
    def _waits_for_body(self) -> bool:
        # A body that its reader has not taken yet is not the client's fault.
        return not self._waits_for_headers and self.cycle.more_body and not self.flow.read_paused

    def idle_s(self, now: float) -> float | None:
        """How long this connection has waited for its client; None if it does not."""
        if self._waits_for_headers or self._waits_for_body:
            return now - self._waiting_since
        return None

    def is_timed_out(self, now: float) -> bool:
        """Whether its client has taken too long."""
        idle_s = self.idle_s(now)
        if idle_s is None:
            return False
        limits = self.registry.limits
        if self._waits_for_headers:
            return idle_s > limits.header_timeout_s and self.timeout_keep_alive_task is None
        body_s = now - self._body_since
        is_slow = self._body_bytes < MIN_BODY_BYTES_PER_S * (body_s - limits.body_timeout_s)
        return idle_s > limits.body_timeout_s or is_slow

    def abort(self) -> None:
        """Closes the connection without a response."""
        self._unregister()
        self.transport.abort()

    def _unregister(self) -> None:
        registry = self.registry
        if self in registry.open:
            registry.open.discard(self)
            registry.count_by_address[self._address] -= 1
            if not registry.count_by_address[self._address]:
                del registry.count_by_address[self._address]


def guarded_protocol(limits: ServerLimits, proxies: TrustedProxies) -> type[GuardedProtocol]:
    """A protocol class for the connections of one server."""
    max_connections = min(
        limits.connections, max(MIN_CONNECTIONS, raise_open_file_limit() - RESERVED_FILES)
    )
    connections = _Connections(limits, proxies, max_connections, Counter(), set())
    return type("BoundProtocol", (GuardedProtocol,), {"registry": connections})


async def close_timed_out(
    protocol: type[GuardedProtocol], is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Closes connections whose clients take too long, until it is cancelled.

    Args:
        protocol: The protocol of the connections.
        is_stopping: Whether the server stops: then it waits for a silent client but a moment.
    """
    while True:
        await asyncio.sleep(CHECK_INTERVAL_S)
        now = time.monotonic()
        stopping = is_stopping()
        for connection in list(protocol.registry.open):
            is_silent = stopping and (connection.idle_s(now) or 0) > STOP_IDLE_S
            if is_silent or connection.is_timed_out(now):
                connection.abort()


def _evict(registry: _Connections, address: str | None) -> bool:
    """Closes the connection that has waited longest for its client; False if none does.

    Without an address it is one of the address that has most of them.
    """
    if address is None:
        address = max(registry.count_by_address, key=registry.count_by_address.__getitem__)
    now = time.monotonic()
    oldest: tuple[bool, float, Any] | None = None
    for connection in registry.open:
        idle_s = connection.idle_s(now) if connection._address == address else None
        if idle_s is None or idle_s < MIN_EVICTION_AGE_S:
            continue
        candidate = (connection._waits_for_headers, idle_s, connection)
        if oldest is None or candidate[:2] > oldest[:2]:
            oldest = candidate
    if oldest is None:
        return False
    oldest[2].abort()
    return True


def _trim(registry: _Connections, address: str) -> None:
    """Closes a connection of an address that still has too many."""
    if registry.count_by_address[address] > registry.limits.connections_per_address:
        _evict(registry, address)
