"""The replicas of one shard: in which order they are asked, and when a second one is."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence

import numpy as np

logger = logging.getLogger(__name__)

HEDGE_QUANTILE = 0.95
_FIRST_HEDGE_S = 0.25  # until enough times are known
_LEAST_HEDGE_S = 0.005  # below, the times differ by the work of this machine
_KNOWN_TIMES = 20
_MAX_TIMES = 200
COOL_DOWN_S = 3.0  # in which a replica that failed is asked last


class Replicas:
    """The addresses of one shard, with how long its answers took. May be used by many threads.

    Args:
        addresses: Of servers that answer alike.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = tuple(addresses)
        self._times: dict[str, deque[float]] = {}
        self._failed_at = dict.fromkeys(self.addresses, float("-inf"))
        self._failures = dict.fromkeys(self.addresses, "")
        self._turn = 0
        self._lock = threading.Lock()

    def order(self) -> list[str]:
        """The addresses in the order in which they are asked: in turn, those that failed last."""
        with self._lock:
            self._turn += 1
            start = self._turn % len(self.addresses)
            failed = {a for a in self.addresses if self._is_failed(a)}
        in_turn = [*self.addresses[start:], *self.addresses[:start]]
        return sorted(in_turn, key=lambda address: address in failed)

    @property
    def all_failed(self) -> bool:
        """Whether each of them failed a moment ago, so that nobody should wait for them."""
        return all(map(self._is_failed, self.addresses))

    def hedge_after_s(self, round_name: str) -> float:
        """After how long a second replica is asked: later than most answers of a round come."""
        with self._lock:
            times = list(self._times.get(round_name, ()))
        if len(times) < _KNOWN_TIMES:
            return _FIRST_HEDGE_S
        return max(_LEAST_HEDGE_S, float(np.quantile(times, HEDGE_QUANTILE)))

    def note_time(self, round_name: str, seconds: float) -> None:
        """Remembers how long an answer took."""
        with self._lock:
            times = self._times.setdefault(round_name, deque(maxlen=_MAX_TIMES))
            times.append(seconds)

    def note_answer(self, address: str) -> None:
        """Remembers that a replica answered."""
        with self._lock:
            self._failed_at[address] = float("-inf")
            has_failed = bool(self._failures[address])
            self._failures[address] = ""
        if has_failed:
            logger.warning("the shard at %s answers again", address)

    def note_failure(self, address: str, reason: str) -> None:
        """Remembers why a replica did not answer; a new reason goes to the log."""
        with self._lock:
            self._failed_at[address] = time.monotonic()
            is_new = self._failures[address] != reason
            self._failures[address] = reason
        if is_new:
            logger.warning("the shard at %s %s", address, reason)

    @property
    def failure(self) -> str:
        """Why the first of them did not answer; nothing if it did."""
        return self._failures[self.addresses[0]]

    def _is_failed(self, address: str) -> bool:
        return time.monotonic() - self._failed_at[address] < COOL_DOWN_S
