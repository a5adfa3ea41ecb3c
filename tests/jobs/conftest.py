"""Documents to index, an empty bucket, and a cluster of two nodes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.fixtures import address, bucket, s3_endpoint

__all__ = ["address", "bucket", "s3_endpoint"]

CITIES = ("Lisbon", "Oslo", "Quito", "Dakar", "Hanoi", "Turin", "Perth", "Cairo")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number, city in enumerate(CITIES):
        text = f"# Report {number}\n\nThe office in {city} sold {number + 3} boats in May.\n"
        (folder / f"n{number}.md").write_text(text)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Two nodes with a CPU each, as processes of this machine."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'rag-infer[ray]'")
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory(prefix="ray-") as folder:  # a short path: sockets lie there
        options = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
        head = {**options, "temp_dir": folder}
        nodes = Cluster(initialize_head=True, head_node_args=head)
        nodes.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        ray.init(nodes.address, log_to_driver=False, logging_level="ERROR")
        yield nodes
        ray.shutdown()
        nodes.shutdown()
