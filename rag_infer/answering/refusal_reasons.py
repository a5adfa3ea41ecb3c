"""Why a question is not answered, in words that hold whatever passages are shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_infer.engine import Engine
from rag_infer.localization import ENGLISH, localized, message
from rag_infer.retrieve import Filter
from rag_infer.types import Hit

NO_ANSWERING_PASSAGE = message("none of the nearest passages answers it")
NO_SURE_PASSAGE = message("no passage surely answers it")
NO_PASSAGE = message("no passage matches the question")


def reason_without_answer(
    engine: Engine, filter: Filter, hits: Sequence[Hit], language: str = ENGLISH
) -> str:
    """The reason of a refusal: a filter that excludes everything is told from a search in vain.

    Args:
        engine: The index that was searched.
        filter: Which of its documents were searched.
        hits: The passages that the search gave.
        language: In which it is said.
    """
    if hits:
        return localized(NO_ANSWERING_PASSAGE, language)
    if engine.documents(filter):
        return localized(NO_PASSAGE, language)
    if replace(filter, groups=None).empty:
        return localized("there are no documents that you may read", language)
    return localized("no document that may be read matches the filter", language)
