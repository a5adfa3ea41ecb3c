"""The library's front door: open an index, add to it, search it, ask it.

Knows: which room does which step, in which order.
Does not know: how any step is done, how anything is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag_infer.embed import Embedder
from rag_infer.engine import Engine
from rag_infer.errors import IndexNotFoundError, InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter
from rag_infer.settings import DEFAULT_INDEX, index_path
from rag_infer.types import Answer, Hit

if TYPE_CHECKING:
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AskOptions
    from rag_infer.ingest.pipeline import IngestReport, Progress
    from rag_infer.read import ReadOptions


@dataclass(frozen=True, slots=True)
class Status:
    """What an index holds. ``bytes`` is its size on disk, ``silent_pages`` those without text."""

    path: str
    generation: int
    created: str
    embedder: str
    dimension: int
    documents: int
    pages: int
    silent_pages: int
    chunks: int
    segments: int
    bytes: int
    formats: dict[str, int]
    roots: tuple[str, ...]


class Index:
    """Documents that can be searched and asked.

    >>> index = Index.open("notes", create=True)
    >>> index.add("notes/")
    >>> print(index.ask("What did we decide about caching?").text)

    One object may be used by many threads for reading; it follows what other processes write.
    """

    def __init__(self, path: Path, embedder: Embedder | str | None = None) -> None:
        self.path = path
        self.engine = Engine(path, embedder)

    @classmethod
    def open(
        cls,
        name_or_path: str | Path = DEFAULT_INDEX,
        *,
        create: bool = False,
        embedder: Embedder | str | None = None,
    ) -> Index:
        """The index of that name, or in that folder.

        ``embedder`` names the embedding model of a new index, or hands one in that is loaded;
        for an index that exists it must be the one that it was made with.

        Raises NoIndexError when there is none and ``create`` is not set; DamagedError when the
        manifest is not whole; EmbedderMismatchError when it was made with another embedder.
        """
        index = cls(index_path(name_or_path), embedder)
        try:
            manifest = index.engine.manifest()
        except IndexNotFoundError:
            if not create:
                raise
        else:
            index.engine.check_embedder(manifest)
        return index

    # Into the index

    def add(
        self,
        *paths: str | Path,
        options: ReadOptions | None = None,
        labels: Iterable[str] = (),
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """Brings the index in line with files and folders: new, changed and vanished files.

        ``labels`` are the groups that may read the documents; none means everyone. A file that
        cannot be read costs that file and stands in the report.

        Raises InputError for a path that does not exist or holds nothing to read, LockedError
        when another process is writing.
        """
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.discovery import discover
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions

        if not paths:
            raise InputError("no path was given", hint="for example: rag index docs/")
        try:
            roots = self.engine.manifest().roots
        except IndexNotFoundError:
            roots = {}
        # Nothing is made on disk for a path that was mistyped.
        found = discover([Path(p) for p in paths], self.path, roots)
        with Writer(self.path, self.engine.embedder_entry()) as writer:
            run = IngestRun(
                writer,
                self.engine.embedder,
                options or ReadOptions(),
                labels=frozenset(labels),
                on_progress=on_progress,
            )
            return run.run(found)

    def create(self) -> None:
        """Makes an empty index where there is none yet."""
        from rag_infer.index.writer import Writer

        try:
            self.engine.manifest()
        except IndexNotFoundError:
            Writer(self.path, self.engine.embedder_entry()).close()

    def add_file(
        self,
        path: Path,
        name: str,
        *,
        labels: Iterable[str] = (),
        options: ReadOptions | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """Takes in one file under a name that has nothing to do with where it lies.

        What was in the index under that name is replaced. The extension of ``path`` tells the
        format. Raises LockedError when another process is writing.
        """
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.discovery import DiscoveredFiles
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions, SourceFile

        with Writer(self.path, self.engine.embedder_entry()) as writer:
            run = IngestRun(
                writer,
                self.engine.embedder,
                options or ReadOptions(),
                labels=frozenset(labels),
                on_progress=on_progress,
            )
            found = DiscoveredFiles(
                (SourceFile(path, name),), writer.base.manifest.roots, (name,), {}
            )
            return run.run(found)

    def remove(self, names: Sequence[str]) -> tuple[str, ...]:
        """Removes documents by id, or all below a folder (``reports/``), and their text from disk.

        Returns the ids removed. Raises InputError for a name that matches nothing.
        """
        from rag_infer.index.writer import Writer

        manifest = self.engine.manifest()
        with Writer(self.path, manifest.embedder) as writer:
            removed: list[str] = []
            for name in names:
                prefix = name.rstrip("/") + "/"
                matches = [
                    (place, row.id)
                    for place, row in writer.base.documents()
                    if name in (row.id, row.file) or row.id.startswith(prefix)
                ]
                if not matches:
                    raise InputError("is not in the index", where=name, hint="see: rag status -v")
                writer.remove(place for place, _ in matches)
                removed.extend(document for _, document in matches)
            gone = {name.rstrip("/") for name in names}
            roots = {r: w for r, w in manifest.roots.items() if r not in gone}
            writer.publish(roots, purge=True)
        return tuple(dict.fromkeys(removed))

    # Out of the index

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        filter: Filter | None = None,
        reranker: str | None = None,
        earlier: Sequence[str] = (),
    ) -> list[Hit]:
        """The k best passages for a query, best first. ``"a phrase"`` must occur, ``-word`` not.

        ``earlier`` are the user's turns before this one in a conversation, oldest first.
        ``reranker`` is the folder or hub id of a cross-encoder that orders the best candidates.
        Raises InputError for an empty query or k below 1.
        """
        return self.engine.search(query, k, filter=filter, reranker=reranker, earlier=earlier)

    def ask(self, question: str, options: AskOptions | None = None) -> Answer:
        """An answer to the question, each claim with the words that bear it.

        Without a language model the answer quotes the documents; see ``AskOptions.generator``.
        Raises what ``search`` raises, and ModelError or ContextError when a model is used.
        """
        from rag_infer.answering.options import AskOptions
        from rag_infer.answering.pipeline import answer_question

        return answer_question(self.engine, question, options or AskOptions())

    def check(
        self, text: str, *, filter: Filter | None = None, verifier: str | None = None
    ) -> FactCheckReport:
        """Which claims of a text that someone else wrote the documents bear, and where.

        Raises InputError for a text without a word, and what ``search`` raises.
        """
        from rag_infer.answering.fact_check import check

        return check(self.engine, text, filter=filter, verifier=verifier)

    def status(self) -> Status:
        """Counts and sizes; reads the catalogue, not the vectors."""
        snapshot = self.engine.snapshot
        manifest = snapshot.manifest
        formats: Counter[str] = Counter()
        pages = silent = 0
        for number, segment in enumerate(snapshot.segments):
            live = snapshot.live_documents(number)
            for ordinal, row in segment.catalogue.documents():
                formats[row.format] += bool(live[ordinal])
            for document, count, noted in segment.catalogue.page_counts():
                if live[document]:
                    pages += count
                    silent += noted
        return Status(
            path=str(self.path),
            generation=manifest.generation,
            created=manifest.created,
            embedder=manifest.embedder.name,
            dimension=manifest.embedder.dimension,
            documents=manifest.documents,
            pages=pages,
            silent_pages=silent,
            chunks=snapshot.chunk_count(),
            segments=len(snapshot.segments),
            bytes=sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file()),
            formats={k: v for k, v in sorted(formats.items()) if v},
            roots=tuple(sorted(manifest.roots)),
        )

    def documents(self, filter: Filter | None = None) -> list[DocumentRow]:
        """The documents that a filter allows, in order of id; none before anything was added."""
        return self.engine.documents(filter)

    def close(self) -> None:
        self.engine.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
