"""Two things compared by what one text says of each: "which is stronger, the Bison or the Marten?".

Each side's own sentence is quoted. Which one is ahead is said only where both give a number of the
same kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_infer.answering.value_numbers import value_number
from rag_infer.cite.answerability import judge
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.cite.typed_values import ValueKind
from rag_infer.embed import Embedder
from rag_infer.generate import EXTRACTIVE
from rag_infer.types import Answer, Citation, Claim, Hit, Span

_KINDS: tuple[ValueKind, ...] = ("percent", "money", "duration", "measure")
_MIN_PROBABILITY = 0.01  # of a side's sentence, judged by the side's name and the comparison
_PROBABILITY = 0.6
_SIDE = r"(?:the |a |an )?(?P<{}>[^,?]{{2,50}}?)"
_DIFFERENCE = re.compile(
    r"^(?:what(?:'s| is| are) the differences? between|compare|how (?:does|do|is|are))\s+"
    rf"{_SIDE.format('one')}\s+(?:and|with|to|versus|vs\.?|differ(?:ent)? from)\s+"
    rf"{_SIDE.format('other')}[?.!]*$",
    re.IGNORECASE,
)
_WHICH = re.compile(
    r"^(?P<aspect>(?:which|who|what)\b.{3,60}?)[,:]?\s+"
    rf"{_SIDE.format('one')}\s+or\s+{_SIDE.format('other')}[?.!]*$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more|higher|longer|larger|bigger|greater|stronger|heavier|faster|taller|deeper|wider|"
    r"dearer|hotter|thicker|louder)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:less|fewer|lower|shorter|smaller|weaker|lighter|slower|shallower|narrower|cheaper|"
    r"colder|thinner|quieter)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    sentence: Sentence


def prose_comparison(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    context_of: ContextOf,
) -> Answer | None:
    """What the passages say of each of two things that a question compares.

    Returns:
        None where it compares no two things, or one of them has no sentence of its own.
    """
    match = _DIFFERENCE.match(question) or _WHICH.match(question)
    if match is None:
        return None
    aspect = match.groupdict().get("aspect") or ""
    if aspect and not (_MORE.search(aspect) or _LESS.search(aspect)):
        return None
    names = [match["one"].strip(), match["other"].strip()]
    sides = []
    for name, rival in zip(names, reversed(names), strict=True):
        sentence = _sentence_of(name, rival, aspect, hits, embedder, share, context_of)
        if sentence is None:
            return None
        sides.append(_Side(name, sentence))
    return _answer(question, sides, _verdict(sides, aspect), hits)


def _sentence_of(
    name: str,
    rival: str,
    aspect: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    context_of: ContextOf,
) -> Sentence | None:
    """The best sentence that names one side and not the other; with a number where it helps."""
    own, other = ([w.key for w in content(words(text))] for text in (name, rival))
    only_other = [k for k in other if k not in own]
    if not own or not only_other:
        return None
    result = judge(f"{name} {aspect}".strip(), hits, embedder, share, context_of)
    suitable = []
    for sentence, probability in result.ranked:
        keys = {w.key for w in words(sentence.text)}
        named = all(has_key(keys, k) for k in own)
        if named and not any(k in keys for k in only_other) and probability >= _MIN_PROBABILITY:
            suitable.append(sentence)
    if aspect:
        numbered = [s for s in suitable if _numbers(s.text)]
        return numbered[0] if numbered else None
    return suitable[0] if suitable else None


def _numbers(text: str) -> dict[ValueKind, float]:
    numbers = {kind: value_number(kind, text) for kind in _KINDS}
    return {kind: number for kind, number in numbers.items() if number is not None}


def _verdict(sides: Sequence[_Side], aspect: str) -> str | None:
    """The side that is ahead, where both give one number of the same kind."""
    if not aspect:
        return None
    first, second = (_numbers(side.sentence.text) for side in sides)
    kind = next((kind for kind in _KINDS if kind in first and kind in second), None)
    if kind is None:
        return None
    if first[kind] == second[kind]:
        return f"The same: {sides[0].name} and {sides[1].name}"
    is_first = (first[kind] > second[kind]) == (_MORE.search(aspect) is not None)
    return sides[0 if is_first else 1].name


def _answer(
    question: str, sides: Sequence[_Side], verdict: str | None, hits: Sequence[Hit]
) -> Answer:
    citations, claims, lines = [], [], []
    for number, side in enumerate(sides, 1):
        hit, chunk = side.sentence.hit, side.sentence.hit.chunk
        start, end = chunk.start + side.sentence.start, chunk.start + side.sentence.end
        span = Span(chunk.document_id, chunk.page_number, start, end, side.sentence.text)
        heading = chunk.heading_at(start)
        citations.append(Citation(number, span, heading, hit.page_label, hit.format))
        claims.append(Claim(side.sentence.text, (number,), "supported", 1.0, None, (span,)))
        lines.append(f"{side.name}: {' '.join(side.sentence.text.split())} [{number}]")
    return Answer(
        question, "\n".join(lines), True, EXTRACTIVE, tuple(citations), tuple(claims),
        hits=tuple(hits), probability=_PROBABILITY, grade="probable", short_text=verdict,
    )  # fmt: skip
