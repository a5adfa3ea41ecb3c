"""A LangChain retriever. Needs the extra ``langchain``."""

from __future__ import annotations

from typing import Any

from rag_infer.api import Index
from rag_infer.errors import MissingDependencyError
from rag_infer.integrations.metadata import hit_metadata
from rag_infer.retrieve import Filter

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from pydantic import ConfigDict
except ImportError as error:
    raise MissingDependencyError("langchain-core is not installed", extra="langchain") from error


class RagInferRetriever(BaseRetriever):
    """Passages of an index as LangChain documents, best first.

    Args:
        index: The open index.
        top_k: Most passages.
        filter: Which documents are searched, and for whom.
        reranker: Folder or hub id of a cross-encoder.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    top_k: int = 5
    filter: Filter | None = None
    reranker: str | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self._documents(
            self.index.search(query, self.top_k, filter=self.filter, reranker=self.reranker)
        )

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self._documents(
            await self.index.asearch(query, self.top_k, filter=self.filter, reranker=self.reranker)
        )

    @staticmethod
    def _documents(hits: Any) -> list[Document]:
        return [Document(page_content=hit.chunk.text, metadata=hit_metadata(hit)) for hit in hits]
