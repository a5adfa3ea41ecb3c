"""Stores to test: a folder, and a bucket of a real S3 server where one can be started."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store import s3_server


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server.running(tmp_path_factory.mktemp("s3") / "log") as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a new bucket's prefix."""
    for name, value in {**s3_server.SECRETS, "AWS_ENDPOINT_URL": s3_endpoint}.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{secrets.token_hex(6)}"
    s3_server.make_bucket(s3_endpoint, name)
    return f"s3://{name}/team/index"


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.cluster)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, of each kind."""
    if request.param == "s3":
        return str(request.getfixturevalue("bucket"))
    return f"file://{tmp_path / 'bucket'}"
