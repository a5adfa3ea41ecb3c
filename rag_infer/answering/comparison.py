"""Questions that compare what documents say: "who gets more leave, Spain or Germany?".

Each of the names compared is looked up in the documents that bear it; the values found are put side
by side, each with its citation, and compared as numbers. Where one of them has none, nothing is
compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_infer.answering.value_numbers import value_number
from rag_infer.cite.answerability import judge
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import read
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.typed_values import ValueKind
from rag_infer.engine import Engine
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.filters import exact_path
from rag_infer.types import Answer, Citation, Claim, Span

_MAX_NAMES = 6
_HITS = 6
_MAX_DOCUMENTS = 8  # that bear a name
_MAX_INDEX_DOCUMENTS = 5000
_MIN_PROBABILITY = 0.02  # of a unit by itself: the name and the comparison make the rest of it
_MORE = re.compile(
    r"\b(?:more|most|higher|highest|longer|longest|larger|largest|bigger|biggest|greater|greatest)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:less|least|fewer|fewest|lower|lowest|shorter|shortest|smaller|smallest|cheaper|"
    r"cheapest)\b",
    re.IGNORECASE,
)
_IS_COMPARISON = re.compile(r"\b(?:than|or|compare[sd]?|versus|vs)\b", re.IGNORECASE)
_DROPPED = re.compile(
    r"\b(?:than|or|and|compare[sd]?|versus|vs|people|the one|in|of|by|which|who|the|is|are|does|"
    r"do)\b|[,?]",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"^(?:is|are|does|do|has|have|was|were|will|can)\b", re.IGNORECASE)
_KINDS: tuple[ValueKind, ...] = ("percent", "money", "duration", "measure")


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    unit: Sentence
    number: float


def comparison_answer(
    engine: Engine, question: str, filter: Filter, context_of: ContextOf
) -> Answer | None:
    """What the documents say of each name, side by side; None where nothing can be compared."""
    is_more = _MORE.search(question) is not None
    if is_more == (_LESS.search(question) is not None) or not _IS_COMPARISON.search(question):
        return None
    if engine.snapshot.manifest.documents > _MAX_INDEX_DOCUMENTS:
        return None
    names = _names(question)
    if not 2 <= len(names) <= _MAX_NAMES:
        return None
    aspect = _aspect(question, names)
    units = []
    for name in names:
        unit = _unit_of(engine, name, aspect, filter, context_of)
        if unit is None:
            return None
        units.append(unit)
    if len({(u.hit.chunk.document_id, u.hit.chunk.start + u.start) for u in units}) < len(units):
        return None  # one statement is no two sides
    for kind in _KINDS:
        numbers = [value_number(kind, unit.text) for unit in units]
        if all(n is not None for n in numbers):
            sides = [
                _Side(name, unit, number)
                for name, unit, number in zip(names, units, numbers, strict=True)
                if number is not None
            ]
            return _answer(question, sides, is_more)
    return None


def _names(question: str) -> list[str]:
    """Capital words after the first, neighbours together ("Port Ellary"), each once."""
    names: list[str] = []
    end = -1
    for word in read(question).words[1:]:
        if not word.capital or word.stop or word.number:
            continue
        surface = question[word.start : word.end].removesuffix("'s")
        if question[end : word.start] == " ":
            names[-1] += f" {surface}"
        else:
            names.append(surface)
        end = word.start + len(surface)
    return list(dict.fromkeys(names))


def _aspect(question: str, names: Sequence[str]) -> str:
    bare = re.sub("|".join(re.escape(name) for name in names), " ", question)
    for pattern in (_MORE, _LESS, _DROPPED):
        bare = pattern.sub(" ", bare)
    return " ".join(bare.split())


def _unit_of(
    engine: Engine, name: str, aspect: str, filter: Filter, context_of: ContextOf
) -> Sentence | None:
    """The unit on the aspect in the documents that bear the name."""
    lowered = name.lower()
    bearing = [
        row.id
        for row in engine.documents(filter)
        if lowered in re.sub(r"[_\-.]+", " ", f"{' '.join(row.names)} {row.title or ''}").lower()
    ][:_MAX_DOCUMENTS]
    if not bearing or not aspect:
        return None
    within = replace(filter, paths=tuple(exact_path(document) for document in bearing))
    hits = engine.search(aspect, _HITS, filter=within)
    share: Callable[[str], float] = word_share(engine.snapshot, filter)
    result = judge(aspect, hits, engine.embedder, share, context_of)
    usable = [
        unit
        for unit, own in result.ranked
        if own >= _MIN_PROBABILITY
        and any(value_number(kind, unit.text) is not None for kind in _KINDS)
    ]
    return usable[0] if usable else None


def _answer(question: str, sides: Sequence[_Side], is_more: bool) -> Answer:
    citations, claims, lines = [], [], []
    for number, side in enumerate(sides, 1):
        chunk = side.unit.hit.chunk
        start, end = chunk.start + side.unit.start, chunk.start + side.unit.end
        span = Span(chunk.document_id, chunk.page_number, start, end, side.unit.text)
        hit = side.unit.hit
        citations.append(Citation(number, span, chunk.heading, hit.page_label, hit.format))
        claims.append(Claim(side.unit.text, (number,), "supported", 1.0, None, (span,)))
        lines.append(
            f"{side.name}: {' '.join(side.unit.text.replace('**', '').split())} [{number}]"
        )
    text = "\n".join(lines)
    return Answer(
        question, text, True, EXTRACTIVE, tuple(citations), tuple(claims),
        grade="probable", short_text=_verdict(question, sides, is_more),
    )  # fmt: skip


def _verdict(question: str, sides: Sequence[_Side], is_more: bool) -> str:
    if _YES_NO.match(question) and re.search(r"\bthan\b", question):
        first, second = sides[0].number, sides[1].number
        return "Yes" if (first > second if is_more else first < second) else "No"
    numbers = [side.number for side in sides]
    best = max(numbers) if is_more else min(numbers)
    winners = [side.name for side in sides if side.number == best]
    return winners[0] if len(winners) == 1 else "The same: " + " and ".join(winners)
