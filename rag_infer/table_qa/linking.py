"""The words of a question found in a table: in headers, in cells, in the words around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_infer.cite.text_normalization import Word, related
from rag_infer.table_qa.day_ranges import days_of
from rag_infer.table_qa.query_table import GROUP, QueryTable
from rag_infer.table_qa.synonyms import LIGHT, are_synonyms
from rag_infer.tables.figures import parse_figure

# The likeness of a word to each of some headers, by their meaning.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]
_CONJUNCTION = re.compile(
    r"\s*,?\s*(?:and|or|&)\s+(?:(?:in|of|from|for|at|on|by|the)\s+)*", re.IGNORECASE
)
_NOUN = re.compile(r"[^\W\d_]{4,}")
_MAX_FREE, _MAX_NAMES = 2, 12
_NEAR_LIKENESS = 0.58
_MIN_LIKENESS = 0.62
_MIN_MARGIN = 0.08


@dataclass
class Links:
    """Where the words of a question occur. All by the word's place among the content words."""

    words: tuple[Word, ...]
    headers: list[dict[int, str]]
    cells: list[dict[int, set[int]]]
    context: list[bool]
    light: list[bool]
    near: frozenset[int] = frozenset()  # words that mean nearly what words around the table do

    def header_words(self, column: int) -> frozenset[int]:
        """The words that name a column."""
        return frozenset(n for n, matches in enumerate(self.headers) if column in matches)


def link(table: QueryTable, content: tuple[Word, ...], likeness: Likeness | None) -> Links:
    """Finds every content word in a table."""
    index = table.cell_index
    links = Links(content, [], [], [], [])
    for word in content:
        headers: dict[int, str] = {}
        for column, header in enumerate(table.header_keys):
            if word.key in header:
                headers[column] = "same"
            elif word.key in days_of(table.columns[column].name):
                headers[column] = "same"  # "Wednesday" is of "Mon-Fri"
            elif not word.number and any(related(word.key, other) for other in header):
                headers[column] = "derived"
        if not headers and not word.number and word.key not in table.context_keys:
            for column, header in enumerate(table.header_keys):
                if any(are_synonyms(word.key, other) for other in header):
                    headers[column] = "synonym"
        cells = dict(index.get(word.key))
        links.headers.append(headers)
        links.cells.append(cells)
        links.context.append(word.key in table.context_keys)
        links.light.append(word.key in LIGHT)
    _link_figures(table, links)
    if likeness is not None:
        _link_by_meaning(table, links, likeness)
        links.near = _near_context(table, links, likeness)
    return links


def _near_context(table: QueryTable, links: Links, likeness: Likeness) -> frozenset[int]:
    """Words that stand nowhere and mean nearly what a word around the table or of a header does."""
    free = [
        n for n, w in enumerate(links.words)
        if not (links.headers[n] or links.cells[n] or links.context[n] or links.light[n])
        and not w.number and not w.capital and len(w.key) > 2
        and n and links.cells[n - 1] and w.start - links.words[n - 1].end == 1
    ]  # fmt: skip
    if not 0 < len(free) <= _MAX_FREE:
        return frozenset()
    around = f"{' '.join(column.name for column in table.columns)} {table.context}"
    names = list(dict.fromkeys(w.lower() for w in _NOUN.findall(around)))[:_MAX_NAMES]
    if not names:
        return frozenset()
    return frozenset(
        n for n in free if max(likeness(links.words[n].key, names)) >= _NEAR_LIKENESS
    )  # fmt: skip


def merge_alternatives(text: str, table: QueryTable, links: Links) -> None:
    """Words on both sides of an "and" or "or" that are cells of one column: either row fits.

    "From January and February", "in North or South": each word is then held by the rows of both.
    """
    for split in range(len(links.words) - 1):
        gap = text[links.words[split].end : links.words[split + 1].start]
        if _CONJUNCTION.fullmatch(gap) is None:
            continue
        for column in links.cells[split].keys() & links.cells[split + 1].keys():
            left = _run(text, links, split, -1, column)
            right = _run(text, links, split + 1, 1, column)
            rows = [set.intersection(*(links.cells[n][column] for n in run))
                    for run in (left, right)]  # fmt: skip
            if not rows[0] or not rows[1] or rows[0] & rows[1]:
                continue
            for place in (*left, *right):
                links.cells[place][column] = rows[0] | rows[1]


def _run(text: str, links: Links, place: int, step: int, column: int) -> list[int]:
    """The words from a place on that stand side by side and share a row of a column."""
    run = [place]
    rows = links.cells[place][column]
    while 0 <= run[-1] + step < len(links.words):
        following = run[-1] + step
        left, right = sorted((run[-1], following))
        if text[links.words[left].end : links.words[right].start] not in (" ", "-"):
            break
        shared = rows & links.cells[following].get(column, set())
        if not shared:
            break
        rows = shared
        run.append(following)
    return run


def _link_figures(table: QueryTable, links: Links) -> None:
    """A number beside a word that names a column of figures is one of its cells: "14 seats"."""
    for number, word in enumerate(links.words):
        if not word.number or links.cells[number]:
            continue
        figure = parse_figure(word.key)
        if figure is None:
            continue
        for other in (number + 1, number - 1):
            if not 0 <= other < len(links.words):
                continue
            for column, how in links.headers[other].items():
                if how == "synonym" or table.columns[column].kind != "number":
                    continue
                rows = {n for n in table.data if table.columns[column].values[n] == figure.value}
                if rows:
                    links.cells[number][column] = rows


def _link_by_meaning(table: QueryTable, links: Links, likeness: Likeness) -> None:
    """Words that stand nowhere may mean a header that no other word names."""
    free = [
        column.index
        for column in table.columns
        if table.header_keys[column.index] and not links.header_words(column.index)
    ]
    if not free:
        return
    names = [table.columns[n].name for n in free]
    for number, word in enumerate(links.words):
        if links.headers[number] or links.cells[number] or links.context[number]:
            continue
        if word.number or word.capital or len(word.key) < 3:
            continue
        scores = sorted(zip(likeness(word.key, names), free, strict=True), reverse=True)
        if scores[0][0] >= _MIN_LIKENESS and (
            len(scores) == 1 or scores[0][0] - scores[1][0] >= _MIN_MARGIN
        ):
            links.headers[number][scores[0][1]] = "meaning"


__all__ = ["GROUP", "Likeness", "Links", "link"]
