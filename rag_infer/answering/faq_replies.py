"""The "Yes." that opens the reply to another question than the one that was asked."""

from __future__ import annotations

import re
from dataclasses import replace

from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import has_key, words

_REPLY = re.compile(r"(?:yes|no|sure|of course|certainly)[.!]\s+(?=\S)", re.IGNORECASE)
_MIN_SHARED = 0.6  # of the words of a question, for a reply to another one to be its reply too


def without_reply(profile: QuestionProfile, sentence: Sentence) -> Sentence:
    """The unit without the "Yes." that replies to what its heading asks, and not to the question.

    "Yes. There is room for bicycles. Batteries may not be charged." under "Can I bring a bicycle?"
    is no yes to "May I charge my battery?".

    Args:
        profile: The question.
        sentence: A unit that is quoted.
    """
    match = _REPLY.match(sentence.text)
    if match is None or _asks_the_same(profile, sentence):
        return sentence
    start = sentence.start + match.end()
    return replace(sentence, start=start, text=sentence.text[match.end() :])


def _asks_the_same(profile: QuestionProfile, sentence: Sentence) -> bool:
    if profile.value_kind != "yes":
        return False
    setting = {w.key for w in words(sentence.setting)}
    shared = sum(has_key(setting, k) for k in profile.keys)
    return not setting or shared >= _MIN_SHARED * len(profile.keys)
