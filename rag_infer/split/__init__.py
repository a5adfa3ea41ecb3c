"""Documents to chunks: exact slices of pages, sized in the embedder's own tokens.

Knows: structure, sentences, a tokenizer's counts, how large a chunk should be.
Does not know: file formats, vectors, what is asked.
"""

from __future__ import annotations

from rag_infer.split.chunks import SplitOptions, embedding_text, split
from rag_infer.split.measure import Tokenizer

__all__ = ["SplitOptions", "Tokenizer", "embedding_text", "split"]
