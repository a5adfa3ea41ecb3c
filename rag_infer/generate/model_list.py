"""The models that a server on this machine lists, asked for without the SDK of the extra."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

OLLAMA_PORT = 11434
_OLLAMA_HOST = f"127.0.0.1:{OLLAMA_PORT}"
_CONNECT_TIMEOUT_S = 0.2
_READ_TIMEOUT_S = 2.0
_MAX_BYTES = 4_000_000
_OWN_PRODUCT = "rag-infer"  # ``rag serve`` lists models, but they are answers of an index


def list_models(base_url: str) -> tuple[str, ...] | None:
    """The names of a server's models; None where no model server answers."""
    listed = _get_json(f"{base_url.rstrip('/')}/models")
    rows = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(rows, list):
        return None
    rows = [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    if any(row.get("owned_by") == _OWN_PRODUCT for row in rows):
        return None
    return tuple(row["id"] for row in rows)


def with_scheme(url: str) -> str:
    """An address as a URL; without a scheme it is a plain host and port."""
    return url if "://" in url else f"http://{url}"


def ollama_url() -> str:
    """The OpenAI-compatible address of Ollama: that of OLLAMA_HOST, or the usual one."""
    host = with_scheme(os.environ.get("OLLAMA_HOST") or _OLLAMA_HOST).rstrip("/")
    # The same variable tells the server to listen on all addresses.
    host = host.replace("//0.0.0.0", "//127.0.0.1")
    if urlsplit(host).port is None and host.startswith("http://") and host.count("/") == 2:
        host = f"{host}:{OLLAMA_PORT}"
    return host if host.endswith("/v1") else f"{host}/v1"


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _get_json(url: str) -> Any:
    parts = urlsplit(url)
    import http.client  # brings TLS and mail along, which no quoted answer needs

    with suppress(OSError, ValueError, http.client.HTTPException):
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=_CONNECT_TIMEOUT_S
        )
        try:
            connection.connect()
            connection.sock.settimeout(_READ_TIMEOUT_S)
            connection.request("GET", parts.path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            if response.status == http.client.OK:
                return json.loads(response.read(_MAX_BYTES))
        finally:
            connection.close()
    return None
