"""Requests to shards over HTTP: all at once, each within a time, to a replica where one is slow."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpcore

from rag_infer.closeable import Closeable
from rag_infer.errors import InputError
from rag_infer.shards.hedging import Replicas
from rag_infer.shards.messages import MAX_RESPONSE_BYTES
from rag_infer.shards.partition import MAX_SHARDS
from rag_infer.shards.router import ShardError

ROUTES = "/api/shard"
TIMEOUT_S = 10.0
_PROBE_TIMEOUT_S = 1.0  # of a look whether a shard is there: who probes this server waits for it
_THREADS_PER_SHARD = 16
_MAX_THREADS = 512
_KEEP_ALIVE_S = 10.0  # less than a server waits between two requests
_MISDIRECTED = 421
_SILENT = "does not answer"
_REASONS = {
    401: "refuses the key",
    403: "refuses the key",
    404: "is a server but no shard",
    405: "is a server but no shard",
    409: "has another index, or another generation of it",
    _MISDIRECTED: "was started as another shard",
    501: "is a server but no shard",
    503: "is busy",
}
_OTHER_SHARD = re.compile(rb"this is shard (\d{1,4}/\d{1,4})")


def parse_addresses(text: str) -> list[tuple[str, ...]]:
    """The addresses of all shards, as they are typed: ``http://a:8001,http://b:8002|http://c:8002``.

    Args:
        text: Shards by commas in their order, replicas of one by bars.

    Raises:
        InputError: One of them is no address of a server.
    """
    shards = [
        tuple(address.strip().rstrip("/") for address in replicas.split("|"))
        for replicas in text.split(",")
    ]
    for address in (address for replicas in shards for address in replicas):
        _check_address(address)
    if len(shards) > MAX_SHARDS:
        raise InputError(f"there are at most {MAX_SHARDS:,} shards")
    return shards


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
        valid = valid and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        valid = False
    if not valid:
        raise InputError(
            f"'{address}' is not the address of a shard",
            hint="for example: http://10.0.0.5:8001,http://10.0.0.6:8001",
        )


def _reason(status: int, content: bytes | bytearray) -> str:
    if status == _MISDIRECTED and (other := _OTHER_SHARD.search(content)):
        return f"was started as {other[1].decode()}"
    return _REASONS.get(status, f"answers with status {status}")


@dataclass(slots=True)
class _Leg:
    """The request to one shard: its attempts, and the replicas that were not asked yet."""

    shard: int
    body: bytes
    remaining: list[str]
    hedge_at: float
    attempts: dict[Future[bytes], str] = field(default_factory=dict)
    failure: ShardError = field(default_factory=lambda: ShardError(_SILENT))


class HttpShards(Closeable):
    """Brings rounds to shards by HTTP. May be used by many threads.

    Args:
        shards: For each shard the addresses of its replicas.
        key: What the shards ask for.
        timeout_s: How long a round may take.
    """

    def __init__(
        self, shards: Sequence[Sequence[str]], key: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.replicas = [Replicas(addresses) for addresses in shards]
        self._timeout_s = timeout_s
        self._headers = [
            (b"authorization", b"Bearer " + key.encode("utf-8")),
            (b"content-type", b"application/json"),
        ]
        threads = min(_MAX_THREADS, _THREADS_PER_SHARD * len(shards))
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=threads,
            max_keepalive_connections=threads,
            keepalive_expiry=_KEEP_ALIVE_S,
        )
        self._executor = ThreadPoolExecutor(threads, "shard")
        self.sent_bytes = self.received_bytes = 0

    @property
    def count(self) -> int:
        """How many shards there are."""
        return len(self.replicas)

    def ask(self, round_name: str, bodies: Mapping[int, bytes]) -> dict[int, bytes | ShardError]:
        """The answers of some shards, which are asked at the same time.

        A replica that fails is followed by the next one at once; one that is slower than most
        answers are, by the next one beside it, and the first answer counts.

        Raises:
            PrivateModeError: The private mode is on, and a shard is not on this machine.
        """
        answers: dict[int, bytes | ShardError] = {}
        started = time.monotonic()
        legs: list[_Leg] = []
        for shard, body in bodies.items():
            replicas = self.replicas[shard]
            if replicas.all_failed:
                answers[shard] = ShardError(replicas.failure or _SILENT)
                continue
            leg = _Leg(shard, body, replicas.order(), started + replicas.hedge_after_s(round_name))
            self._start_attempt(leg, round_name)
            legs.append(leg)
        while legs:
            now = time.monotonic()
            until = started + self._timeout_s
            if now >= until:
                break
            hedges = [leg.hedge_at for leg in legs if leg.remaining]
            pending = [attempt for leg in legs for attempt in leg.attempts]
            wait(pending, max(0.0, min([until, *hedges]) - now), FIRST_COMPLETED)
            for leg in legs:
                self._advance(leg, round_name, started, answers)
            legs = [leg for leg in legs if leg.shard not in answers]
        for leg in legs:
            too_late = ShardError(f"took more than {self._timeout_s:g} s")
            for address in leg.attempts.values():
                self.replicas[leg.shard].note_failure(address, str(too_late))
            answers[leg.shard] = too_late
        return answers

    def _start_attempt(self, leg: _Leg, round_name: str) -> None:
        address = leg.remaining.pop(0)
        attempt = self._executor.submit(
            self._post, address, leg.shard, round_name, leg.body, self._timeout_s
        )
        leg.attempts[attempt] = address

    def _advance(
        self,
        leg: _Leg,
        round_name: str,
        started: float,
        answers: dict[int, bytes | ShardError],
    ) -> None:
        """Takes what came of a leg's attempts, and begins the next one where it is time."""
        replicas = self.replicas[leg.shard]
        for attempt in [attempt for attempt in leg.attempts if attempt.done()]:
            address = leg.attempts.pop(attempt)
            try:
                answers[leg.shard] = attempt.result()
            except ShardError as error:
                replicas.note_failure(address, str(error))
                leg.failure = error
                continue
            replicas.note_answer(address)
            replicas.note_time(round_name, time.monotonic() - started)
            return
        if leg.remaining and not leg.attempts:  # the others have failed
            self._start_attempt(leg, round_name)
        elif leg.remaining and time.monotonic() >= leg.hedge_at:
            self._start_attempt(leg, round_name)
            leg.hedge_at = float("inf")  # one beside it is enough
        elif not leg.attempts:
            answers[leg.shard] = leg.failure

    def _post(self, address: str, shard: int, action: str, body: bytes, timeout_s: float) -> bytes:
        """Raises ShardError for anything but an answer within the time."""
        deadline = time.monotonic() + timeout_s
        too_late = ShardError(f"took more than {timeout_s:g} s")
        url = f"{address}{ROUTES}/{action}?shard={shard + 1}/{self.count}"
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        try:
            with self._pool.stream(
                "POST",
                url,
                headers=self._headers,
                content=body,
                extensions={"timeout": timeouts},
            ) as response:
                content = bytearray()
                for piece in response.iter_stream():
                    content += piece
                    if len(content) > MAX_RESPONSE_BYTES:
                        raise ShardError("gave an answer that is too large")
                    if time.monotonic() > deadline:
                        raise too_late
                status = response.status
        except httpcore.TimeoutException:
            raise too_late from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise ShardError(_SILENT) from None
        if status != 200:
            raise ShardError(_reason(status, content))
        self.sent_bytes += len(body)
        self.received_bytes += len(content)
        return bytes(content)

    def missing(self, generation: str) -> dict[int, str]:
        """Why shards cannot answer now, by their number; none where all can.

        Args:
            generation: The digest of the generation that they should have.
        """

        timeout_s = min(self._timeout_s, _PROBE_TIMEOUT_S)

        def failure_of(shard: int) -> str | None:
            failure = ""
            for address in self.replicas[shard].addresses:
                try:
                    self._post(address, shard, "state", generation.encode(), timeout_s)
                except ShardError as error:
                    failure = str(error)
                else:
                    self.replicas[shard].note_answer(address)
                    return None
            return failure

        failures = enumerate(self._executor.map(failure_of, range(self.count)))
        return {shard: failure for shard, failure in failures if failure is not None}

    def close(self) -> None:
        """Ends all connections."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
