"""A sentence that begins with a pronoun speaks of what the sentence before it names.

"The relief valve opens at six bar. It was made in Ulm." answers where the valve was made with its
second sentence, although only the first names the valve. Where the best sentence lacks words of
the question that such a follower has, the follower goes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_infer.cite.answer_units import PRONOUN
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import Word, related, words

_MAX_GAP_CHARACTERS = 3  # between two sentences that follow one another


def prefer_followers(result: AnswerabilityResult) -> AnswerabilityResult:
    """The result with a pronoun's sentence before the one that names its subject, where it answers.

    The order of the two alone changes; the probabilities stay with their ranks.
    """
    if len(result.ranked) < 2:
        return result
    best = result.ranked[0][0]
    keys = set(result.profile.keys)
    lacking = {key for key in keys if not _has(words(best.text), key)}
    if not lacking or lacking == keys:
        return result
    for rank, (sentence, _) in enumerate(result.ranked[1:], 1):
        follows = (
            sentence.hit.chunk == best.hit.chunk
            and 0 <= sentence.start - best.end <= _MAX_GAP_CHARACTERS
        )
        if follows and PRONOUN.match(sentence.text):
            parsed = words(sentence.text)
            if any(_has(parsed, key) for key in lacking):
                return replace(result, ranked=_swapped(result.ranked, rank))
    return result


def _has(parsed: Sequence[Word], key: str) -> bool:
    return any(word.key == key or related(word.key, key) for word in parsed)


def _swapped(
    ranked: Sequence[tuple[Sentence, float]], rank: int
) -> tuple[tuple[Sentence, float], ...]:
    sentences = [sentence for sentence, _ in ranked]
    sentences.insert(0, sentences.pop(rank))
    return tuple(zip(sentences, (p for _, p in ranked), strict=True))
