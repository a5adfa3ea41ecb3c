"""The library's front door: open an index, add to it, search it, ask it.

Knows: which room does which step, in which order.
Does not know: how any step is done, how anything is shown.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag_infer.embed import DEFAULT, Embedder, load_embedder
from rag_infer.embed.batching import CachedEmbedder
from rag_infer.errors import EmbedderMismatchError, IndexNotFoundError, InputError
from rag_infer.index import manifest as manifests
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry, Manifest
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.settings import DEFAULT_INDEX, index_path
from rag_infer.types import Answer, Hit

if TYPE_CHECKING:
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AskOptions
    from rag_infer.cite.claim_verifier import Verifier
    from rag_infer.generate import Generator
    from rag_infer.generate.generator_cache import GeneratorCache
    from rag_infer.ingest.pipeline import IngestReport, Progress
    from rag_infer.read import ReadOptions
    from rag_infer.retrieve.reranker import Reranker
    from rag_infer.settings import ModelProfile


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
        self._given = embedder
        self._embedder: Embedder | None = None
        self._loading = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._rerankers: dict[str, Reranker] = {}
        self._verifiers: dict[str | None, Verifier] = {}
        self._writers: GeneratorCache | None = None

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
            manifest = index._manifest()
        except IndexNotFoundError:
            if not create:
                raise
        else:
            index._check(manifest)
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
            roots = self._manifest().roots
        except IndexNotFoundError:
            roots = {}
        # Nothing is made on disk for a path that was mistyped.
        found = discover([Path(p) for p in paths], self.path, roots)
        with Writer(self.path, self._entry()) as writer:
            run = IngestRun(
                writer,
                self.embedder,
                options or ReadOptions(),
                labels=frozenset(labels),
                on_progress=on_progress,
            )
            return run.run(found)

    def make(self) -> None:
        """Makes an empty index where there is none yet."""
        from rag_infer.index.writer import Writer

        try:
            self._manifest()
        except IndexNotFoundError:
            Writer(self.path, self._entry()).close()

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

        with Writer(self.path, self._entry()) as writer:
            run = IngestRun(
                writer,
                self.embedder,
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

        manifest = self._manifest()
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
        if not query.strip():
            raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
        if k < 1:
            raise InputError("k must be 1 or more")
        options = SearchOptions(
            filter=filter or Filter(),
            reranker=self._reranker(reranker) if reranker else None,
            earlier=tuple(earlier),
        )
        return search(self.snapshot, self.embedder, query, k, options)

    def _reranker(self, spec: str) -> Reranker:
        if spec not in self._rerankers:
            from rag_infer.retrieve.reranker import Reranker

            self._rerankers[spec] = Reranker(spec)
        return self._rerankers[spec]

    def ask(self, question: str, options: AskOptions | None = None) -> Answer:
        """An answer to the question, each claim with the words that bear it.

        Without a language model the answer quotes the documents; see ``AskOptions.generator``.
        Raises what ``search`` raises, and ModelError or ContextError when a model is used.
        """
        from rag_infer.answering.options import AskOptions
        from rag_infer.answering.pipeline import answer_question

        return answer_question(self, question, options or AskOptions())

    def generator(self, spec: str, profiles: Mapping[str, ModelProfile]) -> Generator:
        """What writes answers, by the names of ``load_generator``; loaded at its first use.

        Raises what ``load_generator`` raises.
        """
        if self._writers is None:
            from rag_infer.generate.generator_cache import GeneratorCache

            self._writers = GeneratorCache()
        return self._writers.get(spec, profiles)

    def verifier(self, spec: str | None = None) -> Verifier:
        """What judges claims: a cross-encoder by folder or hub id, or the one of the package.

        Raises ModelError when the cross-encoder cannot be had.
        """
        if spec not in self._verifiers:
            from rag_infer.cite.claim_verifier import load_verifier

            self._verifiers[spec] = load_verifier(spec, self.embedder)
        return self._verifiers[spec]

    def check(
        self, text: str, *, filter: Filter | None = None, verifier: str | None = None
    ) -> FactCheckReport:
        """Which claims of a text that someone else wrote the documents bear, and where.

        Raises InputError for a text without a word, and what ``search`` raises.
        """
        from rag_infer.answering.fact_check import check

        return check(self, text, filter=filter, verifier=verifier)

    def status(self) -> Status:
        """Counts and sizes; reads the catalogue, not the vectors."""
        snapshot = self.snapshot
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

    def documents(self) -> list[DocumentRow]:
        """All documents, in order of id."""
        return sorted((row for _, row in self.snapshot.documents()), key=lambda row: row.id)

    # What it stands on

    @property
    def snapshot(self) -> Snapshot:
        """The current generation; reopened when another process has published a newer one."""
        generation = manifests.current_generation(self.path)
        if self._snapshot is None or self._snapshot.manifest.generation != generation:
            fresh = Snapshot(self.path)
            self._check(fresh.manifest)
            # The old one may still be in use by another thread; it closes with its last user.
            self._snapshot = fresh
        return self._snapshot

    @property
    def embedder(self) -> Embedder:
        with self._loading:
            if self._embedder is None:
                self._embedder = CachedEmbedder(self._load())
        return self._embedder

    def _load(self) -> Embedder:
        if self._given is not None and not isinstance(self._given, str):
            return self._given
        try:
            made_with: EmbedderEntry | None = self._manifest().embedder
        except IndexNotFoundError:
            made_with = None
        spec = self._given or (made_with.spec if made_with else DEFAULT)
        embedder = load_embedder(spec)
        if made_with is not None and embedder.fingerprint != made_with.fingerprint:
            raise _mismatch(self.path, made_with, embedder.name)
        return embedder

    def _entry(self) -> EmbedderEntry:
        embedder = self.embedder
        spec = self._given if isinstance(self._given, str) else None
        if spec is None:
            try:
                spec = self._manifest().embedder.spec
            except IndexNotFoundError:
                spec = DEFAULT if self._given is None else embedder.name
        return EmbedderEntry(spec, embedder.name, embedder.fingerprint, embedder.dimension)

    def _check(self, manifest: Manifest) -> None:
        """Cheap where it can be: a name that is the recorded one needs no model to compare."""
        if self._given is None or self._given == manifest.embedder.spec:
            return
        if self.embedder.fingerprint != manifest.embedder.fingerprint:
            raise _mismatch(self.path, manifest.embedder, self.embedder.name)

    def _manifest(self) -> Manifest:
        return manifests.read(self.path, manifests.current_generation(self.path))

    def close(self) -> None:
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _mismatch(path: Path, made_with: EmbedderEntry, other: str) -> EmbedderMismatchError:
    return EmbedderMismatchError(
        f"was made with the embedder '{made_with.name}', not with '{other}'",
        where=str(path),
        hint=f"leave --embedder out (it remembers '{made_with.spec}') or use another --index",
    )
