"""Addresses of stores: ``s3://bucket/prefix``, ``file:///folder``."""

from __future__ import annotations

import re
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.store.base import Store
from rag_infer.store.retries import RetryingStore

_ADDRESS = re.compile(r"(s3|file)://(.*)", re.IGNORECASE | re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w.+=@ -]+(?:/[\w.+=@ -]+)*")
_FORM = "write it as s3://BUCKET/PREFIX"


def is_store_address(name: object) -> bool:
    """Whether a name is that of a store rather than of an index or a folder."""
    return isinstance(name, str) and _ADDRESS.fullmatch(name.strip()) is not None


def open_store(address: str, *, attempts: int = 4) -> Store:
    """The store at an address. Nothing is asked of it yet.

    Args:
        address: ``s3://bucket/prefix`` or ``file:///folder``.
        attempts: How often a request is tried.

    Raises:
        InputError: It is not an address.
        MissingDependencyError: The package for buckets is not installed.
    """
    match = _ADDRESS.fullmatch(address.strip())
    if match is None:
        raise InputError("is not the address of a bucket", where=address, hint=_FORM)
    scheme, rest = match[1].lower(), match[2]
    if scheme == "file":
        from rag_infer.store.local_folder import LocalFolder

        if not rest.startswith("/"):
            raise InputError("needs a whole path", where=address, hint="for example file:///srv/x")
        return RetryingStore(LocalFolder(Path(rest)), attempts)
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    if not _BUCKET.fullmatch(bucket):
        raise InputError("is not the name of a bucket", where=bucket or address, hint=_FORM)
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise InputError("is not a prefix", where=prefix, hint=_FORM)
    from rag_infer.store.s3 import S3Bucket

    return RetryingStore(S3Bucket(bucket, prefix), attempts)
