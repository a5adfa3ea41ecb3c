"""Why a question is not answered, in words that hold whatever passages are shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_infer.engine import Engine
from rag_infer.retrieve import Filter
from rag_infer.types import Hit

NO_ANSWERING_PASSAGE = "none of the nearest passages answers it"
NO_SURE_PASSAGE = "no passage surely answers it"
NO_PASSAGE = "no passage matches the question"


def reason_without_answer(engine: Engine, filter: Filter, hits: Sequence[Hit]) -> str:
    """The reason of a refusal: a filter that excludes everything is told from a search in vain.

    Args:
        engine: The index that was searched.
        filter: Which of its documents were searched.
        hits: The passages that the search gave.
    """
    if hits:
        return NO_ANSWERING_PASSAGE
    if engine.documents(filter):
        return NO_PASSAGE
    if replace(filter, groups=None).empty:
        return "there are no documents that you may read"
    return "no document that may be read matches the filter"
