"""What to do about an error in terms of the command line, by the error's code.

The library names causes, not flags: programs that use it have none.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from rag_infer.cli.options import index_names
from rag_infer.errors import RagError
from rag_infer.settings import indexes_folder, load

_HINTS = {
    "another_index_here": "pull into another name, or give up what is here with --replace",
    "bucket_has_newer_generation": "push to another address, or pull it into an index of its own; "
    "--replace gives up what is there",
    "export_needs_llm": "name it with --llm",
    "results_of_another_batch": "name the QUESTIONS, --output, --llm and options of the export",
    "unpushed_changes": "push them first, or pull into another name; --replace gives them up",
    "context_window_exceeded": "use a model with a larger window, a smaller --max-tokens, or a "
    "shorter question",
    "corrupt_index": "rag verify --repair returns to the last intact generation",
    "custom_embedder_required": "it can only be used from Python, with that embedder",
    "document_not_found": "list the documents with: rag ls",
    "embedder_mismatch": "leave --embedder out, or use another --index",
    "empty_question": 'for example: rag ask "What is ...?"',
    "incomplete_json": "try a larger --max-tokens",
    "index_name_required": "for example: --index notes",
    "index_in_bucket": "pull it, change it, and push it: rag pull ADDRESS INDEX",
    "invalid_receipt": 'make one with: rag ask "..." --receipt FILE',
    "not_a_batch_output": "name another file with --output",
    "no_conversation": "start one: rag chat",
    "no_paths": "for example: rag index docs/",
    "not_convertible": "use it with --runtime transformers",
    "password_required": "give it with --password",
    "schema_needs_llm": "select one with --llm",
    "schema_with_tools": "leave --tool out",
    "tools_need_llm": "select one with --llm",
    "unknown_conversation": "list them with: rag chat --list",
    "user_exists": "rag users renew NAME makes a new token; rag users change NAME --group GROUP",
    "unsupported_index_format": "index the documents again: rag index PATH -i ANOTHER-NAME",
}


_MAX_INDEXES = 5


def _index_hint(location: str) -> str:
    """How an index is made where there is none, and which ones ``-i`` could name."""
    try:
        configured = load()
    except RagError:
        return "make one with: rag index PATH"
    if Path(location).parent == indexes_folder(configured):
        name = Path(location).name
    else:
        name = location if os.sep in location else f".{os.sep}{location}"
    option = "" if name == configured.index else f" -i {shlex.quote(name)}"
    hint = f"make one with: rag index PATH{option}"
    names = index_names()
    if not names:
        return hint
    more = f" and {len(names) - _MAX_INDEXES} more" if len(names) > _MAX_INDEXES else ""
    return f"{hint}; or name one with -i: {', '.join(names[:_MAX_INDEXES])}{more}"


def with_hint(error: RagError) -> str:
    """The line for an error: what failed, where, and what to do next."""
    if error.code == "index_not_found" and error.where is not None:
        hint: str | None = _index_hint(error.where)
    else:
        hint = _HINTS.get(error.code, error.hint)
    return str(type(error)(error.what, where=error.where, hint=hint))
