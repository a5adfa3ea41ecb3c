"""Web pages as files of an index: what a crawl brought, in the terms of a sync.

A page's id is its address. The index remembers, with each document, the address that its crawl
began at and what the server said of its version; a later run from there asks for each known page
again, and only its server's word (404, 410, a move for good) removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.crawler import Crawler, CrawlResult, Validators
from rag_infer.crawl.options import WebOptions
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.roots import is_web
from rag_infer.ingest.discovery import DiscoveredFiles
from rag_infer.read import SourceFile
from rag_infer.types import Scalar

CRAWL_START = "crawl_start"
_ETAG = "etag"
_LAST_MODIFIED = "last_modified"
_FETCHED = "fetched"
_NO_READER = "no reader for "


def discover_pages(
    urls: Iterable[str],
    documents: Iterable[DocumentRow],
    options: WebOptions,
    folder: Path,
    on_page: Callable[[str, int, int], None] = lambda *_: None,
) -> DiscoveredFiles:
    """Fetches the pages of some addresses.

    Args:
        urls: The first page of each crawl.
        documents: What the index holds.
        options: Depth and limits.
        folder: A folder for the pages, which must outlive their reading.
        on_page: Called before each page: its address, pages done, pages to do.

    Raises:
        InputError: Something is no web address.
    """
    starts = list(dict.fromkeys(WebAddress.parse(url) for url in urls))
    indexed = _indexed_pages(documents)
    discovered = DiscoveredFiles((), {}, (), {})
    for number, start in enumerate(starts):
        pages = folder / str(number)
        pages.mkdir()
        result = Crawler(start, indexed.get(str(start), {}), options, pages, on_page).run()
        discovered = discovered.joined(_as_files(start, result))
        if result.interrupted:
            break
    return discovered


def _indexed_pages(
    documents: Iterable[DocumentRow],
) -> dict[str, dict[WebAddress, Validators]]:
    """The pages of each earlier crawl, by the address that it began at."""
    indexed: dict[str, dict[WebAddress, Validators]] = {}
    for row in documents:
        start = row.metadata.get(CRAWL_START)
        if isinstance(start, str) and is_web(row.file):
            etag, modified = (str(row.metadata.get(key, "")) for key in (_ETAG, _LAST_MODIFIED))
            indexed.setdefault(start, {})[WebAddress.parse(row.file)] = Validators(etag, modified)
    return indexed


def _as_files(start: WebAddress, result: CrawlResult) -> DiscoveredFiles:
    day = datetime.now(UTC).date().isoformat()
    files: list[SourceFile] = []
    for address, page in result.pages.items():
        metadata: dict[str, Scalar] = {CRAWL_START: str(start), _FETCHED: day}
        if page.validators.etag:
            metadata[_ETAG] = page.validators.etag
        if page.validators.last_modified:
            metadata[_LAST_MODIFIED] = page.validators.last_modified
        files.append(SourceFile(page.path, str(address), metadata))
    skipped = {
        reason.removeprefix(_NO_READER): count
        for reason, count in result.left_out.items()
        if reason.startswith(_NO_READER)
    }
    has_pages = bool(files or result.unmodified or result.unreachable)
    return DiscoveredFiles(
        tuple(files),
        {str(start): str(start)} if has_pages else {},
        tuple(map(str, (*result.gone, *result.unreachable))),
        skipped,
        {str(address): reason for address, reason in result.unreachable.items()},
        frozenset(map(str, result.unmodified)),
        {str(address): reason for address, reason in result.failed.items()},
        {r: count for r, count in result.left_out.items() if not r.startswith(_NO_READER)},
        result.interrupted,
    )
