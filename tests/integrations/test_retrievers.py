"""Retrievers of other frameworks, run by the real packages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_infer import Filter, Index

QUERY = "When was the mill built?"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        opened.add_text("The mill of Larn was built in 1871.", id="mill", groups=["staff"])
        opened.add_text("Green tea is brewed at 80 degrees.", id="tea")
        yield opened


def test_langchain(index: Index) -> None:
    pytest.importorskip("langchain_core", reason="the extra langchain is not installed")
    from rag_infer.integrations.langchain import RagInferRetriever

    retriever = RagInferRetriever(index=index, top_k=1)
    (document,) = retriever.invoke(QUERY)
    assert "1871" in document.page_content
    assert document.metadata["document_id"] == "mill"
    assert asyncio.run(retriever.ainvoke(QUERY)) == [document]
    guest = RagInferRetriever(index=index, filter=Filter(groups=frozenset()))
    assert all(d.metadata["document_id"] != "mill" for d in guest.invoke(QUERY))


def test_llama_index(index: Index) -> None:
    pytest.importorskip("llama_index.core", reason="the extra llama-index is not installed")
    from rag_infer.integrations.llama_index import RagInferRetriever

    retriever = RagInferRetriever(index, top_k=1)
    (node,) = retriever.retrieve(QUERY)
    assert "1871" in node.get_content()
    assert node.metadata["document_id"] == "mill"
    assert node.score is not None
    assert asyncio.run(retriever.aretrieve(QUERY))[0].node_id == node.node_id
    guest = RagInferRetriever(index, filter=Filter(groups=frozenset()))
    assert all(n.metadata["document_id"] != "mill" for n in guest.retrieve(QUERY))


def test_haystack(index: Index) -> None:
    pytest.importorskip("haystack", reason="the extra haystack is not installed")
    from haystack import Pipeline

    from rag_infer.integrations.haystack import RagInferRetriever

    pipeline = Pipeline()
    pipeline.add_component("retriever", RagInferRetriever(index, top_k=1))
    (document,) = pipeline.run({"retriever": {"query": QUERY}})["retriever"]["documents"]
    assert "1871" in document.content
    assert document.meta["document_id"] == "mill"
    copy = Pipeline.loads(pipeline.dumps(), allowed_modules=["rag_infer.integrations.haystack"])
    assert copy.run({"retriever": {"query": QUERY}})["retriever"]["documents"] == [document]
    guest = RagInferRetriever(index, filter=Filter(groups=frozenset()))
    assert all(d.meta["document_id"] != "mill" for d in guest.run(QUERY)["documents"])
