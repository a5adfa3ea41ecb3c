"""The languages of a question and of the passages found for it.

A question alone is short, and most are English: one plainly English word in it settles that, with
no model loaded. Otherwise its own words tell where they are plain enough, and the passages where
they are not, as an answer stands in their words: of passages in several languages those that have
the words of the question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from rag_infer.cite.language_words import language_words
from rag_infer.cite.text_normalization import STOP_WORDS
from rag_infer.languages import (
    ENGLISH,
    UNDETERMINED,
    detect_language,
    language_probabilities,
    main_script,
)
from rag_infer.languages.question_words import question_words
from rag_infer.types import Hit

# Not those that are words of other languages too: "was", "die", "in", "are", "will", "we", "it".
_PLAINLY_ENGLISH = re.compile(
    r"\b(?:the|what|which|who|whom|whose|when|where|why|how|does|did|were|has|could|would|should|"
    r"my|our|your|their|they|you|from|with|and|any|this|that|there|about|please|many|much|tell)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_PASSAGES, _SAMPLE_CHARS = 3, 400
_MIN_STOP_WORD_SHARE = 0.08  # of the words of a text that is taken for English
# Words of other languages too.
_PLAIN_STOP_WORDS = STOP_WORDS - frozenset(
    "a am an as at be do etc for he her him i if in is me more my no of on or over so us via was "
    "we will am any may most once per all".split()
)
_MIN_LETTERS, _MIN_PROBABILITY = 40, 0.8
_MIN_OWN_PROBABILITY = 0.7  # of a question in another language than its passages
_MIN_LIKELY_PROBABILITY = 0.3  # where it has question words of the language
_MIN_OWN_LETTERS = 8
# What no evidence of a language leaves of it: few letters make the model of languages too sure.
_LEAST_PROBABILITY, _LEAST_COVERAGE = 0.02, 0.1


def is_plainly_english(question: str) -> bool:
    """Whether a word of the question settles that it is English."""
    return _PLAINLY_ENGLISH.search(question) is not None


def own_language(question: str) -> str:
    """The code of the language that the words of a question tell, ``und`` where they do not."""
    if is_plainly_english(question):
        return ENGLISH
    likely = detect_language(question, _MIN_OWN_LETTERS, _MIN_LIKELY_PROBABILITY)
    if likely not in (UNDETERMINED, ENGLISH) and question_words(question, likely):
        return likely  # its question words are a second witness
    return UNDETERMINED


def question_language(question: str, hits: Sequence[Hit]) -> str:
    """The code of the language that a question is in.

    Args:
        question: As it was typed.
        hits: The passages found for it, whose language it has where its own words do not tell.
    """
    if is_plainly_english(question):
        return ENGLISH
    samples = [hit.chunk.text[:_SAMPLE_CHARS] for hit in hits[:_PASSAGES]]
    own = detect_language(question)
    sure = detect_language(question, _MIN_OWN_LETTERS, _MIN_OWN_PROBABILITY)
    languages = {text_language(s, own) for s in samples}
    if own != UNDETERMINED and own in languages and (own == sure or len(languages) == 1):
        return own
    sample = " ".join(samples)
    if sure not in (UNDETERMINED, ENGLISH) and (
        main_script(question) != "Latin" or main_script(sample) not in ("Latin", None)
    ):
        return sure
    likely = own_language(question)
    if likely != UNDETERMINED:
        return likely
    passages = _texts_of_languages(hits)
    if len(passages) < 2:
        return text_language(sample)
    return likely_language(
        question, {code: _coverage(question, text, code) for code, text in passages.items()}
    )


def likely_language(question: str, coverage: Mapping[str, float]) -> str:
    """The language, of those of some texts, that a question of a few words is most likely in.

    The letters of "Kaution?" are English as likely as German; the German texts have the word.

    Args:
        question: Any question.
        coverage: For the code of each language the share of the question's words that texts in it
            have.
    """
    probabilities = language_probabilities(question)

    def evidence(code: str) -> float:
        letters = math.sqrt(probabilities.get(code, 0.0) + _LEAST_PROBABILITY)
        return letters * (coverage[code] + _LEAST_COVERAGE)

    return max(coverage, key=evidence)


def _texts_of_languages(hits: Sequence[Hit]) -> dict[str, str]:
    """The passages by their language, that of the best one first."""
    texts: dict[str, list[str]] = {}
    for hit in hits:
        texts.setdefault(text_language(hit.chunk.text), []).append(hit.chunk.text)
    return {code: "\n".join(own) for code, own in texts.items()}


def _coverage(question: str, text: str, language: str) -> float:
    keys = {word.key for word in language_words(question, language) if not word.stop}
    own = {word.key for word in language_words(text, language)}
    return len(keys & own) / max(len(keys), 1)


def text_language(text: str, expected: str = ENGLISH) -> str:
    """The code of the language of a passage, English where it is not determined.

    Args:
        text: The passage.
        expected: A language for which less evidence is enough, such as that of the question.
    """
    words = _WORD.findall(text[: _PASSAGES * _SAMPLE_CHARS].lower())
    plain = sum(w in _PLAIN_STOP_WORDS for w in words)
    if not words or plain / len(words) >= _MIN_STOP_WORD_SHARE:
        return ENGLISH
    language = detect_language(text, _MIN_LETTERS, _MIN_PROBABILITY)
    if language != UNDETERMINED:
        return language
    likely = detect_language(text, _MIN_OWN_LETTERS, _MIN_LIKELY_PROBABILITY)
    return expected if likely == expected else ENGLISH
