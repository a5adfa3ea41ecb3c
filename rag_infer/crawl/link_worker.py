"""The process that parses pages for their links: ``python -m rag_infer.crawl.link_worker``.

Its input is JSON: pages, each with the file it was saved in and its address. Its output is a JSON
array with the links of each. A page that crashes the parser takes this process with it, and nothing
else.
"""

from __future__ import annotations

import io
import json
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from rag_infer._subprocess import exit_with_parent, limit_process
from rag_infer.crawl.addresses import MAX_URL_CHARS
from rag_infer.errors import ReadError

_MEMORY_BYTES = 1_500 * 2**20
_CPU_SECONDS = 120
_MAX_LINKS = 20_000  # of a page
_MAX_SITEMAP_BYTES = 50 * 10**6  # sitemaps.org
_LINKS = (("a", "href"), ("area", "href"), ("frame", "src"), ("iframe", "src"))
_GZIP = b"\x1f\x8b"


def main() -> None:
    """Answers the one request on standard input."""
    exit_with_parent()
    limit_process(memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS)
    pages = json.loads(sys.stdin.buffer.read())
    links = [links_of(Path(page["path"]), page["url"]) for page in pages]
    sys.stdout.write(json.dumps(links))


def links_of(path: Path, url: str) -> list[str]:
    """The links of a page, or the addresses of a sitemap, absolute, each once."""
    data = path.read_bytes()
    if data.startswith(_GZIP):
        data = zlib.decompressobj(47).decompress(data, _MAX_SITEMAP_BYTES)
    links = sitemap_links(data) if is_sitemap(data) else page_links(data, url)
    return [link for link in dict.fromkeys(links) if len(link) <= MAX_URL_CHARS][:_MAX_LINKS]


def is_sitemap(data: bytes) -> bool:
    """Whether an XML file is a sitemap, or an index of sitemaps."""
    head = data[:4096].lower()
    return b"<urlset" in head or b"<sitemapindex" in head


def sitemap_links(data: bytes) -> list[str]:
    """The addresses in a sitemap, as far as it can be parsed."""
    from lxml import etree

    links: list[str] = []
    # No entity is expanded and nothing is fetched.
    events = etree.iterparse(
        io.BytesIO(data), resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    with suppress(etree.XMLSyntaxError):  # what came before the fault counts
        for _, element in events:
            if isinstance(element.tag, str) and etree.QName(element).localname == "loc":
                links.append("".join((element.text or "").split()))
            element.clear()
    return [link for link in links if link]


def page_links(data: bytes, url: str) -> list[str]:
    """The links of an HTML page that it does not ask to leave alone (``nofollow``)."""
    from rag_infer.read.html import decode_markup
    from rag_infer.read.html_tree import tree_of

    try:
        root = tree_of(decode_markup(data))
    except ReadError:
        return []
    if any(
        (meta.get("name") or "").lower() == "robots"
        and {"nofollow", "none"} & _words(meta.get("content"))
        for meta in root.iter("meta")
    ):
        return []
    base = next((b.get("href") for b in root.iter("base") if b.get("href")), "")
    links: list[str] = []
    for tag, attribute in _LINKS:
        for element in root.iter(tag):
            link = (element.get(attribute) or "").strip()
            if link and "nofollow" not in _words(element.get("rel")):
                links.append(_absolute(url, base, link))
    return [link for link in links if link]


def _words(value: Any) -> set[str]:
    return set(str(value or "").lower().replace(",", " ").split())


def _absolute(url: str, base: str, link: str) -> str:
    try:
        return urljoin(urljoin(url, base), link)
    except ValueError:
        return ""


if __name__ == "__main__":
    main()
