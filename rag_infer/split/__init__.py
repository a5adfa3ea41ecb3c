"""Documents to chunks: exact slices of pages, sized in the embedder's own tokens."""

from __future__ import annotations

from rag_infer.split.chunks import SplitOptions, embedding_text, split
from rag_infer.split.measure import Tokenizer

__all__ = ["SplitOptions", "Tokenizer", "embedding_text", "split"]
