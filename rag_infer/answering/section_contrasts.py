"""A question that names one section of a document, beside an answer from another section of it.

"How many tickets were sold for the summer party?": "184 tickets were sold" stands under "Benefit
concert", and there is a section "Summer party". The sentence itself does not say which it means.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.types import Hit

_MIN_HEADING_WORDS = 2  # one word of a question is in many a heading by chance


def other_section(result: AnswerabilityResult) -> tuple[str, ...]:
    """Words of the question that name a section which the best unit does not belong to.

    Args:
        result: The question, and the units as they were judged.

    Returns:
        The words as they were typed; none where the question has a word of the unit's own heading,
        or the unit, its headings or the name of its document has one of the words.
    """
    best = result.ranked[0][0]
    path = best.hit.chunk.heading_at(best.hit.chunk.start + best.start)
    if not path:
        return ()
    asked = {w.key for w in content(result.profile.words)}
    if any(_is_among(key, asked) for key in _keys(path[-1])):
        return ()
    own = _keys(f"{best.text} {best.context} {' '.join(path)}")
    for heading in dict.fromkeys(_headings(best, result)):
        named = _keys(heading)
        if (
            len(named) >= _MIN_HEADING_WORDS
            and named <= asked
            and not any(_is_among(key, own) for key in named)
        ):
            typed = [w for w in result.profile.words if w.key in named]
            return tuple(result.profile.text[w.start : w.end] for w in typed)
    return ()


def _headings(best: Sentence, result: AnswerabilityResult) -> Iterator[str]:
    """The innermost headings of the best unit's document in the passages."""
    hits: dict[Hit, None] = dict.fromkeys(s.hit for s, _ in result.ranked)
    for hit in hits:
        if hit.document_id == best.hit.document_id:
            chunk = hit.chunk
            for path in (chunk.heading, *(section[1] for section in chunk.sections)):
                yield from path[-1:]


def _keys(text: str) -> set[str]:
    return {w.key for w in content(words(text))}


def _is_among(own: str, keys: set[str]) -> bool:
    return has_key(keys, own)
