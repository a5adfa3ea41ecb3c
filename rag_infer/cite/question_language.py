"""The language in which a question is asked of its passages.

A question alone is short, and most are English: one plainly English word in it settles that, with
no model loaded. Otherwise the passages tell, as an answer stands in their words; where they are in
several languages, the question's own decides among those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.cite.text_normalization import STOP_WORDS
from rag_infer.languages import ENGLISH, UNDETERMINED, detect_language
from rag_infer.types import Hit

# Not those that are words of other languages too: "was", "die", "in", "are", "will", "we", "it".
_PLAINLY_ENGLISH = re.compile(
    r"\b(?:the|what|which|who|whom|whose|when|where|why|how|does|did|were|has|could|would|should|"
    r"my|our|your|their|they|you|from|with|and|any|this|that|there|about|please|many|much|tell)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_PASSAGES, _SAMPLE_CHARS = 3, 400
_MIN_STOP_WORD_SHARE = 0.12  # of the words of a text that is taken for English
_MIN_LETTERS, _MIN_PROBABILITY = 40, 0.8


def question_language(question: str, hits: Sequence[Hit]) -> str:
    """The code of the language in which a question and the passages found for it are judged."""
    if _PLAINLY_ENGLISH.search(question):
        return ENGLISH
    samples = [hit.chunk.text[:_SAMPLE_CHARS] for hit in hits[:_PASSAGES]]
    sample = " ".join(samples)
    words = _WORD.findall(sample.lower())
    if not words or sum(w in STOP_WORDS for w in words) / len(words) >= _MIN_STOP_WORD_SHARE:
        return ENGLISH
    own = detect_language(question)
    if own != UNDETERMINED and own in (detect_language(text) for text in samples):
        return own
    language = detect_language(sample, _MIN_LETTERS, _MIN_PROBABILITY)
    return ENGLISH if language == UNDETERMINED else language
