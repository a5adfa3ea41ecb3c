"""The documents of an index: opening it, adding, removing and listing documents.

Only light modules are imported here at once; each method imports what it needs, so that opening an
index costs little.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag_infer.api.status import Status, index_status
from rag_infer.argument_checks import check_strings, check_type
from rag_infer.closeable import Closeable
from rag_infer.embed import Embedder
from rag_infer.embed.callable_embedder import EmbedFunction
from rag_infer.engine import Engine
from rag_infer.errors import IndexNotFoundError, InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.writer_lock import NO_WAIT
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import check_filter
from rag_infer.settings import DEFAULT_INDEX, index_path
from rag_infer.store.addresses import is_store_address
from rag_infer.types import Scalar

if TYPE_CHECKING:
    from rag_infer.buckets.cache import BucketCache
    from rag_infer.crawl.options import WebOptions
    from rag_infer.index.erasure import ErasureCertificate
    from rag_infer.index.snapshot import Place, Snapshot
    from rag_infer.ingest.discovery import DiscoveredFiles
    from rag_infer.ingest.file_intake import ReadFiles
    from rag_infer.ingest.pipeline import IngestRun
    from rag_infer.ingest.reindex import ReindexReport
    from rag_infer.ingest.reports import IngestReport, Progress
    from rag_infer.ingest.text_documents import TextDocument
    from rag_infer.read import ReadOptions


class IndexDocuments(Closeable):
    """The documents of an index. `Index` adds search and answers to it.

    Args:
        path: The folder of the index; see `Index.open` for names.
        embedder: See `Index.open`.
    """

    def __init__(self, path: Path, embedder: Embedder | EmbedFunction | str | None = None) -> None:
        self.path = Path(path)
        self.engine = Engine(self.path, embedder)
        self.lock_wait = NO_WAIT
        """How long methods that write wait while another process writes."""
        self.bucket: BucketCache | None = None
        """The copy of an index in a bucket that this is; such an index cannot be changed."""

    @classmethod
    def open(
        cls,
        name_or_path: str | Path = DEFAULT_INDEX,
        *,
        create: bool = False,
        embedder: Embedder | EmbedFunction | str | None = None,
    ) -> Self:
        """Opens the index of a name, or in a folder.

        Args:
            name_or_path: A name, a path with a slash, or the address of an index in a bucket
                (``s3://bucket/prefix``), which is read through a copy on this machine.
            create: Whether an index that does not exist is created when documents are added.
            embedder: For a new index the embedding model: a name, an object with the members of
                ``Embedder``, or a function from a list of texts to an array. For an index that
                exists it must be the one that it was made with; one of your own must be handed in
                each time.

        Raises:
            IndexNotFoundError: There is no index and ``create`` is not set.
            CorruptIndexError: The manifest is damaged.
            EmbedderMismatchError: The index was made with another embedder.
            InputError: The embedder is not one.
            StoreError: The bucket cannot be used, and there is no copy of the index yet.
        """
        check_type("name_or_path", name_or_path, str, Path)
        if is_store_address(name_or_path):
            from rag_infer.buckets.cache import open_cache

            bucket = open_cache(str(name_or_path))
            index = cls(bucket.path, embedder)
            index.bucket, index.engine.on_use = bucket, bucket.poll
        else:
            index = cls(index_path(name_or_path), embedder)
        try:
            manifest = index.engine.manifest()
        except IndexNotFoundError:
            if not create:
                raise
        else:
            index.engine.check_embedder(manifest)
        return index

    def create(self) -> None:
        """Makes an empty index where there is none yet."""
        from rag_infer.index.writer import Writer

        if self.bucket is not None:
            return
        try:
            self.engine.manifest()
        except IndexNotFoundError:
            Writer(self.path, self.engine.embedder_entry(), self.lock_wait).close()

    def add(
        self,
        *paths: str | Path,
        groups: Iterable[str] = (),
        options: ReadOptions | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        remove_missing: bool = False,
        web: WebOptions | None = None,
    ) -> IngestReport:
        """Synchronizes the index with files, folders and web pages: new, changed and vanished ones.

        Args:
            paths: Files, folders, and addresses of web pages (``https://...``). A file that cannot
                be read is listed in the report.
            groups: Groups that are authorized to read the documents; none: everyone.
            options: How files are read.
            on_progress: Called after each file.
            remove_missing: Whether documents below a folder that is empty or cannot be listed are
                removed; they stay otherwise.
            web: How web pages are fetched: depth and limits.

        Raises:
            InputError: A path does not exist or has nothing to read, or none of the web pages can
                be had.
            IndexLockedError: Another process is writing.
        """
        from rag_infer.crawl.options import WebOptions
        from rag_infer.ingest.sources import discover_sources, fetched_pages

        if not paths:
            raise InputError("no path was given", code="no_paths")
        for path in paths:
            _check_path(path)
        check_type("web", web, WebOptions, optional=True)
        try:
            roots = self.engine.manifest().roots
        except IndexNotFoundError:
            roots = {}

        with fetched_pages(
            paths, self.documents, web=web or WebOptions(), on_progress=on_progress
        ) as pages:

            def discovered(roots: Mapping[str, str]) -> DiscoveredFiles:
                return discover_sources(
                    paths, self.path, roots, pages, remove_missing=remove_missing
                )

            # Nothing is made on disk for a path that was mistyped.
            files = discovered(roots)

            def ingest(run: IngestRun) -> IngestReport:
                # Another process may have written since: its folders stay.
                base_roots = run.writer.base.manifest.roots
                return run.run(files if base_roots == roots else discovered(base_roots))

            return self._ingest(ingest, groups, options, on_progress, remove_missing=remove_missing)

    def add_file(
        self,
        path: Path,
        name: str,
        *,
        groups: Iterable[str] = (),
        options: ReadOptions | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        read: ReadFiles | None = None,
    ) -> IngestReport:
        """Adds one file under a name that is independent of its path; replaces that document.

        Args:
            path: The file; its extension tells the format.
            name: The id of the document.
            groups: Groups that are authorized to read it; none: everyone.
            options: How the file is read.
            on_progress: Called when it is done.
            read: What reads it; None: a process of its own.

        Raises:
            IndexLockedError: Another process is writing.
        """
        from rag_infer.ingest.discovery import DiscoveredFiles
        from rag_infer.read import SourceFile

        def ingest(run: Any) -> IngestReport:
            roots = run.writer.base.manifest.roots
            report: IngestReport = run.run(
                DiscoveredFiles((SourceFile(path, name),), roots, (name,), {})
            )
            return report

        return self._ingest(ingest, groups, options, on_progress, read)

    def add_text(
        self,
        text: str,
        *,
        id: str,
        title: str | None = None,
        metadata: Mapping[str, Scalar] | None = None,
        groups: Iterable[str] = (),
    ) -> IngestReport:
        """Adds one document as text, or replaces the one with the same id.

        Args:
            text: The text that is indexed and quoted.
            id: The id of the document.
            title: Its title.
            metadata: Strings, numbers and booleans by name, for filters.
            groups: Groups that are authorized to read it; none: everyone.

        Raises:
            InputError: A value is invalid, or a file has this id.
            IndexLockedError: Another process is writing.
        """
        fields = {"id": id, "text": text, "title": title, "groups": groups}
        return self.add_documents([{**fields, "metadata": metadata or {}}])

    def add_documents(
        self,
        documents: Iterable[TextDocument | Mapping[str, object]],
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """Adds documents as text, or replaces those with the same ids: all of them, or none.

        A later ``add`` of a folder never removes them; ``remove`` does.

        Args:
            documents: ``TextDocument`` objects, or mappings with its fields as keys.
            on_progress: Called after each document.

        Raises:
            InputError: A document is invalid, or a file has its id.
            IndexLockedError: Another process is writing.
        """
        from rag_infer.ingest.text_documents import as_text_documents

        checked = as_text_documents(documents)
        return self._ingest(lambda run: run.add_documents(checked), (), None, on_progress)

    def _ingest(
        self,
        ingest: Callable[[Any], IngestReport],
        groups: Iterable[str],
        options: ReadOptions | None,
        on_progress: Callable[[Progress], None] | None,
        read: ReadFiles | None = None,
        *,
        remove_missing: bool = False,
    ) -> IngestReport:
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions

        self.check_writable()
        groups = tuple(groups) if isinstance(groups, Iterator) else groups
        check_strings("groups", groups)
        check_type("options", options, ReadOptions, optional=True)
        entry = self.engine.embedder_entry()
        is_new = not self.path.exists()
        with Writer(self.path, entry, self.lock_wait) as writer:
            try:
                run = IngestRun(
                    writer,
                    self.engine.embedder,
                    options or ReadOptions(),
                    labels=frozenset(groups),
                    on_progress=on_progress,
                    remove_missing=remove_missing,
                    read=read,
                )
                return ingest(run)
            except BaseException:
                if is_new and not writer.base.manifest.documents:
                    # The folder was made for documents that never came.
                    shutil.rmtree(self.path, ignore_errors=True)
                raise

    def reindex(
        self,
        embedder: str | None = None,
        *,
        chunk_tokens: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> ReindexReport:
        """Embeds the stored text of all documents with another embedder, or in other chunks.

        The files are not read again. Searches go on with the old vectors until all is done; a run
        that was stopped goes on where it was. Other processes may not write meanwhile.

        Args:
            embedder: The name, folder or hub id of the new embedder; None: that of the index.
            chunk_tokens: The size of chunks in tokens of the embedder, 32 to 8,192 (and no more
                than the embedder reads), also of documents that are added later; 0: that of the
                package; None: as it is.
            on_progress: Called after each document.

        Raises:
            IndexNotFoundError: Nothing was added yet.
            IndexLockedError: Another process writes.
            InputError: The size is out of bounds.
            ModelError: The embedder cannot be had.
        """
        from rag_infer.embed import load_embedder
        from rag_infer.index.manifest import MAX_CHUNK_TOKENS, MIN_CHUNK_TOKENS, EmbedderEntry
        from rag_infer.ingest.reindex import reindex

        self.check_writable()
        check_type("chunk_tokens", chunk_tokens, int, optional=True)
        if chunk_tokens and not MIN_CHUNK_TOKENS <= chunk_tokens <= MAX_CHUNK_TOKENS:
            raise InputError(
                f"chunk_tokens is {chunk_tokens}; a chunk has {MIN_CHUNK_TOKENS} to "
                f"{MAX_CHUNK_TOKENS} tokens"
            )
        if embedder is None:
            loaded, entry = self.engine.embedder, self.engine.manifest().embedder
        else:
            loaded = load_embedder(embedder)
            entry = EmbedderEntry(embedder, loaded.name, loaded.fingerprint, loaded.dimension)
        size = self.engine.manifest().chunk_tokens if chunk_tokens is None else chunk_tokens or None
        report = reindex(self.path, loaded, entry, size, on_progress, self.lock_wait)
        if embedder is not None and not report.interrupted:
            self.engine.switch_embedder(embedder)
        return report

    def remove(self, names: Sequence[str]) -> tuple[str, ...]:
        """Removes documents, and their text from disk. Files stay where they are.

        A file that is still in an indexed folder comes back with the next ``add`` of that folder,
        unless a ``.ragignore`` of the folder lists it.

        Of a document that several files hold, only the names that are meant go; with the last of
        them its text does.

        Args:
            names: Ids of documents, or folders (``reports/``) for all documents below them. The
                address that a crawl began at stands for all of its pages.

        Returns:
            The ids removed.

        Raises:
            InputError: A name matches no document.
        """
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions

        self.check_writable()
        names = [names] if isinstance(names, str) else names
        check_strings("names", names)
        manifest = self.engine.manifest()
        with Writer(self.path, manifest.embedder, self.lock_wait) as writer:
            matches = [match for name in names for match in _named_documents(writer.base, name)]
            removed = dict.fromkeys(id_ for match in matches for id_ in match.ids)
            writer.remove(match.place for match in matches if not match.row.copies)
            if shared := [match.row for match in matches if match.row.copies]:
                run = IngestRun(writer, self.engine.embedder, ReadOptions())
                run.remove_names(id_ for row in shared for id_ in row.names if id_ in removed)
            names_removed = {name.rstrip("/") for name in names}
            known_roots = writer.base.manifest.roots  # now that nobody else can change them
            roots = {
                name: where
                for name, where in known_roots.items()
                if name.rstrip("/") not in names_removed
            }
            writer.publish(roots, purge=True)
        return tuple(removed)

    def erase(self, names: Sequence[str]) -> ErasureCertificate:
        """Removes documents as `remove` does, and looks for their text in all files afterwards.

        Args:
            names: Ids of documents, or folders, as for `remove`.

        Returns:
            What was removed and what was looked at; ``is_complete`` if nothing is left.

        Raises:
            InputError: A name matches no document.
        """
        from rag_infer.index.erasure import ErasureCheck

        self.check_writable()
        names = [names] if isinstance(names, str) else names
        check_strings("names", names)
        base = self.engine.snapshot
        matches = [match for name in names for match in _named_documents(base, name)]
        rows = {
            named.id: named
            for match in matches
            for named in match.row.by_names()
            if named.id in match.ids
        }
        check = ErasureCheck(base, rows.values())
        self.remove(names)
        return check.certificate(self.path, self.engine.snapshot)

    def set_groups(self, names: Sequence[str], groups: Iterable[str]) -> tuple[str, ...]:
        """Changes who may read documents. Nothing is read or embedded again.

        A later ``add`` of their folder keeps it, unless a ``.ragaccess`` of the folder or the
        groups of that call say otherwise.

        Args:
            names: Ids of documents, or folders, as for `remove`.
            groups: Groups that are authorized to read them; none: everyone.

        Returns:
            The ids of the documents, all of those of a file.

        Raises:
            InputError: A name matches no document.
            IndexLockedError: Another process is writing.
        """
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions

        self.check_writable()
        names = [names] if isinstance(names, str) else names
        check_strings("names", names)
        groups = tuple(groups) if isinstance(groups, Iterator) else groups
        check_strings("groups", groups)
        manifest = self.engine.manifest()
        with Writer(self.path, manifest.embedder, self.lock_wait) as writer:
            matches = [match for name in names for match in _named_documents(writer.base, name)]
            files = {file for match in matches for file in match.files}
            ids = [
                named.id
                for _, row in writer.base.documents_of(files)
                for named in row.by_names()
                if named.file in files
            ]
            run = IngestRun(writer, self.engine.embedder, ReadOptions())
            run.regroup({file: frozenset(groups) for file in files})
        return tuple(sorted(ids))

    def check_writable(self) -> None:
        """Raises InputError for an index in a bucket, which is only read here."""
        if self.bucket is not None:
            raise InputError(
                "an index in a bucket is not changed in place",
                where=self.bucket.url,
                hint="pull it, change it, and push it",
                code="index_in_bucket",
            )

    def status(self) -> Status:
        """Counts and sizes; reads the catalog, not the vectors.

        Raises:
            IndexNotFoundError: Nothing was added yet.
        """
        status = index_status(self.engine)
        if self.bucket is None:
            return status
        return replace(
            status, source=self.bucket.url, unreachable_since=self.bucket.unreachable_since
        )

    def documents(self, filter: Filter | None = None) -> list[DocumentRow]:
        """The documents that a filter allows, in order of id; none before anything was added.

        Args:
            filter: Which documents, and for whom; None: all.
        """
        check_filter(filter)
        return self.engine.documents(filter)

    def __len__(self) -> int:
        """How many documents there are."""
        try:
            return self.engine.manifest().documents
        except IndexNotFoundError:
            return 0

    def __bool__(self) -> bool:
        return True  # an empty index is still one

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self.path)!r}: {len(self)} documents>"

    def close(self) -> None:
        """Closes the files of the index; the next use opens them again."""
        self.engine.close()


def _check_path(path: object) -> None:
    if isinstance(path, list | tuple | set):
        raise InputError(
            "each path is an argument of its own", hint="use add(*paths)", code="invalid_argument"
        )
    check_type("a path", path, str, Path)


@dataclass(frozen=True, slots=True)
class _NamedDocument:
    """A document that a name stands for: where it is, and which of its ids and files are meant."""

    place: Place
    row: DocumentRow
    ids: tuple[str, ...]
    files: tuple[str, ...]


def _named_documents(base: Snapshot, name: str) -> list[_NamedDocument]:
    """The documents of a name: an id, a file, a folder, or where a crawl began.

    Raises:
        InputError: It matches none.
    """
    from rag_infer.crawl.addresses import WebAddress, is_url
    from rag_infer.ingest.web_pages import CRAWL_START

    prefix = name.rstrip("/") + "/"
    start = str(WebAddress.parse(name)) if is_url(name) else name
    matches = base.documents_of({name, start}, prefix, CRAWL_START)
    if not matches:
        raise InputError("not in the index", where=name, code="document_not_found")
    documents = []
    for place, row in matches:
        named = [
            each
            for each in row.by_names()
            if not row.copies or each.id == name or each.id.startswith(prefix)
        ]
        ids, files = tuple(each.id for each in named), tuple(each.file for each in named)
        documents.append(_NamedDocument(place, row, ids, files))
    return documents
