"""Questions to hits: dense and lexical search, fused."""

from rag_infer.retrieve.filters import Filter
from rag_infer.retrieve.search import (
    MAX_QUERY_TOKENS,
    SearchOptions,
    check_query_length,
    search,
)
from rag_infer.retrieve.search_scope import (
    is_unknown,
    language_share,
    visible_languages,
    word_share,
)

__all__ = [
    "MAX_QUERY_TOKENS",
    "Filter",
    "SearchOptions",
    "check_query_length",
    "is_unknown",
    "language_share",
    "search",
    "visible_languages",
    "word_share",
]
