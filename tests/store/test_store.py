"""Every store keeps what its protocol promises: conditional writes above all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag_infer.errors import InputError, StoreError, StoreUnavailableError
from rag_infer.store.addresses import is_store_address, open_store
from rag_infer.store.base import ObjectChangedError, ObjectExistsError, ObjectNotFoundError
from rag_infer.store.local_folder import LocalFolder
from rag_infer.store.retries import RetryingStore

from .faulty_store import Every, FaultyStore


def test_objects_are_written_read_listed_and_removed(address: str) -> None:
    store = open_store(address)
    assert [*store.list("")] == []
    store.put_new("a/one", b"0123456789")
    store.put_new("b", b"")
    assert store.get("a/one").data == b"0123456789"
    assert store.get_range("a/one", 3, 6) == b"345"
    assert store.get_range("a/one", 8, 99) == b"89"
    assert {(e.key, e.bytes) for e in store.list("")} == {("a/one", 10), ("b", 0)}
    assert [e.key for e in store.list("a/")] == ["a/one"]
    store.delete(["a/one", "never/there"])
    with pytest.raises(ObjectNotFoundError):
        store.get("a/one")
    with pytest.raises(ObjectNotFoundError):
        store.get_range("a/one", 0, 1)


def test_a_new_object_is_never_overwritten(address: str) -> None:
    store = open_store(address)
    store.put_new("x", b"first")
    with pytest.raises(ObjectExistsError):
        store.put_new("x", b"second")
    assert store.get("x").data == b"first"


def test_a_version_is_replaced_once(address: str) -> None:
    store = open_store(address)
    version = store.put_new("x", b"1")
    assert store.get("x").version == version
    assert store.put_if("x", b"2", version) != version
    with pytest.raises(ObjectChangedError):
        store.put_if("x", b"3", version)
    assert store.get("x").data == b"2"


def test_of_sixteen_writers_one_wins_each_round(address: str) -> None:
    def write(number: int, key: str) -> bool:
        try:
            open_store(address).put_new(key, str(number).encode())
        except ObjectExistsError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        for key in ("r/1", "r/2", "r/3"):
            won = [*threads.map(lambda n, key=key: write(n, key), range(16))]
            assert sum(won) == 1
            assert open_store(address).get(key).data == str(won.index(True)).encode()


@pytest.mark.cluster
def test_a_bucket_that_is_not_there_is_said_in_one_line(bucket: str) -> None:
    store = open_store("s3://no-such-bucket/x")
    for call in (
        lambda: store.get("a"),
        lambda: [*store.list("")],
        lambda: store.put_new("a", b""),
    ):
        with pytest.raises(StoreError, match="there is no such bucket") as raised:
            call()
        assert "\n" not in str(raised.value)


@pytest.mark.cluster
def test_a_server_that_is_down_is_said_in_one_line(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError, match="cannot be reached") as raised:
        open_store(bucket, attempts=2).get("a")
    assert "\n" not in str(raised.value)
    assert "check the network" in str(raised.value)


def test_what_passes_is_tried_again_within_bounds(tmp_path: Path) -> None:
    faulty = FaultyStore(LocalFolder(tmp_path), Every(2, "get", "put_new"))
    pauses: list[float] = []
    store = RetryingStore(faulty, 4, pauses.append)
    store.put_new("x", b"1")
    assert store.get("x").data == b"1"
    assert store.get("x").data == b"1"
    faulty.fault = Every(1, "get")
    faulty.requests.clear()
    pauses.clear()
    with pytest.raises(StoreUnavailableError):
        store.get("x")
    assert faulty.count("get") == 4
    assert len(pauses) == 3 and sum(pauses) < 5


@pytest.mark.parametrize("key", ["../x", "a/../x", "", "a//b", "/etc/passwd"])
def test_a_key_does_not_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError):
        LocalFolder(tmp_path / "store").put_new(key, b"x")
    assert not [*tmp_path.rglob("x")]


def test_addresses() -> None:
    assert is_store_address("s3://bucket/prefix")
    assert is_store_address("FILE:///srv/x")
    assert not is_store_address("work")
    assert not is_store_address("s3/x")
    for wrong in (
        "s3://",
        "s3://B_ad!/x",
        "s3://key:secret@bucket/x",
        "s3://bucket/../x",
        "file://x",
    ):
        with pytest.raises(InputError):
            open_store(wrong)
