"""What a command names, files, folders and web pages together, as files to be indexed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag_infer.crawl.options import WebOptions
from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.roots import folder_roots, is_web
from rag_infer.ingest.discovery import DiscoveredFiles, discover
from rag_infer.ingest.reports import Progress


@contextmanager
def fetched_pages(
    paths: Sequence[str | Path],
    documents: Callable[[], Iterable[DocumentRow]],
    *,
    web: WebOptions,
    on_progress: Callable[[Progress], None] | None = None,
) -> Iterator[DiscoveredFiles]:
    """Fetches the web pages among some paths; they are deleted when the context ends.

    Args:
        paths: Files, folders, and addresses as text.
        documents: Gives what the index holds; called only for web pages.
        web: How web pages are fetched.
        on_progress: Called before each web page.
    """
    urls = [path for path in paths if _is_address(path)]
    if not urls:
        yield DiscoveredFiles((), {}, (), {})
        return
    from rag_infer.ingest.web_pages import discover_pages

    started = time.monotonic()

    def show(address: str, done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(Progress(done, total, done, 0, time.monotonic() - started, address))

    with tempfile.TemporaryDirectory(prefix="rag-pages-") as folder:
        yield discover_pages(map(str, urls), documents(), web, Path(folder), show)


def discover_sources(
    paths: Sequence[str | Path],
    index: Path,
    roots: Mapping[str, str],
    pages: DiscoveredFiles,
    *,
    remove_missing: bool = False,
) -> DiscoveredFiles:
    """Finds the files among some paths, beside web pages that were fetched.

    Args:
        paths: Files, folders, and addresses as text.
        index: The folder of the index.
        roots: The roots that the index has.
        pages: The web pages.
        remove_missing: See ``discover``.

    Raises:
        InputError: A path does not exist, a folder that is new holds nothing to read, or nothing
            but web pages is named and none of them can be had.
    """
    folders = [Path(path) for path in paths if not _is_address(path)]
    files = discover(folders, index, folder_roots(roots), remove_missing=remove_missing)
    web_roots = {name: where for name, where in roots.items() if is_web(name)}
    files = files.joined(DiscoveredFiles((), web_roots, (), {})).joined(pages)
    if files.failed and not (files.files or files.scope or files.unmodified):
        url, reason = next(iter(files.failed.items()))
        raise InputError(reason, where=url, code="page_not_available")
    return files


def _is_address(path: str | Path) -> bool:
    return isinstance(path, str) and is_web(path.lower())
