"""What a search for conflicts gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_infer.types import Citation, JsonResult, Span

ConflictKind = Literal["conflict", "changed"]


@dataclass(frozen=True, slots=True)
class ConflictStatement(JsonResult):
    """One of the statements: its value, where it stands, and the words around it.

    ``date`` is that of the document, ISO 8601 as far as it says; None for an undated one.
    """

    value: str
    span: Span
    citation: Citation
    date: str | None


@dataclass(frozen=True, slots=True)
class Conflict(JsonResult):
    """Statements of the same thing with other values.

    Attributes:
        kind: ``changed`` between dated versions of a document, oldest first; else ``conflict``.
        subject: What the statements are about, in the words that they share.
        statements: Two or more, one for each value of a document.
    """

    kind: ConflictKind
    subject: str
    statements: tuple[ConflictStatement, ...]


@dataclass(frozen=True, slots=True)
class ConflictReport(JsonResult):
    """The conflicts of some documents.

    Attributes:
        conflicts: First those between documents, then what changed between versions.
        documents: How many documents the filter selects.
        read: How many were compared.
        warnings: What is to be known about it.
    """

    conflicts: tuple[Conflict, ...]
    documents: int
    read: int
    warnings: tuple[str, ...] = ()
