"""The spans of the cells of a row, each made when it is asked for: few of a table are cited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from rag_infer.types import Span


class CellSpans(Sequence[Span | None]):
    """The spans of a row's cells, in the text of its page.

    Args:
        document_id: Of the document.
        page_number: Of the page, from 1.
        text: The text of the page.
        places: Start and end of each cell; an end of 0 where the cell has no text.
        width: The number of cells; those beyond the places have no span.
    """

    __slots__ = ("_document_id", "_page_number", "_places", "_text", "_width")

    def __init__(
        self,
        document_id: str,
        page_number: int,
        text: str,
        places: Sequence[tuple[int, int]],
        width: int,
    ) -> None:
        self._document_id = document_id
        self._page_number = page_number
        self._text = text
        self._places = places
        self._width = width

    def __len__(self) -> int:
        return self._width

    @overload
    def __getitem__(self, index: int) -> Span | None: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Span | None, ...]: ...
    def __getitem__(self, index: int | slice) -> Span | tuple[Span | None, ...] | None:
        if isinstance(index, slice):
            return tuple(self[n] for n in range(*index.indices(self._width)))
        column = range(self._width)[index]
        start, end = self._places[column] if column < len(self._places) else (0, 0)
        if not end:
            return None
        return Span(self._document_id, self._page_number, start, end, self._text[start:end])
