"""State of prompts on disk: found again by another process, and never believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rag_infer.generate import TokenUsage
from rag_infer.generate.kv_cache_disk import PART, KVCacheStore, Part
from rag_infer.generate.transformers_chat import TransformersChat
from tests.factories import save_model
from tests.generate.test_kv_cache import ARCHITECTURES, QUESTIONS, said

IDS = list(range(100, 100 + 3 * PART))
LIKE: Part = [np.zeros((2, PART, 4), np.float32) for _ in range(4)]


def rows(start: int, stop: int) -> Part:
    array = np.random.default_rng(start).random((4, 2, stop - start, 4), dtype=np.float32)
    return list(array)


@pytest.fixture
def disk(tmp_path: Path) -> KVCacheStore:
    array = KVCacheStore(tmp_path / "prefixes", "model", 2**20)
    array.keep(IDS, rows)
    return array


def files(disk: KVCacheStore) -> list[Path]:
    return [path for path, _ in disk._links(IDS)]


def test_the_longest_beginning_is_found(disk: KVCacheStore) -> None:
    parts = disk.find(IDS, LIKE)
    assert len(parts) == 3
    for n, part in enumerate(parts):
        for one, other in zip(part, rows(n * PART, (n + 1) * PART), strict=True):
            assert np.array_equal(one, other)
    assert len(disk.find([*IDS[: 2 * PART], *range(PART)], LIKE)) == 2
    assert len(disk.find(IDS[:-1], LIKE)) == 2  # whole parts only
    assert disk.find(IDS, LIKE, beyond=3 * PART) == []
    assert disk.find([7, *IDS[1:]], LIKE) == []
    assert KVCacheStore(files(disk)[0].parent, "another", 2**20).find(IDS, LIKE) == []


def test_only_its_owner_reads_the_files(disk: KVCacheStore) -> None:
    for path in files(disk):
        assert path.stat().st_mode & 0o077 == 0
    assert files(disk)[0].parent.stat().st_mode & 0o077 == 0


def other_rows(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    arrays["0000"] = arrays["0000"] + 1
    save_file(arrays, path, metadata=metadata)


def other_shape(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file({**arrays, "0001": np.zeros((2, PART, 5), np.float32)}, path, metadata=metadata)


def other_type(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file({k: v.astype(np.float16) for k, v in arrays.items()}, path, metadata=metadata)


def fewer(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    arrays.pop("0003")
    save_file(arrays, path, metadata=metadata)


def other_tokens(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file(arrays, path, metadata={**metadata, "ids": "[1, 2]"})


def no_note(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file(arrays, path)


def cut_short(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def noise(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    path.write_bytes(os.urandom(2000))


def empty(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    path.write_bytes(b"")


def huge(path: Path, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file({**arrays, "0001": np.zeros(2**20, np.float32)}, path, metadata=metadata)


DAMAGES = [
    other_rows, other_shape, other_type, fewer, other_tokens, no_note, cut_short, noise, empty,
    huge,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_what_it_should_be_is_none(disk: KVCacheStore, damage: Any) -> None:
    from safetensors import safe_open

    path = files(disk)[1]
    with safe_open(path, framework="numpy") as opened:
        metadata = opened.metadata()
    damage(path, load_file(path), metadata)
    assert len(disk.find(IDS, LIKE)) == 1
    disk.keep(IDS, rows)
    assert len(disk.find(IDS, LIKE)) == 3  # written anew


def test_it_never_grows_beyond_its_limit(tmp_path: Path) -> None:
    disk = KVCacheStore(tmp_path, "model", 80_000)
    for n in range(5):
        disk.keep([n, *IDS[1:]], rows)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 80_000
    assert disk.find([4, *IDS[1:]], LIKE)
    assert not disk.find([0, *IDS[1:]], LIKE)


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    disk = KVCacheStore(tmp_path / "file", "model", 2**20)
    disk.keep(IDS, rows)
    assert disk.find(IDS, LIKE) == []


def chat(runtime: str, folder: Path) -> Any:
    if runtime == "transformers":
        return TransformersChat(str(folder))
    pytest.importorskip("nncf", reason="pip install 'rag-infer[openvino]'")
    from rag_infer.generate.openvino_chat import OpenVinoChat

    return OpenVinoChat(folder)


CASES = [*(("transformers", *one) for one in ARCHITECTURES), ("openvino", *ARCHITECTURES[0])]


@pytest.mark.parametrize("runtime,family,architecture", CASES)
def test_a_new_process_goes_on_with_the_same_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, family: str, architecture: str
) -> None:
    """A model loaded anew stands for the process: nothing but the disk is shared."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = save_model(tmp_path / "m", family, architecture)
    expected = said(chat(runtime, folder), QUESTIONS[1])
    store_folder = tmp_path / "cache" / "rag-infer" / "prefixes"
    assert not store_folder.exists()
    monkeypatch.setenv("RAG_PREFIX_DISK_MB", "100")
    said(chat(runtime, folder), QUESTIONS[0])
    counted: list[TokenUsage] = []
    assert said(chat(runtime, folder), QUESTIONS[1], counted) == expected
    assert counted[0].cached > 0.8 * counted[0].prompt
    for path in store_folder.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    counted.clear()
    assert said(chat(runtime, folder), QUESTIONS[1], counted) == expected
    assert counted[0].cached == 0
