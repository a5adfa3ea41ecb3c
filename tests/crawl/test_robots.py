"""What a site does not want fetched is not fetched."""

from __future__ import annotations

import pytest

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.http_client import HttpClient, WebError
from rag_infer.crawl.options import WebOptions
from rag_infer.crawl.robots import RobotsRules
from tests.crawl.site import Answer, Site, redirect

RULES = b"""User-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.bak$

User-agent: other-bot
Disallow: /

Sitemap: /map.xml
Sitemap: https://elsewhere.example/map.xml
"""


def refusals(site: Site, *paths: str) -> list[str]:
    """The paths that the rules of the site forbid."""
    with HttpClient(WebOptions(allow_private=True)) as client:
        rules = RobotsRules(client)
        return [path for path in paths if rules.refusal(WebAddress.parse(site.url(path)))]


def test_rules_are_obeyed_and_fetched_once() -> None:
    with Site({"/robots.txt": Answer(RULES, "text/plain")}) as site:
        paths = ("/", "/private/a", "/private/open", "/x.bak", "/x.bak2")
        assert refusals(site, *paths) == ["/private/a", "/x.bak"]
        assert site.requests == ["/robots.txt"]
        with HttpClient(WebOptions(allow_private=True)) as client:
            sitemaps = RobotsRules(client).sitemaps(WebAddress.parse(site.url()))
        assert list(map(str, sitemaps)) == [
            site.url("/map.xml"),
            "https://elsewhere.example/map.xml",
        ]


@pytest.mark.parametrize("status", [404, 403, 401])
def test_a_site_without_rules_allows_everything(status: int) -> None:
    with Site({"/robots.txt": Answer(RULES, status=status)}) as site:
        assert refusals(site, "/private/a") == []


def test_rules_behind_a_redirect() -> None:
    pages = {"/robots.txt": redirect("/rules.txt"), "/rules.txt": Answer(RULES, "text/plain")}
    with Site(pages) as site:
        assert refusals(site, "/private/a") == ["/private/a"]


def test_rules_that_cannot_be_had_forbid_everything() -> None:
    with Site({"/robots.txt": Answer(status=500)}) as site, pytest.raises(WebError, match="robots"):
        refusals(site, "/")


@pytest.mark.parametrize(
    "rules",
    [b"\xff\xfe\x00broken", b"Disallow", b"User-agent: *\nDisallow: /" + b"*a" * 5000,
     b"User-agent: *\nCrawl-delay: much\nDisallow:", b"User-agent: *\n" * 100_000],
)  # fmt: skip
def test_strange_rules_cost_nothing(rules: bytes) -> None:
    with Site({"/robots.txt": Answer(rules, "text/plain")}) as site:
        assert refusals(site, "/page", "/" + "a" * 1500) == []


def test_no_more_than_the_standard_asks_for_is_read() -> None:
    rules = b"User-agent: *\nDisallow: /first\n" + b"#" * 600_000 + b"\nDisallow: /last\n"
    with Site({"/robots.txt": Answer(rules, "text/plain")}) as site:
        assert refusals(site, "/first", "/last") == ["/first"]
