"""Documents that come as text rather than as files: added, replaced, left alone by folder syncs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from rag_infer.argument_checks import StringCollection, check_strings, check_text
from rag_infer.errors import InputError
from rag_infer.types import Document, Page, Scalar

# The file of an added document: no path below a root starts with a slash, so that no sync of a
# folder speaks for it.
ADDED_PREFIX = "/added/"
MAX_ID_CHARS = 1000


@dataclass(frozen=True, slots=True, init=False)
class TextDocument:
    """A document as text, for ``Index.add_documents``."""

    id: str
    """Unique in the index; adding the same id again replaces the document."""

    text: str
    """The text that is indexed and quoted."""

    title: str | None
    """A title, embedded with each chunk."""

    metadata: Mapping[str, Scalar]
    """Strings, numbers and booleans by name, for filters. ``date`` dates the document."""

    groups: frozenset[str]
    """Groups that are authorized to read it; empty: everyone."""

    format: Literal["text", "markdown"]
    """How structure is read: paragraphs, or Markdown headings, lists and tables."""

    def __init__(
        self,
        id: str,
        text: str,
        title: str | None = None,
        metadata: Mapping[str, Scalar] | None = None,
        groups: StringCollection = (),
        format: Literal["text", "markdown"] = "text",
    ) -> None:
        # Written out, as any collection is accepted and an immutable one is kept.
        check_text("id", id)
        check_text("text", text)
        if not id.strip() or len(id) > MAX_ID_CHARS or not id.isprintable():
            raise InputError(f"invalid document id: {id[:80]!r}", code="invalid_document_id")
        if title is not None:
            check_text("title", title)
        metadata = {} if metadata is None else metadata
        if not isinstance(metadata, Mapping) or not all(
            isinstance(key, str)
            and isinstance(value, str | int | float | bool)
            and not (isinstance(value, float) and not math.isfinite(value))  # JSON has no such
            for key, value in metadata.items()
        ):
            raise InputError(
                "metadata must map names to text, finite numbers or booleans", where=id
            )
        for text_value in (*metadata, *(v for v in metadata.values() if isinstance(v, str))):
            check_text("metadata", text_value)
        check_strings("groups", groups)
        if format not in ("text", "markdown"):
            raise InputError(f"unknown format '{format}'", where=id)
        values = (id, text, title, dict(metadata), frozenset(groups), format)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    @property
    def sha256(self) -> str:
        """Of all that is stored of it."""
        fields = [self.text, self.title, dict(self.metadata), sorted(self.groups), self.format]
        data = json.dumps(fields, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()

    def parsed(self) -> Document:
        """The document with its structure."""
        from rag_infer.read import markdown, text

        if self.format == "markdown":
            blocks = tuple(markdown.blocks(self.text))
        else:
            blocks = tuple(text.paragraphs(self.text))
        tables = markdown.tables_of(self.text, blocks) if self.format == "markdown" else ()
        page = Page(1, self.text, blocks=blocks, tables=tables)
        return Document(
            self.id, self.format, self.sha256, (page,), self.title, self.metadata, self.groups
        )


def _from_mapping(values: Mapping[str, object]) -> TextDocument:
    names = [each.name for each in fields(TextDocument)]
    if unknown := [key for key in values if key not in names]:
        raise InputError(
            f"a document has no field {unknown[0]!r}", hint=f"there are: {', '.join(names)}"
        )
    if missing := [name for name in ("id", "text") if name not in values]:
        raise InputError(f"a document without the field '{missing[0]}'")
    return TextDocument(**values)  # type: ignore[arg-type]


def as_text_documents(
    documents: Iterable[TextDocument | Mapping[str, object]],
) -> Sequence[TextDocument]:
    """Documents checked; mappings have the fields of ``TextDocument`` as keys.

    Raises:
        InputError: A document is invalid, or two have one id.
    """
    if isinstance(documents, str | Mapping | TextDocument):
        raise InputError("documents must be a sequence of documents, not one")
    if not isinstance(documents, Iterable):
        raise InputError.wrong_type("documents", "a sequence of documents", documents)
    checked: dict[str, TextDocument] = {}
    for value in documents:
        if isinstance(value, Mapping):
            value = _from_mapping(value)  # noqa: PLW2901
        if not isinstance(value, TextDocument):
            raise InputError(f"a document must be a TextDocument, not {type(value).__name__}")
        if value.id in checked:
            raise InputError("two documents have this id", where=value.id)
        checked[value.id] = value
    return list(checked.values())
