"""Which blocks of a PDF are headings, and how deep.

Knows: the outline, and how blocks are printed over the whole file.
Does not know: PDFium, how lines became blocks.

An outline entry that is found on its page is a heading of its level. Other headings stand out: in
larger type than the body, or in bold on a line of their own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rag_infer.read.pdf.flow import Flow, Part
from rag_infer.read.pdf.opening import Entry
from rag_infer.types import Block

_LONGEST = 160
_DEEPEST = 6
_LARGER = 1.12
_PLAIN = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(
    r"^(?:(?:part|item|chapter|section|note|appendix)\s+)?[\divxlc.]+[.):]?\s+", re.I
)

Found = list[tuple[Part, int]]  # a part with its level, 0 for no heading


def blocks(flows: Sequence[Flow], outline: Sequence[Entry]) -> list[tuple[Block, ...]]:
    """The blocks of every page, headings with their levels."""
    body = _body_height(flows)
    entries = _by_page(outline)
    listed = [_listed(flow, entries.get(page, {})) for page, flow in enumerate(flows)]
    candidates = [
        [level == 0 and _stands_out(flow.text, part, body) for part, level in found]
        for flow, found in zip(flows, listed, strict=True)
    ]
    level_of = _levels(listed, candidates, body)
    pages = []
    for found, stand_out in zip(listed, candidates, strict=True):
        page = []
        for (part, level), free in zip(found, stand_out, strict=True):
            depth = level or (level_of(part) if free else 0)
            kind = "heading" if depth else part.kind
            page.append(Block(part.start, part.end, kind, depth))
        pages.append(tuple(page))
    return pages


def _body_height(flows: Iterable[Flow]) -> float:
    heights: Counter[float] = Counter()
    for flow in flows:
        for part in flow.parts:
            heights[round(part.height * 4) / 4] += part.end - part.start
    return heights.most_common(1)[0][0] if heights else 0.0


def _by_page(outline: Iterable[Entry]) -> dict[int, dict[str, int]]:
    pages: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in outline:
        level = min(entry.level, _DEEPEST)
        for name in (_key(entry.title), _key(_NUMBER.sub("", entry.title))):
            if name:
                pages[entry.page].setdefault(name, level)
    return pages


def _key(text: str) -> str:
    return _PLAIN.sub("", text).casefold()


def _listed(flow: Flow, entries: Mapping[str, int]) -> Found:
    """The parts of a page; those that begin with a line of the outline are cut after it."""
    if not entries:
        return [(part, 0) for part in flow.parts]
    found: Found = []
    left = dict(entries)
    for part in flow.parts:
        text = flow.text[part.start : part.end]
        first = text.find("\n")
        for end in (len(text), first):
            if not 0 < end <= _LONGEST:
                continue
            key = _key(text[:end])
            level = left.get(key) or left.get(_key(_NUMBER.sub("", text[:end])))
            if level is None:
                continue
            found += _cut(part, part.start + end, text, level)
            break
        else:
            found.append((part, 0))
    return found


def _cut(part: Part, end: int, text: str, level: int) -> Found:
    head = Part(part.start, end, part.kind, part.height, part.bold, 1, part.top, part.width)
    rest = text[end - part.start :]
    if not rest.strip():
        return [(head, level)]
    start = end + len(rest) - len(rest.lstrip())
    tail = Part(
        start, part.end, part.kind, part.height, False, part.lines - 1, part.top, part.width
    )
    return [(head, level), (tail, 0)]


def _stands_out(text: str, part: Part, body: float) -> bool:
    size = part.end - part.start
    if part.kind == "table" or size > _LONGEST or part.lines > 3:
        return False
    own = text[part.start : part.end]
    larger = part.height > _LARGER * body
    if not larger and not part.bold:
        return False
    if own[-1] in ",;" or (own[-1] == "." and size > 60) or own[0].islower():
        return False
    letters = sum(map(str.isalpha, own))
    return bool(_WORDS.search(own)) and 2 * letters > size


def _levels(listed: Sequence[Found], candidates: Sequence[Sequence[bool]], body: float):  # type: ignore[no-untyped-def]
    """A function from a part that stands out to its level."""
    known: dict[float, list[int]] = defaultdict(list)
    sizes: Counter[float] = Counter()
    for found, stand_out in zip(listed, candidates, strict=True):
        for (part, level), free in zip(found, stand_out, strict=True):
            if level:
                known[_size(part)].append(level)
            elif free:
                sizes[_size(part)] += 1
    ranks = {size: rank for rank, size in enumerate(sorted(sizes, reverse=True), 1)}
    deepest_large = max((r for s, r in ranks.items() if s > _LARGER * body), default=0)

    def level_of(part: Part) -> int:
        size = _size(part)
        larger = [s for s in known if s >= size]
        if larger:
            nearest = min(larger)
            usual = sorted(known[nearest])[len(known[nearest]) // 2]
            return min(_DEEPEST, usual + (nearest > size + 0.3))
        if size <= _LARGER * body:
            return min(_DEEPEST, min(deepest_large, 3) + 1)
        return min(3, ranks[size])

    return level_of


def _size(part: Part) -> float:
    return round(part.height * 2) / 2
