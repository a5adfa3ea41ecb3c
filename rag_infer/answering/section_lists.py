"""Questions whose answer is a list under a heading: all of it, how many it has, what comes next.

"What are all the rules for visitors?" names the heading "Rules for visitors". No item repeats its
words, so that judges of sentences see nothing in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag_infer.answering.labeled_values import line_unit, unit_at
from rag_infer.cite.answer_units import AnswerUnit, answer_units
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, key, related, words
from rag_infer.cite.typed_values import asks_list
from rag_infer.types import Hit

PROBABILITY = 0.6  # of a list whose heading has all words of the question
_MAX_LIST_CHARS = 1500
_MIN_DESCRIBED = 0.6  # of the words of an item
_ITEM = re.compile(r"[ \t]*(?:[-*+•◦▪‣·–]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)])[ \t]+(?=\S)")
_NUMBERED = re.compile(r"[ \t]*\(?\d{1,2}[.)][ \t]")
_HOW_MANY = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_NEXT = re.compile(
    r"^(?:what|which)\b.{0,60}?\b(?P<order>after|before|follows|next|precedes)\b(?P<step>.*)$",
    re.IGNORECASE,
)
_WHAT_TO_DO = re.compile(
    r"\bwhat (?:(?:should|must|shall|do|does|can) (?:\w+ )?(?:\w+ )?(?:(?:have|need) to )?do|to do|"
    r"(?:is|has) to be done|must be done|happens)\b",
    re.IGNORECASE,
)
# What members of any list are called.
_GENERIC = frozenset(
    key(w)
    for w in "step steps item items thing things point points rule rules list all every each "
    "list name complete whole full order do have need".split()
)


@dataclass(frozen=True, slots=True)
class SectionList:
    """A list, or an item of it, and how many items it has if that is asked."""

    sentence: Sentence
    count: int | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    hit: Hit
    heading: str
    items: tuple[tuple[int, int], ...]


def section_list(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> SectionList | None:
    """The list that the question asks for, or the item of it.

    Args:
        result: The question, and the units as they were judged.
        hits: The passages, best first.
        context_of: What the document of a hit says of itself.

    Returns:
        None where no list under a heading has all words of the question, or two have.
    """
    question = result.profile.text
    blocks = [block for hit in hits for block in _blocks(hit)]
    if (following := _NEXT.match(question)) is not None:
        neighbor = _neighbor(result, blocks, following, context_of)
        if neighbor is not None:
            return neighbor
    counted = _HOW_MANY.search(question)
    asks_steps = _WHAT_TO_DO.search(question) is not None
    if counted is None and not asks_steps and not asks_list(question):
        return None
    keys = [k for k in result.profile.keys if k not in _GENERIC]
    if counted is not None:  # "how many rules": the heading must be of rules
        keys = list(dict.fromkeys([*keys, key(counted[1])]))
    matches = [b for b in blocks if keys and all(_has(b.heading, k) for k in keys)]
    places = {(b.hit.document_id, b.hit.chunk.start + b.items[0][0]) for b in matches}
    if len(places) != 1:
        return None
    block = max(matches, key=lambda b: len(b.items))
    whole = _unit(block, block.items[0][0], block.items[-1][1], context_of)
    if len(whole.text) > _MAX_LIST_CHARS:
        return None
    return SectionList(whole, len(block.items) if counted is not None else None)


def _blocks(hit: Hit) -> Iterator[_Block]:
    """The runs of list items of a passage that a heading stands above."""
    text = hit.chunk.text
    run: list[tuple[int, int]] = []
    for match in re.finditer(r"[^\n]*\S[^\n]*", text):
        if _ITEM.match(match[0]):
            run.append(match.span())
            continue
        if run and match[0][:1] in " \t" and text[run[-1][1] : match.start()].count("\n") == 1:
            run[-1] = (run[-1][0], match.end())  # an item goes on
            continue
        yield from _block(hit, run)
        run = []
    yield from _block(hit, run)


def _block(hit: Hit, run: Sequence[tuple[int, int]]) -> Iterator[_Block]:
    if len(run) < 2:
        return
    chunk = hit.chunk
    unit = next((u for u in answer_units(chunk.text) if u.end > run[0][0]), None)
    heading = unit.heading if unit is not None else ""
    heading = heading or next(iter(chunk.heading_at(chunk.start + run[0][0])[-1:]), "")
    if heading:
        yield _Block(hit, heading, tuple(run))


def _neighbor(
    result: AnswerabilityResult,
    blocks: Sequence[_Block],
    question: re.Match[str],
    context_of: ContextOf,
) -> SectionList | None:
    """The item after, or before, the one numbered item that the question describes."""
    asked = [w.key for w in content(words(question["step"])) if w.key not in _GENERIC]
    step = 1 if question["order"].lower() in ("after", "follows", "next") else -1
    matches = []
    for block in blocks:
        texts = [block.hit.chunk.text[a:b] for a, b in block.items]
        if not all(_NUMBERED.match(text) for text in texts):
            continue
        own = [[w.key for w in content(words(_ITEM.sub("", text)))] for text in texts]
        # Most of the item's words are in the question ("paid" is no form of "pay" to a stemmer).
        described = [
            n for n, keys in enumerate(own)
            if sum(_among(k, asked) for k in keys) >= max(2, _MIN_DESCRIBED * len(keys))
        ]  # fmt: skip
        if len(described) == 1 and 0 <= described[0] + step < len(texts):
            matches.append((block, block.items[described[0] + step]))
    if len(matches) != 1:
        return None
    block, (start, end) = matches[0]
    start += len(_ITEM.match(block.hit.chunk.text[start:end])[0])  # type: ignore[index]
    return SectionList(unit_at(result, block.hit, start, end, context_of))


def _unit(block: _Block, start: int, end: int, context_of: ContextOf) -> Sentence:
    """A list as one unit, whose lines are shown apart."""
    line = line_unit(block.hit, start, end, context_of)
    return replace(line, unit=AnswerUnit(start, end, "list", "", block.heading))


def _has(text: str, asked: str) -> bool:
    return any(w.key == asked or related(w.key, asked) for w in words(text))


def _among(own: str, asked: Sequence[str]) -> bool:
    return any(own == k or related(own, k) for k in asked)
