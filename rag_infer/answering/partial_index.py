"""Answers while a part of the index does not answer: they must not speak for all documents."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from rag_infer.answering.events import StreamEvent, TextEvent
from rag_infer.answering.extractive import UNANSWERED_TEXT
from rag_infer.localization import ENGLISH, catalog_languages, localized, message
from rag_infer.types import Answer

PARTLY_UNANSWERED_TEXT = message("The documents that can be searched now do not answer this.")
_REASON = message("a part of the index does not answer at the moment")


def in_part_of_index(
    events: Generator[StreamEvent, None, Answer],
) -> Generator[StreamEvent, None, Answer]:
    """The events of an answer for which not all of the index could be searched.

    Args:
        events: As they come where all of it could.

    Returns:
        The answer, which is probable at best; a refusal is one of the documents that were searched.
    """
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            answer: Answer = end.value
            break
        if isinstance(event, TextEvent):
            event = replace(event, text=_of_a_part(event.text))
        yield event
    reason = localized(_REASON, answer.language)
    if answer.answered:
        grade = "probable" if answer.grade == "confident" else answer.grade
        return replace(answer, grade=grade, reason=answer.reason or reason)
    return replace(answer, text=_of_a_part(answer.text), reason=reason)


def _of_a_part(text: str) -> str:
    for language in (ENGLISH, *catalog_languages()):
        if text == localized(UNANSWERED_TEXT, language):
            return localized(PARTLY_UNANSWERED_TEXT, language)
    return text
