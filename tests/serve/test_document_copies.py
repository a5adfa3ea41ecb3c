"""A server lists a document of several files once, with all names, and removes it with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from rag_infer.serve.auth import OWNER
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.response_views import document_response
from rag_infer.serve.service import Service


def test_a_document_with_copies_is_listed_and_removed_once(tmp_path: Path) -> None:
    for folder in ("docs", "docs/copies"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plan.md").write_text("# Pumps\n\nThe pump runs at night.\n")
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(tmp_path / "docs")
    service = Service(ServerConfig({"team": tmp_path / "index"}, tmp_path / "data"))
    try:
        (row,) = service.index("team").documents()
        listed = document_response(row, OWNER).model_dump()
        assert (listed["document_id"], listed["copies"]) == (
            "docs/plan.md",
            ["docs/copies/plan.md"],
        )
        removed = service.remove("team", "docs/copies/plan.md", OWNER)
        assert sorted(removed) == ["docs/copies/plan.md", "docs/plan.md"]
        assert not service.index("team").documents()
    finally:
        service.close()
