"""The words of a question found in a table: in headers, in cells, in the words around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_infer.cite.text_normalization import Word, related
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.synonyms import LIGHT, are_synonyms

# The likeness of a word to each of some headers, by their meaning.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]
GROUP = -1  # the column that stands for titles of groups
_MIN_LIKENESS = 0.62
_MIN_MARGIN = 0.08
_MAX_INDEX_CELLS = 300_000


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A word that names a column; ``how``: as it is, derived, or by meaning."""

    column: int
    how: str


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
        return frozenset(n for n, found in enumerate(self.headers) if column in found)


def link(table: QueryTable, content: tuple[Word, ...], likeness: Likeness | None) -> Links:
    """Finds every content word in a table."""
    index = _cell_index(table)
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
    if likeness is not None:
        _link_by_meaning(table, links, likeness)
    return links


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


def _cell_index(table: QueryTable) -> dict[str, dict[int, set[int]]]:
    """By key: the columns and rows in whose cells it occurs. Figures are no labels."""
    index: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    searched = [c.index for c in table.columns if c.kind not in ("number", "flag")]
    if len(table.rows) * max(1, len(searched)) > _MAX_INDEX_CELLS:
        searched = searched[: max(1, _MAX_INDEX_CELLS // len(table.rows))]
    for number, row in enumerate(table.rows):
        if row.role == "group":
            continue
        for column in searched:
            for key in table.cell_keys(number, column):
                index[key][column].add(number)
        for title in row.group:
            for key in essential_keys(title):
                index[key][GROUP].add(number)
    return index
