"""A Haystack retriever component. Needs the extra ``haystack``."""

from __future__ import annotations

from typing import Any

from rag_infer.api import Index
from rag_infer.errors import MissingDependencyError
from rag_infer.integrations.metadata import hit_metadata
from rag_infer.retrieve import Filter

try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ImportError as error:
    raise MissingDependencyError("haystack-ai is not installed", extra="haystack") from error


@component
class RagInferRetriever:
    """Passages of an index as Haystack documents, best first.

    Args:
        index: The open index, or its name or path.
        top_k: Most passages.
        filter: Which documents are searched, and for whom.
        reranker: Folder or hub id of a cross-encoder.
    """

    def __init__(
        self,
        index: Index | str,
        top_k: int = 5,
        filter: Filter | None = None,
        reranker: str | None = None,
    ) -> None:
        self.index = index if isinstance(index, Index) else Index.open(index)
        self.top_k = top_k
        self.filter = filter
        self.reranker = reranker

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """The passages for a query.

        Args:
            query: The query.
            top_k: Most passages, in place of the component's own.
        """
        hits = self.index.search(
            query, top_k or self.top_k, filter=self.filter, reranker=self.reranker
        )
        documents = [
            Document(content=hit.chunk.text, meta=hit_metadata(hit), score=hit.score)
            for hit in hits
        ]
        return {"documents": documents}

    def to_dict(self) -> dict[str, Any]:
        """The component as JSON types. An access filter is not written: set it where it is used.

        Raises:
            ValueError: The component has a filter, which a pipeline file could lose.
        """
        if self.filter is not None:
            raise ValueError("a retriever with a filter cannot be serialized")
        data: dict[str, Any] = default_to_dict(
            self, index=str(self.index.path), top_k=self.top_k, reranker=self.reranker
        )
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RagInferRetriever:
        """The component of ``to_dict``."""
        retriever: RagInferRetriever = default_from_dict(cls, data)
        return retriever
