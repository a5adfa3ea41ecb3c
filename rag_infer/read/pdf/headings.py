"""Which blocks of a PDF are headings, and how deep.

Knows: the outline, and how blocks are printed over the whole file.
Does not know: PDFium, how lines became blocks.

An outline entry that is found on its page is a heading of its level. Other headings stand out: in
larger type than the body, or in bold on a line of their own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from rag_infer.read.pdf.document import OutlineEntry
from rag_infer.read.pdf.paragraphs import LayoutBlock, PageLayout
from rag_infer.types import Block, BlockKind

_LONGEST = 160
_DEEPEST = 6
_LARGER = 1.12
_PLAIN = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(
    r"^(?:(?:part|item|chapter|section|note|appendix)\s+)?[\divxlc.]+[.):]?\s+", re.I
)

_NAMED = re.compile(
    r"(part|item|chapter|section|article|appendix|annex|kapitel)\s+[\divxlca-h]+\b", re.I
)
_DECIMAL = re.compile(r"\d+(?:\.\d+)*(?=[.)\s])")
_RARE = 2
_CROWD = 3

Style = tuple[float, float]
Found = list[tuple[LayoutBlock, int]]  # a part with its level, 0 for no heading


def blocks(flows: Sequence[PageLayout], outline: Sequence[OutlineEntry]) -> list[tuple[Block, ...]]:
    """The blocks of every page, headings with their levels."""
    body = _body_height(flows)
    entries = _by_page(outline)
    listed = [_listed(flow, entries.get(page, {})) for page, flow in enumerate(flows)]
    candidates = [
        _without_labels(
            flow.text,
            found,
            [level == 0 and _stands_out(flow.text, part, body) for part, level in found],
        )
        for flow, found in zip(flows, listed, strict=True)
    ]
    level_of = _ranks(flows, listed, candidates)
    pages = []
    for flow, found, stand_out in zip(flows, listed, candidates, strict=True):
        page = []
        for (part, level), free in zip(found, stand_out, strict=True):
            depth = level or (level_of(_style(flow.text, part)) if free else 0)
            kind: BlockKind = "heading" if depth else part.kind
            page.append(Block(part.start, part.end, kind, depth))
        pages.append(tuple(page))
    return pages


def _body_height(flows: Iterable[PageLayout]) -> float:
    heights: Counter[float] = Counter()
    for flow in flows:
        for part in flow.parts:
            heights[round(part.height * 4) / 4] += part.end - part.start
    return heights.most_common(1)[0][0] if heights else 0.0


def _by_page(outline: Iterable[OutlineEntry]) -> dict[int, dict[str, int]]:
    pages: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in outline:
        level = min(entry.level, _DEEPEST)
        for name in (_key(entry.title), _key(_NUMBER.sub("", entry.title))):
            if name:
                pages[entry.page].setdefault(name, level)
    return pages


def _key(text: str) -> str:
    return _PLAIN.sub("", text).casefold()


def _listed(flow: PageLayout, entries: Mapping[str, int]) -> Found:
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


def _cut(part: LayoutBlock, end: int, text: str, level: int) -> Found:
    head = replace(part, end=end, lines=1)
    rest = text[end - part.start :]
    if not rest.strip():
        return [(head, level)]
    start = end + len(rest) - len(rest.lstrip())
    return [(head, level), (replace(part, start=start, bold=False, lines=part.lines - 1), 0)]


def _stands_out(text: str, part: LayoutBlock, body: float) -> bool:
    size = part.end - part.start
    if part.kind == "table" or part.spaced or size > _LONGEST or part.lines > 3:
        return False
    if part.least <= _LARGER * body and not part.bold:
        return False
    own = text[part.start : part.end]
    if own[-1] in ",;" or (own[-1] == "." and size > 60) or own[0].islower():
        return False
    letters = sum(map(str.isalpha, own))
    return _WORDS.search(own) is not None and 2 * letters > size


def _without_labels(text: str, found: Found, candidates: list[bool]) -> list[bool]:
    """Leaves out what stands out in a crowd: a heading has text below it, or a lesser heading."""
    kept = list(candidates)
    start = 0
    for n in range(len(kept) + 1):
        if n < len(kept) and candidates[n]:
            continue
        if n - start >= _CROWD:
            styles = [_style(text, part) for part, _ in found[start:n]]
            for k, style in enumerate(styles):
                after = styles[k + 1] if k + 1 < len(styles) else (0.0, 0.0)
                alike = k > 0 and after == (0.0, 0.0) and styles[k - 1] == style
                kept[start + k] = after < style and not alike
        start = n + 1
    return kept


def _style(text: str, part: LayoutBlock) -> Style:
    """How prominent a heading looks: its size, then its wording and numbering."""
    own = text[part.start : part.end]
    size = round(part.height * 2) / 2
    if match := _NAMED.match(own):
        return size, 3.0 if match[1].lower() == "part" else 2.0
    if match := _DECIMAL.match(own):
        return size, 2.0 - 0.1 * match[0].count(".")
    return size, 1.0 if own.isupper() else 0.0


def _ranks(
    flows: Sequence[PageLayout], listed: Sequence[Found], candidates: Sequence[Sequence[bool]]
) -> Callable[[Style], int]:
    """Levels for the styles of headings: known ones from the outline, others by prominence."""
    known: dict[Style, list[int]] = defaultdict(list)
    seen: Counter[Style] = Counter()
    for flow, found, stand_out in zip(flows, listed, candidates, strict=True):
        for (part, level), free in zip(found, stand_out, strict=True):
            if level:
                known[_style(flow.text, part)].append(level)
            elif free:
                seen[_style(flow.text, part)] += 1
    # A style seen once or twice, as on a cover, says little about the order of the others.
    usual = [style for style, count in seen.items() if count > _RARE] or list(seen)
    ranks = {style: rank for rank, style in enumerate(sorted(usual, reverse=True), 1)}

    @cache
    def level_of(style: Style) -> int:
        above = [other for other in known if other >= style]
        if above:
            nearest = min(above)
            level = sorted(known[nearest])[len(known[nearest]) // 2]
            return min(_DEEPEST, level + (nearest > style))
        return min(_DEEPEST, max((r for s, r in ranks.items() if s >= style), default=1))

    return level_of
