"""Fetching one page: redirects, size, time and compression within bounds.

Everything that a server sends is untrusted. Bodies are unpacked piece by piece, so that a page that
swells costs no more than its limit.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import httpcore

from rag_infer.closeable import Closeable
from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.connection import AddressRefusedError, CheckedBackend
from rag_infer.crawl.options import WebOptions

AGENT = "rag-infer"
MAX_REDIRECTS = 10
_READ_TIMEOUT_S = 20.0  # between two pieces
_MAX_RETRY_AFTER_S = 30.0
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
_GONE = frozenset((404, 410))
_BUSY = frozenset((429, 503))
_AUTO_WBITS = 47  # zlib: gzip or zlib, by the header
_LOST_CONNECTION = (httpcore.NetworkError, httpcore.RemoteProtocolError)


class WebError(Exception):
    """A page cannot be had, for a reason of one line.

    Attributes:
        is_network: No answer came at all: other pages of the host would fail alike.
        is_private: Its address may not be asked.
        status: The status of the answer, where there was one.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_network: bool = False,
        is_private: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_network = is_network
        self.is_private = is_private
        self.status = status


@dataclass(frozen=True, slots=True)
class WebResponse:
    """What a server answered.

    Attributes:
        address: Where the answer came from, after redirects.
        status: 200, 304, 404 or 410; all others are errors.
        headers: By name in lower case.
        body: Unpacked; empty unless the status is 200.
        has_moved: Every redirect on the way said that it is permanent.
    """

    address: WebAddress
    status: int
    headers: Mapping[str, str]
    body: bytes
    has_moved: bool


class HttpClient(Closeable):
    """Fetches pages one after another.

    Args:
        options: Limits, and whether private addresses may be asked.
    """

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        self._backend = CheckedBackend(allow_private=options.allow_private)
        self._pool = httpcore.ConnectionPool(
            network_backend=self._backend, max_connections=4, keepalive_expiry=30.0
        )
        self._headers = {
            "User-Agent": f"{AGENT}/{version('rag-infer')}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
        }

    def close(self) -> None:
        self._pool.close()

    def fetch(
        self,
        address: WebAddress,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        truncate: bool = False,
        refusal: Callable[[WebAddress], str | None] = lambda _: None,
    ) -> WebResponse:
        """Fetches a page and follows its redirects.

        Args:
            address: The page.
            headers: Further headers of the first request.
            max_bytes: Most bytes of the body; None: as the options say.
            truncate: A longer body is cut instead of refused.
            refusal: Why a redirect to an address is not followed, or None.

        Raises:
            WebError: It cannot be had.
        """
        self._backend.deadline = time.monotonic() + self._options.timeout_s
        limit = max_bytes or self._options.max_page_bytes
        more = dict(headers or {})
        visited = {address}
        is_permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            response = self._get(address, more, limit, truncate)
            if response.status not in _REDIRECTS:
                return WebResponse(
                    address, response.status, response.headers, response.body,
                    len(visited) > 1 and is_permanent,
                )  # fmt: skip
            is_permanent &= response.status in _PERMANENT
            target = address.join(response.headers.get("location", ""))
            if target is None or "location" not in response.headers:
                raise WebError("redirects to an address that is no web page")
            if target in visited:
                raise WebError("redirects in a circle")
            if reason := refusal(target):
                raise WebError(f"redirects to {target}: {reason}")
            visited.add(target)
            address, more = target, {}
        raise WebError(f"redirects more than {MAX_REDIRECTS} times")

    def _get(
        self, address: WebAddress, headers: Mapping[str, str], limit: int, truncate: bool
    ) -> WebResponse:
        """One request, once again where the connection was lost or the server is busy."""
        for is_last in (False, True):
            try:
                response = self._request(address, headers, limit, truncate)
            except AddressRefusedError as error:
                raise WebError(
                    f"its address {error} is private; to fetch it all the same: --allow-private",
                    is_private=True,
                ) from error
            except httpcore.TimeoutException as error:
                raise WebError(
                    f"no answer within {self._options.timeout_s:g} s", is_network=True
                ) from error
            except _LOST_CONNECTION as error:
                if is_last:
                    raise WebError(_network_reason(error), is_network=True) from error
                continue
            except httpcore.ProtocolError as error:
                raise WebError("its answer is not HTTP", is_network=True) from error
            if response.status in _BUSY and not is_last and self._wait(response):
                continue
            if response.status == 200 or response.status in (304, *_REDIRECTS, *_GONE):
                return response
            raise WebError(_status_reason(response.status), status=response.status)
        raise AssertionError("the last try returns or raises")

    def _wait(self, response: WebResponse) -> bool:
        """Waits as long as a busy server asks for, unless that is too long."""
        try:
            seconds = float(response.headers.get("retry-after", ""))
        except ValueError:
            return False
        if not 0 <= seconds <= _MAX_RETRY_AFTER_S:
            return False
        time.sleep(seconds)
        self._backend.deadline += seconds
        return True

    def _request(
        self, address: WebAddress, headers: Mapping[str, str], limit: int, truncate: bool
    ) -> WebResponse:
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.strip("[]").encode(),
            port=address.port,
            target=address.target.encode(),
        )
        host = str(address).removeprefix(f"{address.scheme}://").partition("/")[0]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _READ_TIMEOUT_S)
        with self._pool.stream(
            "GET",
            url,
            headers=[("Host", host), *self._headers.items(), *headers.items()],
            extensions={"timeout": timeouts},
        ) as answer:
            fields = {
                name.decode("latin-1").lower(): value.decode("latin-1").strip()
                for name, value in answer.headers
            }
            body = b""
            if answer.status == 200:
                body = _body(answer, fields, limit, truncate)
            return WebResponse(address, answer.status, fields, body, False)


def _body(
    answer: httpcore.Response, fields: Mapping[str, str], limit: int, truncate: bool
) -> bytes:
    encoding = fields.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise WebError(f"sent in an encoding that was not asked for ({encoding[:40]})")
    decoder = zlib.decompressobj(_AUTO_WBITS) if encoding not in ("identity", "") else None
    body = bytearray()
    try:
        for piece in answer.iter_stream():
            left = limit + 1 - len(body)
            body += piece[:left] if decoder is None else decoder.decompress(piece, left)
            if len(body) > limit:
                if truncate:
                    return bytes(body[:limit])
                raise WebError(f"larger than {limit / 1e6:,.1f} MB")
    except zlib.error as error:
        raise WebError("its compressed content is damaged") from error
    if decoder is not None and body and not decoder.eof:
        raise WebError("its compressed content ends early")
    return bytes(body)


def _network_reason(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    detail = getattr(cause, "strerror", None) or str(error) or type(error).__name__
    return f"not reachable ({' '.join(str(detail).split())[:200]})"


def _status_reason(status: int) -> str:
    names = {401: "a login is needed", 403: "not allowed", 429: "too many requests"}
    return f"the server answered {status}" + (f" ({names[status]})" if status in names else "")
