"""Links are read in a process of their own."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rag_infer.crawl import link_worker, links
from rag_infer.crawl.addresses import WebAddress

PAGE = WebAddress.parse("https://a.example/docs/index.html")


def linked(tmp_path: Path, data: bytes) -> list[str]:
    path = tmp_path / "page.html"
    path.write_bytes(data)
    return list(map(str, links.page_links({PAGE: path})[PAGE]))


def test_links_of_a_page(tmp_path: Path) -> None:
    data = b"""<html><body><a href="one.html#part">1</a><a href="/two">2</a><a name="x">no link</a>
    <a href="one.html">again</a><a rel="nofollow" href="/left-out">3</a>
    <a href="mailto:me@a.example">4</a><iframe src="//b.example/frame"></iframe></body></html>"""
    assert linked(tmp_path, data) == [
        "https://a.example/docs/one.html",
        "https://a.example/two",
        "https://b.example/frame",
    ]


def test_a_page_may_have_another_base(tmp_path: Path) -> None:
    data = b'<html><head><base href="/other/"></head><body><a href="x">1</a></body></html>'
    assert linked(tmp_path, data) == ["https://a.example/other/x"]


@pytest.mark.parametrize("rule", ["nofollow", "noindex, NOFOLLOW", "none"])
def test_a_page_may_ask_not_to_be_followed(tmp_path: Path, rule: str) -> None:
    data = f'<html><head><meta name="robots" content="{rule}"></head><body><a href="x">1</a>'
    assert linked(tmp_path, data.encode()) == []


@pytest.mark.parametrize("is_packed", [False, True])
def test_sitemaps(tmp_path: Path, is_packed: bool) -> None:
    data = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc> https://a.example/x </loc><lastmod>2026-01-01</lastmod></url>
    <url><loc>https://a.example/y?a=1&amp;b=2</loc></url></urlset>"""
    data = gzip.compress(data) if is_packed else data
    assert linked(tmp_path, data) == ["https://a.example/x", "https://a.example/y?a=1&b=2"]


def test_entities_of_a_sitemap_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    data = f"""<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa">
    <!ENTITY b "{"&a;" * 100}"><!ENTITY file SYSTEM "{secret.as_uri()}">]>
    <urlset><url><loc>https://a.example/&file;</loc></url>
    <url><loc>https://a.example/{"&b;" * 1000}</loc></url></urlset>"""
    assert all(len(link) < 100 and "secret" not in link for link in linked(tmp_path, data.encode()))


def test_a_page_that_breaks_the_parser_costs_its_own_links_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = tmp_path / "good.html"
    good.write_text('<a href="x">1</a>')
    pages = {PAGE: tmp_path / "missing.html", WebAddress.parse("https://a.example/b"): good}
    answer = links.page_links(pages)
    assert [list(map(str, found)) for found in answer.values()] == [[], ["https://a.example/x"]]
    monkeypatch.setattr(links, "_TIMEOUT_S", 0.0)
    assert list(links.page_links({PAGE: good}).values()) == [[]]


def test_broken_pages_have_no_links() -> None:
    for data in (b"", b"\x00\xff" * 100, b"<a href=", b"<urlset><loc>x"):
        assert isinstance(link_worker.page_links(data, str(PAGE)), list)
        assert isinstance(link_worker.sitemap_links(data), list)
