"""The words of a question found in a table: in headers, in cells, in the words around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_infer.cite.text_normalization import Word, related
from rag_infer.table_qa.query_table import GROUP, QueryTable
from rag_infer.table_qa.synonyms import LIGHT, are_synonyms
from rag_infer.tables.figures import parse_figure

# The likeness of a word to each of some headers, by their meaning.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]
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
            elif not word.number and any(related(word.key, other) for other in header):
                headers[column] = "derived"
        if not headers and not word.number and word.key not in table.context_keys:
            for column, header in enumerate(table.header_keys):
                if any(are_synonyms(word.key, other) for other in header):
                    headers[column] = "synonym"
        cells = dict(index.get(word.key, {}).items())
        links.headers.append(headers)
        links.cells.append(cells)
        links.context.append(word.key in table.context_keys)
        links.light.append(word.key in LIGHT)
    _link_figures(table, links)
    if likeness is not None:
        _link_by_meaning(table, links, likeness)
    return links


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
