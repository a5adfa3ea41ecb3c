"""Where words stand in the cells of a table: by their keys, the columns and rows.

A column with few different cells is indexed by them. Of one with many (ids, names, notes of 100,000
rows) no word is indexed: what a question says is looked for when it is asked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from rag_infer.languages import UNDETERMINED
from rag_infer.languages.spelling import fold

_MANY_CELLS = 4000  # different ones of a column
_ENDING_CHARS, _MIN_NEEDLE_CHARS = 2, 3  # of a key, which inflection may change
_LANGUAGE = UNDETERMINED  # as keys are folded
_NOTHING: dict[int, set[int]] = {}

CellKeys = Callable[[int, int], frozenset[str]]  # of a row and a column


class CellIndex:
    """The rows of each column whose cells have a word.

    Args:
        columns: By column, the texts of its rows that are searched: of each row, or None.
        cell_keys: The keys of the words of a cell.
        other: What else is indexed: by key, columns and rows.
    """

    def __init__(
        self,
        columns: Mapping[int, Sequence[str | None]],
        cell_keys: CellKeys,
        other: dict[str, dict[int, set[int]]],
    ) -> None:
        self._cell_keys = cell_keys
        self._index: dict[str, dict[int, set[int]]] = defaultdict(dict)
        for word, places in other.items():
            self._index[word].update(places)
        self._columns = columns
        self._searched: dict[int, _Text] = {}
        self._found: dict[str, dict[int, set[int]]] = {}
        for column, texts in columns.items():
            rows: dict[str, list[int]] = defaultdict(list)
            for row, text in enumerate(texts):
                if text:
                    rows[text].append(row)
            if len(rows) > _MANY_CELLS:
                self._searched[column] = _Text(texts)
            else:
                self._add(column, rows)

    def _add(self, column: int, rows: dict[str, list[int]]) -> None:
        for holders in rows.values():
            for word in self._cell_keys(holders[0], column):
                self._index[word].setdefault(column, set()).update(holders)

    def get(self, word: str) -> dict[int, set[int]]:
        """By column, the rows whose cells have a word; empty where none has it."""
        indexed = self._index.get(word, _NOTHING)
        if not self._searched:
            return indexed
        if word not in self._found:
            found = dict(indexed)
            for column, text in self._searched.items():
                rows = {n for n in text.rows_with(word) if word in self._cell_keys(n, column)}
                if rows:
                    found[column] = rows
            self._found[word] = found
        return self._found[word]

    def rows_with(self, words: frozenset[str], column: int) -> set[int]:
        """The rows of a column whose cells have all of some words."""
        rows: set[int] | None = None
        for word in sorted(words, key=len, reverse=True):
            holders = self.get(word).get(column, set())
            rows = holders if rows is None else rows & holders
            if not rows:
                return set()
        return set(rows or ())

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self.get(word))

    def __iter__(self) -> Iterator[str]:
        """All words; of columns with many cells those that were looked for."""
        yield from self._index
        yield from (w for w, places in self._found.items() if places and w not in self._index)


class _Text:
    """The cells of a column as one text, in which a word is looked for."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        lines = [fold(" ".join((text or "").split()).lower(), _LANGUAGE) for text in texts]
        self._text = "\n".join(lines)
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def rows_with(self, word: str) -> Iterator[int]:
        """The rows that may have a word: those where one begins with its key but for the ending."""
        if word.isdigit():
            pattern = rf"(?<!\d)0*{word}(?!\d)"
        else:
            stem = word[: max(_MIN_NEEDLE_CHARS, len(word) - _ENDING_CHARS)]
            pattern = rf"(?<![^\W\d_]){re.escape(stem)}"
        last = -1
        for match in re.finditer(pattern, self._text):
            row = bisect_right(self._starts, match.start()) - 1
            if row != last:
                yield row
            last = row
