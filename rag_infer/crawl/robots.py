"""``robots.txt``: what a site does not want fetched (RFC 9309), and how fast."""

from __future__ import annotations

import time
from dataclasses import dataclass

from protego import Protego

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.http_client import AGENT, HttpClient, WebError

MAX_ROBOTS_BYTES = 500 * 1024  # what RFC 9309 asks readers to read
_MAX_DELAY_S = 30.0
_MAX_SITEMAPS = 50
FORBIDDEN = "robots.txt does not allow it"


@dataclass(frozen=True, slots=True)
class _SiteRules:
    """The rules of one host; without a parser everything is allowed."""

    parser: Protego | None = None
    failure: WebError | None = None


class RobotsRules:
    """The rules of each host that is asked, fetched once.

    Args:
        client: What fetches them.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._rules: dict[tuple[str, str, int], _SiteRules] = {}
        self._next_request: dict[tuple[str, str, int], float] = {}

    def refusal(self, address: WebAddress) -> str | None:
        """Why a page must not be fetched, or None.

        Raises:
            WebError: The rules cannot be had, which forbids everything (RFC 9309, 2.3.1.4).
        """
        parser = self._parser(address)
        if parser is None or parser.can_fetch(str(address), AGENT):
            return None
        return FORBIDDEN

    def sitemaps(self, address: WebAddress) -> list[WebAddress]:
        """The sitemaps that the rules name."""
        parser = self._parser(address)
        links = [] if parser is None else list(parser.sitemaps)[:_MAX_SITEMAPS]
        return [joined for link in links if (joined := address.join(link)) is not None]

    def wait(self, address: WebAddress) -> None:
        """Waits until the host may be asked again, where it names a delay."""
        parser = self._parser(address)
        delay = min(parser.crawl_delay(AGENT) or 0.0, _MAX_DELAY_S) if parser else 0.0
        if delay > 0:
            time.sleep(max(0.0, self._next_request.get(address.origin, 0.0) - time.monotonic()))
            self._next_request[address.origin] = time.monotonic() + delay

    def _parser(self, address: WebAddress) -> Protego | None:
        rules = self._rules.get(address.origin)
        if rules is None:
            rules = self._rules[address.origin] = self._fetch(address)
        if rules.failure is not None:
            raise rules.failure
        return rules.parser

    def _fetch(self, address: WebAddress) -> _SiteRules:
        page = WebAddress(address.scheme, address.host, address.port, "/robots.txt")
        try:
            response = self._client.fetch(page, max_bytes=MAX_ROBOTS_BYTES, truncate=True)
        except WebError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return _SiteRules()
            if error.is_private or error.is_network:
                return _SiteRules(failure=error)
            return _SiteRules(failure=WebError(f"robots.txt cannot be read: {error.reason}"))
        if response.status != 200:
            return _SiteRules()
        return _SiteRules(Protego.parse(response.body.decode("utf-8", "replace")))
