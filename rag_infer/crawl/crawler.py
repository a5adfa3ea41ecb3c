"""A crawl: the first page, what it links to, and every page that is indexed already.

Level by level: all pages of one distance are fetched and saved before their links are looked at.
Indexed pages are fetched again whatever links to them now; whether a page is gone is for its own
server to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.http_client import HttpClient, WebError, WebResponse
from rag_infer.crawl.link_worker import is_sitemap
from rag_infer.crawl.links import page_links
from rag_infer.crawl.options import WebOptions
from rag_infer.crawl.page_files import file_extension, saved_page
from rag_infer.crawl.robots import RobotsRules

_MAX_NETWORK_FAILURES = 3  # in a row: then the host counts as not reachable
_MAX_TOTAL_BYTES = 4 * 2**30
_MAX_SITEMAPS = 50
_SITEMAP_EXTENSION = ".sitemap"
OTHER_SITE = "another site"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a page's version, to be requested whether it is still that."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        fields = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page that was fetched: its address after redirects, its file, its version."""

    address: WebAddress
    path: Path
    validators: Validators


@dataclass(slots=True)
class CrawlResult:
    """What a crawl brought.

    Attributes:
        pages: Pages that were fetched.
        unmodified: Indexed pages that are as they were.
        gone: Indexed pages that their server says are gone.
        unreachable: Why indexed pages could not be looked at.
        failed: Why the first page, if it is not indexed, could not be had.
        left_out: How many new pages were left out, by reason.
        interrupted: Ctrl-C ended it.
    """

    pages: dict[WebAddress, SavedPage] = field(default_factory=dict)
    unmodified: set[WebAddress] = field(default_factory=set)
    gone: set[WebAddress] = field(default_factory=set)
    unreachable: dict[WebAddress, str] = field(default_factory=dict)
    failed: dict[WebAddress, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False


class Crawler:
    """One crawl from one address.

    Args:
        start: The first page.
        indexed: The pages of earlier crawls from it, with their versions.
        options: Depth and limits.
        folder: Where pages are saved.
        on_page: Called with each address before it is fetched, with the numbers of pages done and
            to do.
    """

    def __init__(
        self,
        start: WebAddress,
        indexed: Mapping[WebAddress, Validators],
        options: WebOptions,
        folder: Path,
        on_page: Callable[[str, int, int], None] = lambda *_: None,
    ) -> None:
        self._start = start
        self._site = start.site
        self._indexed = indexed
        self._options = options
        self._folder = folder
        self._on_page = on_page
        self._visited: set[WebAddress] = set()
        self._first = {start}  # the first page, also by where it redirects to
        self._bodies: dict[WebAddress, Path] = {}  # pages whose links are to be followed
        self._new_pages = self._bytes = self._files = self._failures = 0  # failures in a row
        self._deadline = time.monotonic() + options.max_seconds
        self._stop_reason = ""
        self.result = CrawlResult()

    def run(self) -> CrawlResult:
        """Fetches the pages. After Ctrl-C the result has what came before it."""
        with HttpClient(self._options) as client:
            self._client = client
            self._robots = RobotsRules(client)
            try:
                self._run()
            except KeyboardInterrupt:
                self.result.interrupted = True
                self._stop_reason = "the run was stopped"
        for address in self._indexed:
            if address not in self._visited:
                self.result.unreachable[address] = self._stop_reason or "not looked at"
        return self.result

    def _run(self) -> None:
        depth = self._options.depth
        level = [self._start]
        for distance in range(depth + 1):
            follow = distance < depth
            for number, address in enumerate(level):
                self._on_page(str(address), number, len(level) + len(self._indexed))
                self._visit(address, follow=follow)
            level = self._linked() if follow else []
            if distance == 0 and follow:
                level = list(dict.fromkeys([*level, *self._sitemap_pages()]))
            level = [a for a in level if a.site == self._site and a not in self._visited]
        rest = [address for address in self._indexed if address not in self._visited]
        for number, address in enumerate(rest):
            self._on_page(str(address), number, len(rest))
            self._visit(address, follow=False)

    def _linked(self) -> list[WebAddress]:
        """Where the pages of the last level lead to; or what a sitemap lists."""
        bodies, self._bodies = self._bodies, {}
        return list(dict.fromkeys(a for links in page_links(bodies).values() for a in links))

    def _visit(self, address: WebAddress, *, follow: bool) -> None:
        """Fetches a page and notes what came of it."""
        is_indexed = address in self._indexed
        if address in self._visited:
            return
        if reason := self._limit(is_indexed=is_indexed):
            self._leave_out(address, reason)
            return
        self._visited.add(address)
        try:
            if forbidden := self._robots.refusal(address):
                self._note_failure(address, forbidden)
                return
            self._robots.wait(address)
            # A page whose links are followed is fetched whole: an unchanged one has no links.
            validators = Validators() if follow else self._indexed.get(address, Validators())
            response = self._client.fetch(
                address, headers=validators.headers(), refusal=self._redirect_refusal
            )
        except WebError as error:
            self._failures = self._failures + 1 if error.is_network else 0
            if self._failures >= _MAX_NETWORK_FAILURES:
                self._stop_reason = error.reason
            self._note_failure(address, error.reason)
            return
        self._failures = 0
        self._take(address, response, follow=follow)

    def _redirect_refusal(self, target: WebAddress) -> str | None:
        """Redirects stay on the site; the first page's may lead to where the site is now."""
        if target.site != self._site and self._visited != {self._start}:
            return OTHER_SITE
        return self._robots.refusal(target)

    def _take(self, requested: WebAddress, response: WebResponse, *, follow: bool) -> None:
        address = response.address
        if requested == self._start:
            self._site = address.site
            self._first.add(address)
        if response.status == 304:
            self._note_unmodified(requested)
        elif response.status != 200:
            self._note_gone(requested, response.status)
        elif address != requested and requested in self._indexed and not response.has_moved:
            self._note_failure(requested, f"redirects to {address} at present")
        elif address in self.result.pages or address in self.result.unmodified:
            self._note_moved(requested, address)
        else:
            self._visited.add(address)
            self._save(requested, response, follow=follow)

    def _save(self, requested: WebAddress, response: WebResponse, *, follow: bool) -> None:
        address, headers = response.address, response.headers
        self._bytes += len(response.body)
        self._files += 1
        extension = file_extension(address, headers, response.body)
        if requested == self._start and _is_sitemap(address, response.body):
            path = saved_page(self._folder, self._files, _SITEMAP_EXTENSION, {}, response.body)
            self._bodies[address] = path
            if not self._options.depth:
                for linked in self._linked():
                    if linked.site == self._site:
                        self._visit(linked, follow=False)
            return
        if extension is None:
            kind = headers.get("content-type", "").partition(";")[0].strip() or "without a type"
            self._note_failure(address, f"no reader for {kind[:60]}")
            return
        path = saved_page(self._folder, self._files, extension, headers, response.body)
        validators = Validators(headers.get("etag", ""), headers.get("last-modified", ""))
        self.result.pages[address] = SavedPage(address, path, validators)
        self._new_pages += address not in self._indexed
        self._note_moved(requested, address)
        if follow and extension == ".html":
            self._bodies[address] = path

    def _sitemap_pages(self) -> list[WebAddress]:
        """Pages of the site's sitemaps below the folder of the first page."""
        first = next(iter(self.result.pages), self._start)
        try:
            named = self._robots.sitemaps(first)
        except WebError:
            return []
        usual = WebAddress(first.scheme, first.host, first.port, "/sitemap.xml")
        sitemaps = named or [usual]
        pages: list[WebAddress] = []
        seen_sitemaps: set[WebAddress] = set()
        while sitemaps and len(seen_sitemaps) < _MAX_SITEMAPS:
            sitemap = sitemaps.pop(0)
            if sitemap in seen_sitemaps or sitemap.site != self._site:
                continue
            seen_sitemaps.add(sitemap)
            path = self._sitemap_file(sitemap)
            for link in page_links({sitemap: path})[sitemap] if path else ():
                is_nested = link.path.endswith((".xml", ".xml.gz"))
                (sitemaps if is_nested else pages).append(link)
        return [page for page in pages if page.path.startswith(first.folder)]

    def _sitemap_file(self, sitemap: WebAddress) -> Path | None:
        try:
            if self._limit(is_indexed=True) or self._robots.refusal(sitemap):
                return None
            self._robots.wait(sitemap)
            response = self._client.fetch(sitemap, refusal=self._redirect_refusal)
        except WebError:
            return None
        if response.status != 200 or not _is_sitemap(response.address, response.body):
            return None
        self._files += 1
        return saved_page(self._folder, self._files, _SITEMAP_EXTENSION, {}, response.body)

    # What came of a page

    def _limit(self, *, is_indexed: bool) -> str:
        """Why no further page is fetched, or nothing."""
        if not self._stop_reason:
            if time.monotonic() > self._deadline:
                self._stop_reason = f"not looked at within {self._options.max_seconds:,.0f} s"
            elif self._bytes > _MAX_TOTAL_BYTES:
                self._stop_reason = f"over the limit of {_MAX_TOTAL_BYTES / 1e9:.0f} GB a run"
        if not self._stop_reason and not is_indexed and self._new_pages >= self._options.max_pages:
            return f"over the limit of {self._options.max_pages:,} pages"
        return self._stop_reason

    def _leave_out(self, address: WebAddress, reason: str) -> None:
        if address in self._indexed:
            self.result.unreachable[address] = reason
        else:
            self.result.left_out[reason] = self.result.left_out.get(reason, 0) + 1
        self._visited.add(address)

    def _note_failure(self, address: WebAddress, reason: str) -> None:
        if address in self._indexed:
            self.result.unreachable[address] = reason
        elif address in self._first:
            self.result.failed[address] = reason
        else:
            self._leave_out(address, reason)

    def _note_unmodified(self, requested: WebAddress) -> None:
        if requested in self._indexed:
            self.result.unmodified.add(requested)
        else:
            self._note_failure(requested, "the server says that it is unchanged, but it is new")

    def _note_gone(self, requested: WebAddress, status: int) -> None:
        if requested in self._indexed:
            self.result.gone.add(requested)
        else:
            self._note_failure(requested, f"not there ({status})")

    def _note_moved(self, requested: WebAddress, address: WebAddress) -> None:
        """A page that moved for good, and was had where it is now, leaves its old address."""
        if requested != address and requested in self._indexed:
            self.result.gone.add(requested)


def _is_sitemap(address: WebAddress, body: bytes) -> bool:
    is_packed = address.path.endswith(".xml.gz") and body.startswith(b"\x1f\x8b")
    return is_packed or is_sitemap(body)
