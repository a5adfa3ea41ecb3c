"""A reverse proxy in front of the server: whose request it passes on, and under which path.

Headers that a proxy adds count only where the connection comes from a proxy that the operator has
named. Then the address, the scheme and the host are those that the browser sees, so that the check
of a request's origin compares what belongs together. Below a path (``/rag/``) a request is brought
into one form, with the path, whether the proxy removes it or not.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from rag_infer.errors import InputError
from rag_infer.serve.sign_on import SignOnHeaders, signed_on

Network = IPv4Network | IPv6Network

_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_SCHEMES = frozenset({"http", "https"})


class TrustedProxies:
    """The addresses of the proxies whose headers count.

    Args:
        addresses: Addresses and networks, such as ``127.0.0.1`` and ``10.0.0.0/8``.

    Raises:
        InputError: One of them is no address.
    """

    def __init__(self, addresses: tuple[str, ...] = ()) -> None:
        self._networks: list[Network] = []
        for address in addresses:
            try:
                self._networks.append(ip_network(address))
            except ValueError:
                raise InputError(
                    f"'{address}' is no address or network",
                    where="--trusted-proxy",
                    hint="for a proxy of this machine: 127.0.0.1",
                ) from None

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def client_of(self, forwarded_for: str) -> str | None:
        """The nearest address of a ``X-Forwarded-For`` header that is not itself a proxy.

        What stands further left was written by whoever sent the request, and may be made up.
        """
        for entry in reversed(forwarded_for.split(",")):
            address = entry.strip()
            try:
                ip_address(address)
            except ValueError:
                return None
            if address not in self:
                return address
        return None


def normalized_root_path(path: str) -> str:
    """A path under which the server is reached, without a slash at its end; empty for the root.

    Raises:
        InputError: It is no path.
    """
    normalized = "/" + path.strip("/") if path.strip("/") else ""
    is_valid = not normalized or _ROOT_PATH.fullmatch(normalized)
    if not is_valid or any(part in (".", "..") for part in normalized.split("/")):
        raise InputError(f"'{path}' is no path such as /rag", where="--root-path")
    return normalized


class ForwardedRequestMiddleware:
    """Takes address, scheme, host and person from a trusted proxy, and the path that it serves."""

    def __init__(
        self,
        app: ASGIApp,
        proxies: TrustedProxies,
        root_path: str,
        sign_on: SignOnHeaders | None = None,
    ) -> None:
        self._app = app
        self._proxies = proxies
        self._root_path = root_path
        self._sign_on = sign_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        if client and client[0] in self._proxies:
            scope = self._forwarded(scope)
        if self._root_path:
            if scope["path"] == self._root_path:
                await _redirect(send, f"{self._root_path}/")
                return
            scope = _below(scope, self._root_path)
        await self._app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> Scope:
        # The last of several headers is that of the proxy itself.
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        scope = dict(scope)
        if client := self._proxies.client_of(headers.get("x-forwarded-for", "")):
            scope["client"] = (client, 0)
        scheme = headers.get("x-forwarded-proto", "").strip().lower()
        if scheme in _SCHEMES:
            scope["scheme"] = scheme
        host = headers.get("x-forwarded-host", "").rpartition(",")[2].strip()
        if _HOST.fullmatch(host):
            others = [(k, v) for k, v in scope["headers"] if k != b"host"]
            scope["headers"] = [(b"host", host.encode("ascii")), *others]
        user = self._sign_on.user_of(headers) if self._sign_on else None
        return scope if user is None else signed_on(scope, user)


def _below(scope: Scope, root_path: str) -> Scope:
    """The request with ``root_path`` at the beginning of its path, as ASGI has it."""
    path = scope["path"]
    has_it = path.startswith(f"{root_path}/")
    return {**scope, "root_path": root_path, "path": path if has_it else root_path + path}


def route_path(scope: Scope) -> str:
    """The path of a request below the one that the server is reached under."""
    root_path, path = scope.get("root_path", ""), str(scope["path"])
    if root_path and path.startswith(f"{root_path}/"):
        return path[len(root_path) :]
    return path


async def _redirect(send: Send, location: str) -> None:
    headers = [(b"location", location.encode("ascii")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
