"""What an extraction gives: a table with a row for each document and evidence for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_infer.extraction.fields import ExtractionField, ValueType
from rag_infer.types import Citation, Grade, JsonResult, Scalar, Span

CellSource = Literal["label", "sentence", "model"]


@dataclass(frozen=True, slots=True)
class ExtractionCell(JsonResult):
    """The value of a field in a document; an empty one where the document does not surely say.

    Attributes:
        field: The name of the field.
        text: The value as it is written in the document; None for an empty cell.
        value: The value by its type: a date or duration in ISO 8601, an amount as a decimal in
            text, a number, a truth value, or the text. None where it has no such form.
        unit: A currency code, ``%``, or None.
        type: The type of the field.
        grade: ``confident`` or ``probable`` with a value; ``nearest`` or ``none`` without.
        probability: That the value is right; of an empty cell, that of the best guess.
        source: Whether the value stands beside its label, was read in a sentence, or was picked by
            a model and stands in the words that are cited. None for an empty cell.
        span: Where the value is: the page's text there is ``text``.
        citation: The words around it that say what it is.
    """

    field: str
    text: str | None
    value: Scalar | None
    unit: str | None
    type: ValueType
    grade: Grade
    probability: float
    source: CellSource | None = None
    span: Span | None = None
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class ExtractionRow(JsonResult):
    """The cells of a document, in the order of the fields."""

    document_id: str
    title: str | None
    format: str
    cells: tuple[ExtractionCell, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the document says nothing of any field."""
        return all(cell.text is None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Extraction(JsonResult):
    """Fields of documents as a table.

    Attributes:
        fields: What was looked for.
        rows: The documents that were read, in order of id.
        documents: How many the filter selects.
        read: How many were read.
        silent: How many of those say nothing of any field.
        model: The model that might fill cells, or ``extractive``.
        interrupted: Whether it was stopped before all were read.
        warnings: What is to be known about it.
    """

    fields: tuple[ExtractionField, ...]
    rows: tuple[ExtractionRow, ...]
    documents: int
    read: int
    silent: int
    model: str
    interrupted: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def coverage(self) -> str:
        """``12 of 12 documents read, 1 says nothing``."""
        noun = "document" if self.documents == 1 else "documents"
        verb = "says" if self.silent == 1 else "say"
        silent = f", {self.silent} {verb} nothing" if self.silent else ""
        return f"{self.read:,} of {self.documents:,} {noun} read{silent}"
