"""An index of many segments under a limit of open files, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index

resource = pytest.importorskip("resource", reason="the system has no limits of its own")

SEGMENTS = 500
CHECK = """
import os, resource, sys
path, spare, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
from rag_infer import Index, Filter, RagError
index = Index.open(path)
index.engine.embedder.embed_queries(["so that what it needs is loaded"])
import faiss, rag_infer.retrieve, rag_infer.answering.pipeline
limit = limit or len(os.listdir("/proc/self/fd")) + spare
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
try:
    answer = index.ask("When was the pump of house 77 built?")
    print("answered" if "1777" in answer.text else answer.text)
    some = index.search("pump", filter=Filter(paths=["house 4*"]), top_k=5)
    print(len(some), "found,", index.status().documents, "documents")
    print(len(os.listdir("/proc/self/fd")) < limit)
except RagError as error:
    print(error.code, error)
"""


@pytest.fixture(scope="module")
def many_segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many segments as documents, which a writer would join."""
    from rag_infer.index import writer

    path = tmp_path_factory.mktemp("many") / "index"
    index = Index.open(path, create=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer.Writer, "_merged", lambda _, entries, most: entries)
        patch.setattr(writer, "SEGMENT_CHUNKS", 1)
        index.add_documents(
            {"id": f"house {n}", "text": f"The pump of house {n} was built in {1700 + n}."}
            for n in range(SEGMENTS)
        )
    assert index.status().segments == SEGMENTS
    return path


def _ask(path: Path, spare: int, limit: int = 0) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(path), str(spare), str(limit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (done.stdout or done.stderr).splitlines()


def test_many_segments_answer_under_a_low_limit(many_segments: Path) -> None:
    answers = _ask(many_segments, 0, 256)
    assert answers == ["answered", f"5 found, {SEGMENTS} documents", "True"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files there")
def test_too_low_a_limit_is_named_and_no_damage(many_segments: Path) -> None:
    output = "\n".join(_ask(many_segments, 1))
    assert output.startswith("too_many_open_files"), output
    assert "ulimit -n" in output


def test_catalogues_are_closed_and_opened_again(
    many_segments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More catalogues than may be open, read in turn, and one while others are opened."""
    from rag_infer.index import catalog_connection
    from rag_infer.index.snapshot import Snapshot

    monkeypatch.setattr(catalog_connection, "open_file_limit", lambda: 40)
    with Snapshot(many_segments) as snapshot:
        rows = snapshot.documents()
        first = next(rows)[1].id
        for n in range(0, SEGMENTS, 50):
            assert snapshot.find(f"house {n}") is not None
        assert first in {"house 0"}
        assert len({first, *(row.id for _, row in rows)}) == SEGMENTS
        assert len(catalog_connection._connections) <= 10
    assert not catalog_connection._connections
