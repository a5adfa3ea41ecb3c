"""What to do about an error in terms of the command line, by the error's code.

The library names causes, not flags: programs that use it have none.
"""

from __future__ import annotations

from rag_infer.errors import RagError

_HINTS = {
    "context_window_exceeded": "use a model with a larger window, a smaller --max-tokens, or a "
    "shorter question",
    "corrupt_index": "rag verify --repair returns to the last intact generation",
    "custom_embedder_required": "it can only be used from Python, with that embedder",
    "document_not_found": "list the documents with: rag status -v",
    "embedder_mismatch": "leave --embedder out, or use another --index",
    "empty_question": 'for example: rag ask "What is ...?"',
    "incomplete_json": "try a larger --max-tokens",
    "index_name_required": "for example: --index notes",
    "index_not_found": "make one with: rag index PATH",
    "invalid_receipt": 'make one with: rag ask "..." --receipt FILE',
    "no_conversation": "start one: rag chat",
    "no_paths": "for example: rag index docs/",
    "not_convertible": "use it with --runtime transformers",
    "password_required": "give it with --password",
    "schema_needs_llm": "select one with --llm",
    "schema_with_tools": "leave --tool out",
    "tools_need_llm": "select one with --llm",
    "unknown_conversation": "list them with: rag chat --list",
    "unsupported_index_format": "index the documents again: rag index PATH -i ANOTHER-NAME",
}


def with_hint(error: RagError) -> str:
    """The line for an error: what failed, where, and what to do next."""
    hint = _HINTS.get(error.code, error.hint)
    return str(type(error)(error.what, where=error.where, hint=hint))
