"""Names that documents of an index gain and lose in a run: files that are the same, or were.

What a run does to single files is collected, and at its end each document whose names changed is
written anew from what the index stores. No file is read for that. Text is embedded only where the
name that now comes first stands in for a title.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.document_copies import DocumentCopy, name_order
from rag_infer.index.snapshot import Place
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.identical_files import (
    Content,
    DocumentKey,
    is_in_folder,
    may_have_copies,
    suffix_of,
)
from rag_infer.ingest.stored_documents import stored_document
from rag_infer.names import name_period
from rag_infer.types import Document


@dataclass(slots=True)
class _NamedContent:
    """A document as it will be: names with the times of their files, the places of what it was."""

    source: Place  # where its text is stored
    names: dict[str, int] = field(default_factory=dict)
    places: set[Place] = field(default_factory=set)


class NameChanges:
    """Collects what becomes of the names in the base generation of a writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._leaving: dict[str, FileState] = {}
        self._gaining: dict[DocumentKey, _NamedContent] = {}
        self._contents: dict[Place, Content] = {}
        self._joining: dict[str, tuple[DocumentKey, tuple[str, ...]]] = {}
        self.first_names: dict[str, str] = {}
        """The id of the document of each file that joined one; once all is written."""

    def leave(self, file: str, state: FileState) -> None:
        """A file no longer stands for its documents."""
        self._leaving[file] = state

    def stay(self, file: str) -> None:
        """Takes back that a file leaves, or joined a document with its copies."""
        self._leaving.pop(file, None)
        if file in self._joining:
            key, names = self._joining.pop(file)
            for name in names:
                self._gaining[key].names.pop(name, None)

    def join(self, row: DocumentRow, document: Document) -> bool:
        """A file that was read becomes a name of a document, if the index has its content.

        Args:
            row: The document of the file and of its copies.
            document: What its reader made.

        Returns:
            Whether the index has it.
        """
        known = list(self._writer.base.with_content(row.sha256))
        if not known:
            return False
        content = Content.of(row, (page.text.encode() for page in document.pages))
        sources = [place for place, other in known if self._content(place, other) == content]
        if sources:
            key = DocumentKey.of(row, content)
            self._joining[row.id] = key, row.names
            self._gain(key, sources[0], row)
        return bool(sources)

    def relabel(self, file: str, state: FileState, labels: frozenset[str]) -> bool:
        """Lets others read a file that is all of its document, or one of its names.

        Returns:
            Whether it is.
        """
        (place, *others) = state.places
        row = self._row(place)
        if others:
            return False
        (named,) = (named for named in row.by_names() if named.file == file)
        content = self._content(place, row)
        if content is None:
            return False
        self.leave(file, state)
        self._gain(DocumentKey.of(replace(named, labels=labels), content), place, named)
        return True

    def unite(self, states: Mapping[str, FileState]) -> bool:
        """Makes one of documents that are the same, as earlier versions left them.

        Args:
            states: The files that are looked at.

        Returns:
            Whether there are any.
        """
        places: dict[tuple[str, frozenset[str]], dict[Place, str]] = {}
        for file, state in states.items():
            if len(state.places) == 1 and is_in_folder(file):
                places.setdefault((state.sha256, state.labels), {})[state.places[0]] = file
        is_any = False
        for files in places.values():
            by_key: dict[DocumentKey, list[Place]] = {}
            for place in _of_like_names(files) if len(files) > 1 else ():
                row = self._row(place)
                content = self._content(place, row)
                if content is not None:
                    by_key.setdefault(DocumentKey.of(row, content), []).append(place)
            for key, same in by_key.items():
                if len(same) > 1:
                    self._future(key, same[0]).places.update(same)
                    is_any = True
        return is_any

    def documents(self) -> Iterator[tuple[DocumentRow, Document]]:
        """The documents whose names changed, as they are now. What they were is removed."""
        leaving: dict[Place, set[str]] = {}
        for file, state in self._leaving.items():
            for place in state.places:
                leaving.setdefault(place, set()).add(file)
        with_copies = {
            place for state in self._leaving.values() if state.has_copies for place in state.places
        }
        for key, gaining in self._gaining.items():
            names = gaining.names
            for place in gaining.places:
                names = self._names(place, leaving.pop(place, ())) | names
            if [names] == [self._names(place) for place in gaining.places]:
                continue
            self._writer.remove(gaining.places)
            if names:
                yield self._document(gaining.source, names, key.labels)
        for place, files in leaving.items():
            names = self._names(place, files) if place in with_copies else {}
            self._writer.remove((place,))
            if names:
                yield self._document(place, names, self._row(place).labels)
        self._leaving.clear()
        self._gaining.clear()
        self._joining.clear()

    def _gain(self, key: DocumentKey, source: Place, row: DocumentRow) -> None:
        names = self._future(key, source).names
        names.update({named.id: named.modified_ns for named in row.by_names()})

    def _future(self, key: DocumentKey, source: Place) -> _NamedContent:
        """The document of a key as it will be, with all that the index has of it now."""
        if key not in self._gaining:
            self._gaining[key] = future = _NamedContent(source)
            for place, row in self._writer.base.with_content(key.content.sha256):
                content = self._content(place, row)
                if content is not None and DocumentKey.of(row, content) == key:
                    future.places.add(place)
        return self._gaining[key]

    def _names(self, place: Place, leaving: Collection[str] = ()) -> dict[str, int]:
        """The names of a stored document that stay, with the times of their files."""
        return {
            named.id: named.modified_ns
            for named in self._row(place).by_names()
            if named.id not in leaving
        }

    def _document(
        self, source: Place, names: Mapping[str, int], labels: frozenset[str]
    ) -> tuple[DocumentRow, Document]:
        """A stored document under these names."""
        first, *others = sorted(names, key=name_order)
        self.first_names.update(dict.fromkeys(others, first))
        row = replace(
            self._row(source),
            id=first,
            file=first,
            modified_ns=names[first],
            labels=labels,
            copies=tuple(DocumentCopy(name, names[name]) for name in others),
        )
        segment = self._writer.base.segments[source.segment]
        return row, stored_document(segment, source.row, row)

    def _row(self, place: Place) -> DocumentRow:
        return self._writer.base.segments[place.segment].catalogue.document(place.row)

    def _content(self, place: Place, row: DocumentRow) -> Content | None:
        """That of a stored document; None where it is not all of a file."""
        if not may_have_copies(row):
            return None
        if place not in self._contents:
            segment = self._writer.base.segments[place.segment]
            pages = segment.catalogue.pages(place.row)
            texts = (bytes(segment.text[p.byte_start : p.byte_end]) for p in pages)
            self._contents[place] = Content.of(row, texts)
        return self._contents[place]


def _of_like_names(files: Mapping[Place, str]) -> Iterator[Place]:
    """The places of files whose names let them be one document: no text of others is compared."""
    by_name: dict[tuple[str, ...], list[Place]] = {}
    for place, file in files.items():
        by_name.setdefault((suffix_of(file), *name_period(file)), []).append(place)
    for places in by_name.values():
        if len(places) > 1:
            yield from places
