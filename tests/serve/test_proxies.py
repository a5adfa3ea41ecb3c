"""Whose headers count, and which path a request has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.errors import InputError
from rag_infer.serve.proxies import TrustedProxies, _below, normalized_root_path, route_path


def test_the_nearest_address_that_is_no_proxy_counts() -> None:
    proxies = TrustedProxies(("127.0.0.1", "10.0.0.0/8"))
    assert proxies.client_of("6.6.6.6, 203.0.113.9, 10.0.0.7") == "203.0.113.9"
    assert proxies.client_of("203.0.113.9, not an address") is None
    assert proxies.client_of("10.0.0.7") is None
    assert "127.0.0.1" in proxies
    assert "192.168.0.1" not in proxies
    with pytest.raises(InputError, match="no address"):
        TrustedProxies(("proxy.local",))


@pytest.mark.parametrize("path", ["/rag", "rag", "/rag/", "/a/b-c"])
def test_root_paths(path: str) -> None:
    assert normalized_root_path(path) == "/" + path.strip("/")


@pytest.mark.parametrize("path", ["/a b", "/../x", "//x//y", "/a?b", "/ä"])
def test_no_root_paths(path: str) -> None:
    with pytest.raises(InputError, match="no path"):
        normalized_root_path(path)


@given(st.text("/abrg.", max_size=12).map(lambda rest: "/" + rest))
def test_the_guard_sees_the_path_that_is_routed(path: str) -> None:
    """Starlette's own rule for a path below root_path must give the same route."""
    from starlette._utils import get_route_path

    scope = _below({"type": "http", "path": path}, "/rag")
    assert scope["path"].startswith("/rag")
    assert route_path(scope) == get_route_path(scope)
