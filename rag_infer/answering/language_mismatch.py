"""Why a question in another language than the documents is not answered, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.cite.answerability import knows_other_languages
from rag_infer.cite.question_language import text_language
from rag_infer.embed import Embedder
from rag_infer.languages import ENGLISH
from rag_infer.languages.names import language_name
from rag_infer.localization import localized
from rag_infer.types import Hit

_PASSAGES = 3


def language_mismatch(language: str, hits: Sequence[Hit], embedder: Embedder) -> str | None:
    """The reason where no vectors can compare a question with its passages; else None.

    Args:
        language: The question's, in which the reason is given.
        hits: Its passages, best first.
        embedder: That of the index.
    """
    if not hits or any(_has_line_in(language, hit.chunk.text) for hit in hits[:_PASSAGES]):
        return None
    other = text_language(hits[0].chunk.text)
    if knows_other_languages(embedder, language, other):
        return None
    return localized(
        "the question is in {question}, the documents are in {documents}; "
        "“rag reindex --embedder multilingual” compares the two",
        language,
        question=language_name(language, language),
        documents=language_name(other, language),
    )


def _has_line_in(language: str, text: str) -> bool:
    """Whether a text or a line of it is in a language; heads of mails are English in all."""
    lines = [] if language == ENGLISH else text.splitlines()  # what is undetermined is English
    return any(text_language(part, language) == language for part in (text, *lines) if part)
