"""A store in a bucket of Amazon S3 or of a server that speaks its protocol, by obstore.

Credentials, region and the address of another server come from the environment, as for any tool:
``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from rag_infer.errors import MissingDependencyError, StoreError, StoreUnavailableError
from rag_infer.private_mode import refuse_in_private_mode
from rag_infer.store.base import (
    ObjectChangedError,
    ObjectEntry,
    ObjectExistsError,
    ObjectNotFoundError,
    StoredObject,
)

_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT",
)  # fmt: skip
_PRINTABLE = re.compile(r"[!-~]*")
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.ASCII)
_REACH = "check the network and AWS_ENDPOINT_URL, then run the same command again"
_LISTED_AT_ONCE = 1_000
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S, _TIMEOUT_S = 5, 10, 120


class S3Bucket:
    """The objects of a bucket below a prefix.

    Args:
        bucket: Its name.
        prefix: What all keys begin with.

    Raises:
        MissingDependencyError: obstore is not installed.
        PrivateModeError: The private mode is on.
        StoreError: A variable of the environment cannot be what it should be.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        refuse_in_private_mode(f"the bucket s3://{bucket}")
        try:
            import obstore
            from obstore.store import S3Store
        except ModuleNotFoundError:
            raise MissingDependencyError(
                "buckets need an optional package", where=f"s3://{bucket}", extra="s3"
            ) from None
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._obstore: Any = obstore
        # A server is named by the user's own environment only: http is as they say.
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
        _check_environment(self.url)
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        with self._errors(""):
            self._store: Any = S3Store(
                bucket,
                prefix=prefix or None,
                region=region or "us-east-1",
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=_CONNECT_TIMEOUT_S),
                    "read_timeout": timedelta(seconds=_READ_TIMEOUT_S),
                    "timeout": timedelta(seconds=_TIMEOUT_S),
                },
                # Tried again in one place, for every store: rag_infer.store.retries.
                retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=_TIMEOUT_S)},
            )

    def get(self, key: str) -> StoredObject:
        with self._errors(key):
            result = self._obstore.get(self._store, key)
            data = bytes(result.bytes())
            return StoredObject(data, result.meta["e_tag"] or "")

    def get_range(self, key: str, start: int, end: int) -> bytes:
        with self._errors(key):
            return bytes(self._obstore.get_range(self._store, key, start=start, end=end))

    def put_new(self, key: str, data: bytes) -> str:
        return self._put(key, data, "create")

    def put_if(self, key: str, data: bytes, version: str) -> str:
        return self._put(key, data, {"e_tag": version})

    def _put(self, key: str, data: bytes, mode: object) -> str:
        # In one request: an upload in parts can have no condition.
        with self._errors(key):
            result = self._obstore.put(self._store, key, data, mode=mode, use_multipart=False)
            return result["e_tag"] or ""

    def list(self, prefix: str) -> Iterator[ObjectEntry]:
        with self._errors(prefix):
            for entries in self._obstore.list(self._store, prefix, chunk_size=_LISTED_AT_ONCE):
                for entry in entries:
                    yield ObjectEntry(
                        entry["path"], entry["size"], entry["last_modified"].timestamp()
                    )

    def delete(self, keys: Sequence[str]) -> None:
        if keys:
            with self._errors(keys[0]):
                self._obstore.delete(self._store, list(keys))

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        """The errors of obstore as those of the protocol."""
        from obstore import exceptions

        try:
            yield
        except (exceptions.BaseError, FileNotFoundError) as error:
            raise self._translated(error, key, exceptions) from error

    def _translated(self, error: Exception, key: str, exceptions: Any) -> Exception:
        text = str(error).partition("Debug source:")[0]  # which names its settings, too
        status = int(match[1]) if (match := _STATUS.search(text)) else None
        code = match[1] if (match := _CODE.search(text)) else ""
        reason = " ".join(filter(None, (str(status or ""), code)))
        if code == "NoSuchBucket":
            return StoreError(
                "there is no such bucket", where=self.url, hint="create it, or mend its name"
            )
        if status == 409:  # two conditional writes met: neither says what is there now
            return StoreUnavailableError(f"asks to try again ({reason})", where=self.url)
        if isinstance(error, exceptions.AlreadyExistsError):
            return ObjectExistsError(key)
        if isinstance(error, exceptions.PreconditionError):
            return ObjectChangedError(key)
        if isinstance(error, FileNotFoundError):
            return ObjectNotFoundError(key)
        if status in {401, 403}:
            return StoreError(
                f"access was denied ({reason})",
                where=self.url,
                hint="check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do",
            )
        if status == 501:
            return StoreError(
                f"the server cannot do what is needed ({reason})",
                where=self.url,
                hint="use a store with conditional writes (If-None-Match)",
            )
        if status is not None and status < 500 and status not in {408, 425, 429}:
            return StoreError(f"refuses ({reason})", where=self.url, hint="check its name")
        if "169.254." in text or "credential" in text.lower():
            return StoreError(
                "there are no credentials",
                where=self.url,
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        what = f"answers with an error ({reason})" if status else f"{_network_reason(text)}"
        return StoreUnavailableError(what, where=self.url, hint=_REACH)


def _check_environment(url: str) -> None:
    """Raises StoreError for what obstore would end the process at: it has no error for these."""
    for name in _VARIABLES:
        if not _PRINTABLE.fullmatch(os.environ.get(name, "")):
            raise StoreError(
                f"{name} has a space, a line break or a character that is not ASCII",
                where=url,
                hint="set it anew, without them",
            )
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        if (endpoint := os.environ.get(name)) and not _is_http(endpoint):
            raise StoreError(
                f"{name} is not the address of a server: {endpoint}",
                where=url,
                hint="for example http://127.0.0.1:9000",
            )


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host)) and parts.port != 0
    except ValueError:
        return False


def _network_reason(text: str) -> str:
    lowered = text.lower()
    if "timed out" in lowered or "timeout" in lowered:
        return "does not answer in time"
    if "decode" in lowered or "body" in lowered:
        return "broke off in the middle of an answer"
    return "cannot be reached"
