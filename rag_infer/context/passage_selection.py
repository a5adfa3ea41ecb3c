"""Which passages are worth their room, and how much of each.

Knows: the value of passages for their length and beside each other, repeats, cutting at sentences,
how a passage stands in a prompt.
Does not know: the other layers, how prompts are rendered, retrieval.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.context.template import Template
from rag_infer.sentences import sentences
from rag_infer.types import Hit, OmittedItem, PromptPassage

CUT = "[...]"
_LEAST = 48  # tokens that a cut passage must keep to be worth its place
_HALF, _ENOUGH = 0.5, 160  # a cut passage keeps half of itself or that many tokens, or is a scrap
WEAK = 0.5  # of the best value; below it a passage distracts more than it helps
_REPEAT = 0.8  # share of a passage's word triples that another one holds already
# The next four by benchmarks/context.py; each is the middle of a range that does as well.
_LENGTH = 0.25  # value is paid for by length to this power: a long passage also holds more
_SAME_PAGE = 0.85  # of its value is left to a passage for each one of its page that is in already
_DOCUMENT = 0.2  # power of a document's share of the best places
_RANK = 5  # places from which on that share falls off
_AROUND = 32  # tokens of a passage's number and place, roughly
_JOINT = 2  # tokens allowed for what a tokenizer does where two parts meet
_FENCE = re.compile(r"<(?=\s*/?\s*(?:passage|result)\b)", re.IGNORECASE)

_Triple = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage as it may stand in the prompt, before it has its number."""

    rank: int
    hit: Hit
    body: str
    tokens: int
    start: int
    end: int


def select_passages(
    template: Template, question: str, hits: Sequence[Hit], room: int, first: int = 1
) -> tuple[list[PromptPassage], list[OmittedItem]]:
    """The passages that are worth most within ``room`` tokens, in the order of ``hits``.

    They are numbered from ``first``.

    Greedy by gain, which falls for pages that are in already (a lazy heap is exact for that, as
    in Minoux 1978). What is not in is listed with its reason, in the order of ``hits``.
    """
    values = _values(hits)
    floor = WEAK * max(values, default=0.0)
    gains = _gains(hits, values)
    heap = [(-gains[i], i, 0) for i in range(len(hits)) if values[i] >= floor]
    heapq.heapify(heap)
    out = {i: OmittedItem(hits[i].document_id, "weak beside the best", _about(hits[i]))
           for i in range(len(hits)) if values[i] < floor}  # fmt: skip
    _count_ahead(template, [hits[i] for _, i, _ in sorted(heap)], room)
    pages: Counter[tuple[str, int]] = Counter()
    pieces: list[_Piece] = []
    told: dict[_Triple, list[int]] = defaultdict(list)  # by which passages that are in
    repeats: dict[int, int] = {}
    while heap:
        _, i, seen = heapq.heappop(heap)
        hit = hits[i]
        page = (hit.chunk.document_id, hit.chunk.page_number)
        if pages[page] != seen:
            now = gains[i] * _SAME_PAGE ** pages[page]
            heapq.heappush(heap, (-now, i, pages[page]))
            continue
        # Not even a scrap with its place around it: there is no need to count it.
        if room < max(2 * _LEAST, _scrap(_about(hit))):
            out[i] = OmittedItem(hit.document_id, "no room", _about(hit))
            continue
        triples = _triples(hit.chunk.text)
        twins = Counter(n for t in triples if t in told for n in told[t]).most_common(1)
        if twins and twins[0][1] >= _REPEAT * len(triples):
            repeats[i] = twins[0][0]
            continue
        piece = _piece(template, question, i, hit, room)
        if piece is None:
            out[i] = OmittedItem(hit.document_id, "no room", _about(hit))
            continue
        pieces.append(piece)
        shown = hit.chunk.text[piece.start : piece.end]
        for triple in triples if shown == hit.chunk.text else _triples(shown):
            told[triple].append(i)
        pages[page] += 1
        room -= piece.tokens
    pieces.sort(key=lambda piece: piece.rank)
    numbers = {piece.rank: number for number, piece in enumerate(pieces, first)}
    for i, twin in repeats.items():
        out[i] = OmittedItem(
            hits[i].document_id, f"repeats passage {numbers[twin]}", _about(hits[i])
        )
    return _numbered(template, pieces, first), [out[i] for i in sorted(out)]


def escape_fences(text: str) -> str:
    """Text that cannot close its own fence or open another."""
    return _FENCE.sub("< ", text)


def best_sentence_window(
    template: Template, question: str, text: str, room: int
) -> tuple[int, int] | None:
    """The run of whole sentences of ``text`` within ``room`` tokens that says most on a question.

    As ``[start, end)`` in ``text``; None when less than _LEAST tokens would be left of it.
    """
    spans = sentences(text)
    asked = set(_words(question))
    sizes = [n + 1 for n in template.counts([text[a:b] for a, b in spans])]
    worth = [sum(w in asked for w in set(_words(text[a:b]))) for a, b in spans]
    best: tuple[int, int, int, int] | None = None
    last = size = told = 0
    for first in range(len(spans)):
        while last < len(spans) and size + sizes[last] <= room:
            size, told, last = size + sizes[last], told + worth[last], last + 1
        if size >= _LEAST and (best is None or (told, size) > best[:2]):
            best = (told, size, first, last)
        if last == first:  # this sentence alone is too long
            last += 1
        else:
            size, told = size - sizes[first], told - worth[first]
    if best is None or best[3] - best[2] == len(spans):
        return None
    return spans[best[2]][0], spans[best[3] - 1][1]


def _values(hits: Sequence[Hit]) -> list[float]:
    """The value of each: the scores, in the order of the hits even if a reranker had a say."""
    return sorted((max(0.0, h.score) for h in hits), reverse=True)


def _gains(hits: Sequence[Hit], values: Sequence[float]) -> list[float]:
    """What each is worth for its length, leaning to documents that hold many of the best."""
    votes: dict[str, float] = defaultdict(float)
    for rank, (hit, value) in enumerate(zip(hits, values, strict=True)):
        votes[hit.chunk.document_id] += value / (rank + _RANK)
    most = max(votes.values(), default=0.0) or 1.0
    return [
        value * (votes[hit.chunk.document_id] / most) ** _DOCUMENT / _about(hit) ** _LENGTH
        for hit, value in zip(hits, values, strict=True)
    ]


def _about(hit: Hit) -> int:
    """Roughly its tokens, without counting: those of the index, or four characters each."""
    return max(1, hit.chunk.tokens or len(hit.chunk.text) // 4)


def _count_ahead(template: Template, ordered: Sequence[Hit], room: int) -> None:
    """Counts at once, for the template to remember, what will likely be looked at."""
    ahead = []
    for hit in ordered:
        room -= _about(hit) + _AROUND
        if room < 0:
            break
        ahead += [_body(template, hit.chunk.text), _opening(template, 88, hit) + _closing(88)]
    template.counts(ahead)


def _piece(template: Template, question: str, rank: int, hit: Hit, room: int) -> _Piece | None:
    """A passage that fits the room, whole or cut; None when too little of it would."""
    text = hit.chunk.text
    body = _body(template, text)
    around = template.count(_opening(template, 88, hit) + _closing(88)) + _JOINT
    tokens = template.count(body) + around
    if tokens <= room:
        return _Piece(rank, hit, body, tokens, 0, len(text))
    left = room - around - 2 * template.count(f" {CUT} ")
    if left < max(_LEAST, _scrap(template.count(body))):
        return None
    while (run := best_sentence_window(template, question, text, left)) is not None:
        start, end = run
        body = _body(template, text[start:end])
        body = (f"{CUT} " if start else "") + body + (f" {CUT}" if end < len(text) else "")
        tokens = template.count(body) + around
        if tokens <= room:
            return _Piece(rank, hit, body, tokens, start, end)
        left -= tokens - room  # sentences by themselves were counted a little short
    return None


def _scrap(tokens: int) -> float:
    return min(_HALF * tokens, _ENOUGH)


def _numbered(template: Template, pieces: Sequence[_Piece], first: int) -> list[PromptPassage]:
    openings = [_opening(template, n, piece.hit) for n, piece in enumerate(pieces, first)]
    around = template.counts([o + _closing(n) for n, o in enumerate(openings, first)])
    placed = []
    for number, (piece, opening) in enumerate(zip(pieces, openings, strict=True), first):
        shown = f"{opening}{piece.body}{_closing(number)}"
        tokens = around[number - first] + template.count(piece.body)
        placed.append(PromptPassage(number, piece.hit, shown, tokens, piece.start, piece.end))
    return placed


def _body(template: Template, text: str) -> str:
    return template.plain(escape_fences(text))


def _opening(template: Template, number: int, hit: Hit) -> str:
    names = [hit.document_id]
    if hit.format == "pdf":
        names.append(f"page {hit.page_label or hit.chunk.page_number}")
    names += hit.chunk.heading
    place = re.sub(r"[<>\n\r]", " ", template.plain(", ".join(names)))
    return f"<passage {number}: {place}>\n"


def _closing(number: int) -> str:
    return f"\n</passage {number}>"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _triples(text: str) -> set[_Triple]:
    words = _words(text)
    if len(words) < 3:
        return {tuple(words)} if words else set()
    return set(zip(words, words[1:], words[2:], strict=False))
