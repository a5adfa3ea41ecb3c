"""Which blocks of a PDF are headings, and how deep.

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

_MAX_HEADING_CHARS = 160
_MAX_LEVEL = 6
_HEADING_SIZE_RATIO = 1.12
_NON_WORD = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(
    r"^(?:(?:part|item|chapter|section|note|appendix)\s+)?[\divxlc.]+[.):]?\s+", re.I
)

_NAMED = re.compile(
    r"(part|item|chapter|section|article|appendix|annex|kapitel)\s+[\divxlca-h]+\b", re.I
)
_DECIMAL = re.compile(r"\d+(?:\.\d+)*(?=[.)\s])")
_MAX_RARE_COUNT = 2
_MIN_CROWD_SIZE = 3

Style = tuple[float, float]
_LeveledBlocks = list[tuple[LayoutBlock, int]]  # a part with its level, 0 for no heading


def blocks(
    layouts: Sequence[PageLayout], outline: Sequence[OutlineEntry]
) -> list[tuple[Block, ...]]:
    """The blocks of every page, headings with their levels."""
    body = _body_height(layouts)
    entries = _by_page(outline)
    matched = [
        _match_outline(page_layout, entries.get(page, {}))
        for page, page_layout in enumerate(layouts)
    ]
    candidates = [
        _drop_label_runs(
            page_layout.text,
            leveled,
            [
                level == 0 and _is_prominent(page_layout.text, block, body)
                for block, level in leveled
            ],
        )
        for page_layout, leveled in zip(layouts, matched, strict=True)
    ]
    level_of = _level_ranker(layouts, matched, candidates)
    pages = []
    for page_layout, leveled, prominent in zip(layouts, matched, candidates, strict=True):
        page = []
        for (block, level), is_prominent in zip(leveled, prominent, strict=True):
            depth = level or (level_of(_style(page_layout.text, block)) if is_prominent else 0)
            kind: BlockKind = "heading" if depth else block.kind
            page.append(Block(block.start, block.end, kind, depth))
        pages.append(tuple(page))
    return pages


def _body_height(layouts: Iterable[PageLayout]) -> float:
    heights: Counter[float] = Counter()
    for page_layout in layouts:
        for block in page_layout.parts:
            heights[round(block.height * 4) / 4] += block.end - block.start
    return heights.most_common(1)[0][0] if heights else 0.0


def _by_page(outline: Iterable[OutlineEntry]) -> dict[int, dict[str, int]]:
    pages: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in outline:
        level = min(entry.level, _MAX_LEVEL)
        for name in (_key(entry.title), _key(_NUMBER.sub("", entry.title))):
            if name:
                pages[entry.page].setdefault(name, level)
    return pages


def _key(text: str) -> str:
    return _NON_WORD.sub("", text).casefold()


def _match_outline(page_layout: PageLayout, entries: Mapping[str, int]) -> _LeveledBlocks:
    """The parts of a page; those that begin with a line of the outline are cut after it."""
    if not entries:
        return [(block, 0) for block in page_layout.parts]
    leveled: _LeveledBlocks = []
    remaining = dict(entries)
    for block in page_layout.parts:
        text = page_layout.text[block.start : block.end]
        first = text.find("\n")
        for end in (len(text), first):
            if not 0 < end <= _MAX_HEADING_CHARS:
                continue
            key = _key(text[:end])
            level = remaining.get(key) or remaining.get(_key(_NUMBER.sub("", text[:end])))
            if level is None:
                continue
            leveled += _cut(block, block.start + end, text, level)
            break
        else:
            leveled.append((block, 0))
    return leveled


def _cut(block: LayoutBlock, end: int, text: str, level: int) -> _LeveledBlocks:
    head = replace(block, end=end, lines=1)
    rest = text[end - block.start :]
    if not rest.strip():
        return [(head, level)]
    start = end + len(rest) - len(rest.lstrip())
    return [(head, level), (replace(block, start=start, bold=False, lines=block.lines - 1), 0)]


def _is_prominent(text: str, block: LayoutBlock, body: float) -> bool:
    size = block.end - block.start
    if block.kind == "table" or block.spaced or size > _MAX_HEADING_CHARS or block.lines > 3:
        return False
    if block.min_height <= _HEADING_SIZE_RATIO * body and not block.bold:
        return False
    block_text = text[block.start : block.end]
    if block_text[-1] in ",;" or (block_text[-1] == "." and size > 60) or block_text[0].islower():
        return False
    letters = sum(map(str.isalpha, block_text))
    return _WORDS.search(block_text) is not None and 2 * letters > size


def _drop_label_runs(text: str, leveled: _LeveledBlocks, candidates: list[bool]) -> list[bool]:
    """Leaves out what stands out in a crowd: a heading has text below it, or a lesser heading."""
    is_heading = list(candidates)
    start = 0
    for n in range(len(is_heading) + 1):
        if n < len(is_heading) and candidates[n]:
            continue
        if n - start >= _MIN_CROWD_SIZE:
            styles = [_style(text, block) for block, _ in leveled[start:n]]
            for k, style in enumerate(styles):
                after = styles[k + 1] if k + 1 < len(styles) else (0.0, 0.0)
                is_repeated = k > 0 and after == (0.0, 0.0) and styles[k - 1] == style
                is_heading[start + k] = after < style and not is_repeated
        start = n + 1
    return is_heading


def _style(text: str, block: LayoutBlock) -> Style:
    """How prominent a heading looks: its size, then its wording and numbering."""
    block_text = text[block.start : block.end]
    size = round(block.height * 2) / 2
    if match := _NAMED.match(block_text):
        return size, 3.0 if match[1].lower() == "part" else 2.0
    if match := _DECIMAL.match(block_text):
        return size, 2.0 - 0.1 * match[0].count(".")
    return size, 1.0 if block_text.isupper() else 0.0


def _level_ranker(
    layouts: Sequence[PageLayout],
    matched: Sequence[_LeveledBlocks],
    candidates: Sequence[Sequence[bool]],
) -> Callable[[Style], int]:
    """Levels for the styles of headings: known ones from the outline, others by prominence."""
    outline_levels: dict[Style, list[int]] = defaultdict(list)
    style_counts: Counter[Style] = Counter()
    for page_layout, leveled, prominent in zip(layouts, matched, candidates, strict=True):
        for (block, level), is_prominent in zip(leveled, prominent, strict=True):
            if level:
                outline_levels[_style(page_layout.text, block)].append(level)
            elif is_prominent:
                style_counts[_style(page_layout.text, block)] += 1
    # A style seen once or twice, as on a cover, says little about the order of the others.
    common_styles = [
        style for style, count in style_counts.items() if count > _MAX_RARE_COUNT
    ] or list(style_counts)
    ranks = {style: rank for rank, style in enumerate(sorted(common_styles, reverse=True), 1)}

    @cache
    def level_of(style: Style) -> int:
        above = [other for other in outline_levels if other >= style]
        if above:
            nearest = min(above)
            level = sorted(outline_levels[nearest])[len(outline_levels[nearest]) // 2]
            return min(_MAX_LEVEL, level + (nearest > style))
        return min(_MAX_LEVEL, max((r for s, r in ranks.items() if s >= style), default=1))

    return level_of
