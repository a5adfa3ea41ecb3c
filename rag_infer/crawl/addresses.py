"""Addresses: what a URL names, which are of one site, and which machines may be asked.

A page may link or redirect to anything, and a name may be resolved to anything. What lies on this
machine or in a private network answers only those who are inside, so a stranger's page must not
make this program ask it (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from rag_infer.errors import InputError

MAX_URL_CHARS = 2_000
_URL = re.compile(r"https?://", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_.-]{1,253}|\[[0-9a-f:.]+\]")
_SAFE = "/%:@!$&'()*+,;=~-._"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_url(text: object) -> bool:
    """Whether a path that was given is a web address."""
    return isinstance(text, str) and _URL.match(text) is not None


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A web address without fragment, in one spelling.

    Attributes:
        scheme: ``http`` or ``https``.
        host: In lower case, in ASCII; an IPv6 address in brackets.
        port: The port.
        target: Path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> WebAddress:
        """Reads a URL.

        Raises:
            InputError: It is not one of a web page, or it holds a password.
        """
        text = url.strip()
        if len(text) > MAX_URL_CHARS or not text.isprintable() or not is_url(text):
            raise InputError("not a web address", where=text[:200], code="invalid_url")
        try:
            parts = urlsplit(text)
            port = parts.port
            host = (parts.hostname or "").rstrip(".")
        except ValueError as error:
            raise InputError("not a web address", where=text[:200], code="invalid_url") from error
        if parts.username is not None or parts.password is not None:
            raise InputError(
                "an address with a user name or password is not fetched",
                where=text.replace(parts.netloc, host),
                code="invalid_url",
            )
        host = _ascii_host(host)
        if not _HOST.fullmatch(host):
            raise InputError("not a web address", where=text[:200], code="invalid_url")
        scheme = parts.scheme.lower()
        target = quote(parts.path or "/", safe=_SAFE)
        if parts.query:
            target += "?" + quote(parts.query, safe=_SAFE + "?")
        return cls(scheme, host, _PORTS[scheme] if port is None else port, target)

    def join(self, link: str) -> WebAddress | None:
        """The address that a link on this page leads to; None when it is no web page."""
        try:
            return WebAddress.parse(urljoin(str(self), "".join(link.split())))
        except (InputError, ValueError):
            return None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def site(self) -> tuple[str, int]:
        """What pages of one site share: the host without ``www.``, and an unusual port."""
        usual = self.port in _PORTS.values()
        return self.host.removeprefix("www."), 0 if usual else self.port

    @property
    def path(self) -> str:
        """The path, without the query."""
        return self.target.partition("?")[0]

    @property
    def folder(self) -> str:
        """The part of the path up to its last slash."""
        return self.path.rpartition("/")[0] + "/"

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.target}"


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host.lower()}]"
    try:
        return host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, also where it holds an IPv4 address.

    Args:
        address: As ``getaddrinfo`` gives it, perhaps with a scope (``fe80::1%eth0``).
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        holds_ipv4 = ip in _NAT64 or int(ip) >> 32 == 0  # ::127.0.0.1, the oldest form
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if holds_ipv4 else ip.ipv4_mapped
        if inner is not None:
            return is_public(str(inner))
        if ip.sixtofour or ip.teredo:  # tunnels that nothing uses any more
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
