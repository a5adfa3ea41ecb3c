"""Whether an embedder knows the language of a text.

An embedder may say so in an attribute ``languages``, a set of codes. One that says nothing is
taken to know all: its owner chose it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag_infer.embed.base import Embedder
from rag_infer.languages import UNDETERMINED, detect_language, script_counts, scripts_of

# Of a language that is written like one that the embedder knows, it knows names, figures and the
# many words that both have.
RELATED_LANGUAGE_COVERAGE = 0.5


def known_languages(embedder: Embedder) -> frozenset[str] | None:
    """The codes of the languages that an embedder was trained on; None where it does not say."""
    languages = getattr(embedder, "languages", None)
    return None if languages is None else frozenset(languages)


def unknown_languages(embedder: Embedder, languages: Iterable[str]) -> tuple[str, ...]:
    """Those of the languages that the embedder says it does not know, in order."""
    known = known_languages(embedder)
    if known is None:
        return ()
    return tuple(code for code in languages if code not in ("", UNDETERMINED) and code not in known)


def coverage(embedder: Embedder, question: str, languages: Iterable[str]) -> float:
    """How far an embedder knows the language of a question, 0 to 1.

    Args:
        embedder: Any embedder.
        question: The question as typed.
        languages: Those of the index; the question's own is looked for only where the embedder
            does not know all of them.
    """
    known = known_languages(embedder)
    if known is None:
        return 1.0
    counts = script_counts(question)
    letters = sum(counts.values())
    if not letters:
        return 1.0
    scripts = scripts_of(known)
    share = sum(n for script, n in counts.items() if script in scripts) / letters
    if share < 1.0 or not unknown_languages(embedder, languages):
        return share
    language = detect_language(question)
    unknown = bool(unknown_languages(embedder, [language]))
    return RELATED_LANGUAGE_COVERAGE if unknown else 1.0
