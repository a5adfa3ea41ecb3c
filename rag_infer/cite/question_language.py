"""The languages of a question and of the passages found for it.

A question alone is short, and most are English: one plainly English word in it settles that, with
no model loaded. Otherwise its own words tell where they are plain enough, and the passages where
they are not, as an answer stands in their words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.cite.text_normalization import STOP_WORDS
from rag_infer.languages import ENGLISH, UNDETERMINED, detect_language, main_script
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
    if own != UNDETERMINED and own in (text_language(s, own) for s in samples):
        return own
    sure = detect_language(question, _MIN_OWN_LETTERS, _MIN_OWN_PROBABILITY)
    sample = " ".join(samples)
    if sure not in (UNDETERMINED, ENGLISH) and (
        main_script(question) != "Latin" or main_script(sample) not in ("Latin", None)
    ):
        return sure
    likely = own_language(question)
    return text_language(sample) if likely == UNDETERMINED else likely


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
