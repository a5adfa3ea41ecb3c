"""Buckets and small indexes."""

from tests.index.conftest import fill
from tests.store.conftest import address, bucket, s3_endpoint

__all__ = ["address", "bucket", "fill", "s3_endpoint"]
