"""A LlamaIndex retriever. Needs the extra ``llama-index``."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.api import Index
from rag_infer.errors import MissingDependencyError
from rag_infer.integrations.metadata import hit_metadata
from rag_infer.retrieve import Filter
from rag_infer.types import Hit

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as error:
    raise MissingDependencyError(
        "llama-index-core is not installed", extra="llama-index"
    ) from error


class RagInferRetriever(BaseRetriever):
    """Passages of an index as LlamaIndex nodes with scores, best first.

    Args:
        index: The open index.
        top_k: Most passages.
        filter: Which documents are searched, and for whom.
        reranker: Folder or hub id of a cross-encoder.
    """

    def __init__(
        self,
        index: Index,
        *,
        top_k: int = 5,
        filter: Filter | None = None,
        reranker: str | None = None,
    ) -> None:
        self._index = index
        self._top_k = top_k
        self._filter = filter
        self._reranker = reranker
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(
            self._index.search(
                query_bundle.query_str, self._top_k, filter=self._filter, reranker=self._reranker
            )
        )

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(
            await self._index.asearch(
                query_bundle.query_str, self._top_k, filter=self._filter, reranker=self._reranker
            )
        )


def _nodes(hits: Sequence[Hit]) -> list[NodeWithScore]:
    return [
        NodeWithScore(
            node=TextNode(
                id_=f"{hit.document_id}#{hit.chunk.page_number}:{hit.chunk.start}",
                text=hit.chunk.text,
                metadata=hit_metadata(hit),
            ),
            score=hit.score,
        )
        for hit in hits
    ]
