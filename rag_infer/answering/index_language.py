"""The language of a question before anything was searched for it: by its words, and the index's."""

from __future__ import annotations

from rag_infer.cite.language_words import language_words
from rag_infer.cite.question_language import likely_language, own_language
from rag_infer.index.snapshot import Snapshot
from rag_infer.languages import UNDETERMINED
from rag_infer.retrieve import Filter, language_share, visible_languages


def language_in_index(snapshot: Snapshot, question: str, filter: Filter) -> str:
    """The code of a question's language, ``und`` where neither its words nor the index tell it.

    Args:
        snapshot: The open index.
        question: Any question.
        filter: What the search may see.
    """
    own = own_language(question)
    if own != UNDETERMINED:
        return own
    codes = visible_languages(snapshot, filter)
    if len(codes) < 2:
        return UNDETERMINED
    return likely_language(
        question, {code: _coverage(snapshot, question, filter, code) for code in codes}
    )


def _coverage(snapshot: Snapshot, question: str, filter: Filter, language: str) -> float:
    """The share of the question's words that passages in a language have."""
    share = language_share(snapshot, filter, language)
    content = [word for word in language_words(question, language) if not word.stop]
    count = sum(share(question[word.start : word.end]) > 0.0 for word in content)
    return count / max(len(content), 1)
