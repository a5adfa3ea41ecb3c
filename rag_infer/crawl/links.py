"""The links of saved pages, by a process of its own: pages are untrusted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag_infer import _subprocess
from rag_infer.crawl.addresses import WebAddress

_MODULE = "rag_infer.crawl.link_worker"
_TIMEOUT_S = 120.0
_PAGES_PER_PROCESS = 100


def page_links(pages: Mapping[WebAddress, Path]) -> dict[WebAddress, list[WebAddress]]:
    """The addresses that each page links to; none for a page that cannot be parsed.

    Args:
        pages: Saved pages by their address.
    """
    links: dict[WebAddress, list[WebAddress]] = {}
    addresses = list(pages)
    for first in range(0, len(addresses), _PAGES_PER_PROCESS):
        part = addresses[first : first + _PAGES_PER_PROCESS]
        results = _parse([(address, pages[address]) for address in part])
        if results is None:  # one of them broke the parser: which one shows when each has its own
            results = [(_parse([(address, pages[address])]) or [[]])[0] for address in part]
        for address, urls in zip(part, results, strict=True):
            joined = (address.join(url) for url in urls)
            links[address] = list(dict.fromkeys(link for link in joined if link is not None))
    return links


def _parse(pages: Sequence[tuple[WebAddress, Path]]) -> list[list[str]] | None:
    """The links of each page as text; None when the process failed or answered nonsense."""
    request = [{"path": str(path), "url": str(address)} for address, path in pages]
    try:
        done = _subprocess.run(_MODULE, json.dumps(request).encode(), timeout=_TIMEOUT_S)
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return None
    if not isinstance(answer, list) or len(answer) != len(pages):
        return None
    return [[str(link) for link in links] if isinstance(links, list) else [] for links in answer]
