"""Whether the prompt of the answer before may be extended.

Documents change during a conversation, and so may what the user is authorized to read.
"""

from __future__ import annotations

from rag_infer.answering.options import AnswerRequest
from rag_infer.errors import InputError
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve.document_access import document
from rag_infer.types import Answer


def valid_previous_answer(snapshot: Snapshot, request: AnswerRequest) -> Answer | None:
    """The answer before, if the user may still read all that its prompt shows, unchanged."""
    answer = request.previous_answer
    if answer is None or answer.context is None:
        return None
    results = [prompt_result.source for prompt_result in answer.context.tool_results]
    hits = [passage.hit for passage in answer.context.passages]
    hits += [hit for result in results for hit in result.hits]
    names = {name for result in results for name in result.documents}
    names |= {hit.document_id for hit in hits}
    try:
        for name in names:
            document(snapshot, name, request.filter)
    except InputError:
        return None
    for chunk in (hit.chunk for hit in hits):
        page = snapshot.page(chunk.document_id, chunk.page_number)
        if page is None or page[1][chunk.start : chunk.end] != chunk.text:
            return None
    return answer
