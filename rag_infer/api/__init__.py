"""The public facade: open an index, add documents, search, ask, summarize, check."""

from rag_infer.api.index import Index
from rag_infer.api.status import Status

__all__ = ["Index", "Status"]
