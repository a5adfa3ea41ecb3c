"""Addresses: one spelling for one page, and which machines may be asked."""

from __future__ import annotations

import pytest

from rag_infer.crawl.addresses import WebAddress, is_public
from rag_infer.errors import InputError


@pytest.mark.parametrize(
    ("url", "spelling"),
    [
        ("https://Example.com", "https://example.com/"),
        ("HTTP://example.com:80/a#part", "http://example.com/a"),
        ("https://example.com:8443/a b?q=ü", "https://example.com:8443/a%20b?q=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.com./a%20b?x=1&y=2", "https://example.com/a%20b?x=1&y=2"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    ],
)
def test_an_address_has_one_spelling(url: str, spelling: str) -> None:
    assert str(WebAddress.parse(url)) == spelling
    assert str(WebAddress.parse(spelling)) == spelling


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "https://", "https://a b/", "https://a:99999/", "file:///etc/passwd",
     "https://a.example/\nx", "http://[::1", "https://a.example/" + "x" * 3000],
)  # fmt: skip
def test_what_is_no_web_page_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        WebAddress.parse(url)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError) as error:
        WebAddress.parse("https://me:secret@a.example/x")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("../b", "https://a.example/b"),
        ("?q=1", "https://a.example/x/y?q=1"),
        ("//b.example/z", "https://b.example/z"),
        ("mailto:me@a.example", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
    ],
)
def test_a_link_is_joined_to_its_page(link: str, target: str | None) -> None:
    joined = WebAddress.parse("https://a.example/x/y").join(link)
    assert (None if joined is None else str(joined)) == target


def test_pages_of_a_site() -> None:
    site = WebAddress.parse("https://www.a.example/").site
    assert WebAddress.parse("http://a.example/x").site == site
    assert WebAddress.parse("https://b.a.example/").site != site
    assert WebAddress.parse("https://a.example:8443/").site != site


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1",
     "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "224.0.0.1", "255.255.255.255", "100.64.0.1", "::", "::127.0.0.1",
     "::10.0.0.1", "nonsense"],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)
