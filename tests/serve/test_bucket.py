"""A server of an index in a bucket: answers from its copy, refuses uploads, says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient

from rag_infer import Index
from rag_infer.buckets.push import push
from rag_infer.serve.app import create_app
from rag_infer.serve.config import ServerConfig
from rag_infer.store.addresses import open_store


def test_an_index_in_a_bucket_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BUCKET_CACHE", str(tmp_path / "cache"))
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("The mill of Larn was built in 1871.", id="mill")
    address = f"file://{tmp_path}/bucket"
    push(tmp_path / "index", open_store(address))
    config = ServerConfig(indexes={"work": address}, data_dir=tmp_path / "data")
    with TestClient(create_app(config), base_url="http://localhost") as client:
        assert client.get("/healthz").status_code == 200
        question = {"question": "When was the mill built?"}
        answer = client.post("/api/indexes/work/ask", json=question)
        assert answer.status_code == 200 and "1871" in answer.text
        upload = client.post("/api/indexes/work/documents", files={"file": ("a.txt", b"text")})
        assert upload.status_code == 400
        assert "not changed in place" in upload.json()["error"]["message"]
        assert "rag_buckets_unreachable 0.0" in client.get("/metrics").text
        bucket = client.app.state.service.index("work").bucket  # type: ignore[attr-defined]
        bucket.unreachable_since = 1.0
        assert "rag_buckets_unreachable 1.0" in client.get("/metrics").text
