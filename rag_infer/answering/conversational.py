"""Replies to input that is not about the contents of documents: greetings, "list the files".

A refusal ("the documents do not answer this") would be true and of no use. Only inputs that match a
pattern from end to end are treated so; anything longer goes to the documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag_infer.cite.question_language import question_language
from rag_infer.generate import EXTRACTIVE
from rag_infer.localization import localized, message
from rag_infer.types import Answer

if TYPE_CHECKING:
    from rag_infer.answering.options import AnswerRequest
    from rag_infer.engine import Engine

_MAX_LISTED = 10
_EMPTY_INDEX = message(
    "This index contains no documents yet. If it is being built, ask again when that is finished."
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|good (?:morning|afternoon|evening)|greetings)(?: there| everyone| all)?"
)
_THANKS = re.compile(r"(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much))?")
_CAPABILITIES = re.compile(
    r"(?:help|who are you|what are you|what can you do|what can i ask(?: you)?|how do(?:es)? "
    r"(?:you|this) work)"
)
_NOUNS = r"(?:documents?|files?|sources?)"
_DOCUMENTS = re.compile(
    rf"(?:(?:what|which) {_NOUNS} (?:do you (?:have|know)|are (?:there|indexed|available|in "
    rf"(?:the|this) index)|can i ask about)"
    rf"|(?:list|show)(?: me)?(?: all)?(?: the| your)? {_NOUNS}"
    rf"|how many {_NOUNS} (?:are there|are indexed|do you have)"
    r"|what(?: is|s|'s) in (?:the|this) index)"
)


def conversational_answer(engine: Engine, request: AnswerRequest) -> Answer | None:
    """A reply about the index itself; None for a question to be answered from the documents.

    Names only documents that the request's filter allows.
    """
    if not engine.snapshot.manifest.documents:
        language = question_language(request.question, ())
        return Answer(
            request.question,
            localized(_EMPTY_INDEX, language),
            False,
            EXTRACTIVE,
            reason=localized("the index is empty", language),
            language=language,
        )
    reply = _reply(engine, request)
    return None if reply is None else Answer(request.question, reply, True, EXTRACTIVE)


def _reply(engine: Engine, request: AnswerRequest) -> str | None:
    words = " ".join(re.sub(r"[!?.,]+", " ", request.question.lower()).split())
    if _THANKS.fullmatch(words):
        return "You are welcome."
    if _GREETING.fullmatch(words) or _CAPABILITIES.fullmatch(words):
        count = _count_of_documents(len(engine.documents(request.filter)))
        greeting = "Hello. " if _GREETING.fullmatch(words) else ""
        return (
            f"{greeting}I answer questions about {count} with quotes and their sources. "
            'Ask a question, or "What documents are there?"'
        )
    if _DOCUMENTS.fullmatch(words):
        names = [row.id for row in engine.documents(request.filter)]
        if not names:
            return "There are no documents that you may read."
        more = len(names) - _MAX_LISTED
        listed = ", ".join(names[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
        return f"{_count_of_documents(len(names)).capitalize()}: {listed}."
    return None


def _count_of_documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
