"""A graph is compiled where its cache cannot be written, too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag_infer.embed.openvino_runtime import compiled, openvino

FULL_DISK = """
import resource, sys
import numpy as np
from pathlib import Path
from rag_infer.embed.openvino_runtime import compiled
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
graph, cache = map(Path, sys.argv[1:])
assert compiled(str(graph), "LATENCY", cache)([np.float32([[1, -1]])])[0].max() == 1
"""


def saved_graph(folder: Path) -> Path:
    ov = openvino()
    from openvino import opset13 as ops  # type: ignore[import-untyped, unused-ignore]

    values = ops.parameter([1, 2], np.float32)
    ov.save_model(ov.Model([ops.relu(values)], [values]), str(folder / "graph.xml"))
    return folder / "graph.xml"


def test_a_cache_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    model = compiled(str(saved_graph(tmp_path)), "LATENCY", tmp_path / "cache")
    assert model([np.float32([[1, -1]])])[0].tolist() == [[1.0, 0.0]]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process need POSIX")
def test_a_full_disk(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(saved_graph(tmp_path)), str(tmp_path / "cache")],
        check=False, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


EMBED = """
import resource
from rag_infer.embed import load_embedder
embedder = load_embedder()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
assert embedder.embed(["a town"] * 400).shape == (400, 384)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process need POSIX")
def test_texts_are_embedded_where_the_model_cannot_be_stored(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", EMBED], check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_cache_that_was_written_in_part(tmp_path: Path, share: float) -> None:
    graph, cache = saved_graph(tmp_path), tmp_path / "cache"
    compiled(str(graph), "LATENCY", cache)
    blobs = [path for path in cache.rglob("*") if path.is_file()]
    assert blobs
    for blob in blobs:
        blob.write_bytes(blob.read_bytes()[: int(blob.stat().st_size * share)])
    model = compiled(str(graph), "LATENCY", cache)
    assert model([np.float32([[1, -1]])])[0].tolist() == [[1.0, 0.0]]
