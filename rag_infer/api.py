"""The public facade: open an index, add documents to it, search it, ask it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rag_infer.embed import Embedder
from rag_infer.engine import Engine
from rag_infer.errors import IndexNotFoundError, InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter
from rag_infer.settings import DEFAULT_INDEX, index_path
from rag_infer.types import Answer, Hit, Scalar, Summary, TextDocument

if TYPE_CHECKING:
    from rag_infer.answering.chat_session import ChatSession
    from rag_infer.answering.events import AnswerEvent
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AskOptions
    from rag_infer.answering.tool_registry import ToolSpec
    from rag_infer.embed.custom import EmbeddingFunction
    from rag_infer.generate import Generator
    from rag_infer.generate.custom import GenerationFunction
    from rag_infer.ingest.pipeline import IngestReport, Progress
    from rag_infer.read import ReadOptions
    from rag_infer.summary.pipeline import SummaryOptions


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

    def __init__(
        self, path: Path, embedder: Embedder | EmbeddingFunction | str | None = None
    ) -> None:
        self.path = path
        self.engine = Engine(path, embedder)

    @classmethod
    def open(
        cls,
        name_or_path: str | Path = DEFAULT_INDEX,
        *,
        create: bool = False,
        embedder: Embedder | EmbeddingFunction | str | None = None,
    ) -> Index:
        """Opens the index of that name, or in that folder.

        Args:
            name_or_path: A name below the folder of indexes, or a path.
            create: Whether there may be none yet; it is written by the first ``add``.
            embedder: For a new index its embedding model: a name, a folder, an ``Embedder``, or a
                function from a list of texts to their vectors. For an index that exists it must
                be the one that it was made with; None takes that one.

        Raises:
            IndexNotFoundError: when there is none and ``create`` is not set.
            CorruptIndexError: when its manifest is damaged.
            EmbedderMismatchError: when it was made with another embedder.
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

    # Adding and removing documents

    def add(
        self,
        *paths: str | Path,
        options: ReadOptions | None = None,
        groups: Iterable[str] = (),
        on_progress: Callable[[Progress], None] | None = None,
        remove_missing: bool = False,
    ) -> IngestReport:
        """Brings the index in line with files and folders: new, changed and vanished files.

        Args:
            paths: Files and folders.
            options: How files are read: passwords, limits, OCR.
            groups: The groups that may read the documents; empty means everyone.
            on_progress: Called as files are finished.
            remove_missing: Whether documents below a folder that is empty or cannot be listed are
                removed as well; by default they are kept and reported.

        Returns:
            What was indexed, removed and skipped. A file that cannot be read stands under
            ``failed``; the others are indexed.

        Raises:
            InputError: for a path that does not exist or holds nothing to read.
            IndexLockedError: when another process is writing.
        """
        group_names = _group_names(groups)
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
        found = discover([Path(p) for p in paths], self.path, roots, remove_missing=remove_missing)
        with Writer(self.path, self.engine.embedder_entry()) as writer:
            run = IngestRun(
                writer,
                self.engine.embedder,
                options or ReadOptions(),
                groups=group_names,
                on_progress=on_progress,
                remove_missing=remove_missing,
            )
            return run.run(found)

    def create(self) -> None:
        """Makes an empty index where there is none yet."""
        from rag_infer.index.writer import Writer

        try:
            self.engine.manifest()
        except IndexNotFoundError:
            Writer(self.path, self.engine.embedder_entry()).close()

    def add_text(
        self,
        id: str,
        text: str,
        *,
        title: str | None = None,
        metadata: Mapping[str, Scalar] | None = None,
        groups: Iterable[str] = (),
    ) -> IngestReport:
        """Adds one document as text; an earlier text of the same id is replaced.

        Args:
            id: Names the document in citations, filters and ``remove``.
            text: Its text; blank lines part paragraphs.
            title: Shown beside the id and searched with the text.
            metadata: Values that ``Filter(metadata=...)`` can ask for.
            groups: The groups that may read it; empty means everyone.

        Raises:
            InputError: for an empty id, or the id of an indexed file.
            IndexLockedError: when another process is writing.
        """
        document = TextDocument(id, text, title, dict(metadata or {}), _group_names(groups))
        return self.add_documents([document])

    def add_documents(
        self,
        documents: Iterable[TextDocument],
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """Adds documents as text, all of them or, after a crash, none.

        Syncing folders never removes them; ``remove`` does.

        Raises:
            InputError: for an empty or repeated id, or the id of an indexed file.
            IndexLockedError: when another process is writing.
        """
        from rag_infer.index.writer import Writer
        from rag_infer.ingest.pipeline import IngestRun
        from rag_infer.read import ReadOptions

        texts = list(documents)
        _check_texts(texts)
        with Writer(self.path, self.engine.embedder_entry()) as writer:
            run = IngestRun(writer, self.engine.embedder, ReadOptions(), on_progress=on_progress)
            return run.add_texts(texts)

    def add_file(
        self,
        path: Path,
        name: str,
        *,
        groups: Iterable[str] = (),
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
                groups=_group_names(groups),
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

    # Searching and asking

    def search(
        self,
        query: str,
        top_k: int = 10,
        *,
        filter: Filter | None = None,
        reranker: str | None = None,
        earlier: Sequence[str] = (),
    ) -> list[Hit]:
        """The best passages for a query, best first.

        Args:
            query: Words or a question; ``"a phrase"`` must occur, ``-word`` must not.
            top_k: The most passages that are returned.
            filter: Which documents may be found, and for which user.
            reranker: Folder or hub id of a cross-encoder that orders the best candidates.
            earlier: The user's turns before this one in a conversation, oldest first.

        Raises:
            InputError: for an empty query or a ``top_k`` below 1.
        """
        return self.engine.search(query, top_k, filter=filter, reranker=reranker, earlier=earlier)

    def ask(
        self,
        question: str,
        options: AskOptions | None = None,
        *,
        llm: str | Generator | GenerationFunction | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] | None = None,
        conversation: ChatSession | None = None,
    ) -> Answer:
        """Answers a question, with a citation for each claim.

        Args:
            question: In plain words.
            options: Everything else that can be chosen; the arguments below go before it.
            llm: What writes the answer: the name of a profile, a model's folder or hub id,
                ``openai:MODEL``, a loaded ``Generator``, or a function from messages to text.
                Without one the answer quotes the documents.
            top_k: The most passages that are read.
            filter: Which documents may be read, and for which user.
            tools: What a model may call: names of built-in tools, ``Tool`` objects, typed
                functions.
            conversation: The turns before this question; the answer is added to them.

        Raises:
            InputError: for an empty question, or arguments of a wrong type.
            ModelError: when a model is not available or fails.
            ContextWindowError: when what must be in the prompt does not fit.
        """
        from rag_infer.answering.pipeline import answer_question

        chosen = _ask_options(options, llm, top_k, filter, tools)
        if conversation is None:
            return answer_question(self.engine, question, chosen)
        answer = answer_question(self.engine, question, conversation.apply(chosen))
        conversation.add(answer)
        return answer

    def stream(
        self,
        question: str,
        options: AskOptions | None = None,
        *,
        llm: str | Generator | GenerationFunction | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] | None = None,
        conversation: ChatSession | None = None,
    ) -> Iterator[AnswerEvent]:
        """Answers a question piece by piece; arguments and errors are those of ``ask``.

        Yields:
            ``TextDelta`` for each piece of text, ``ToolFinished`` for each call of a tool, and
            ``AnswerCompleted`` with the whole answer as the last. Leaving early stops a model.
        """
        from rag_infer.answering.events import AnswerCompleted, stream_events
        from rag_infer.answering.pipeline import answer_question

        chosen = _ask_options(options, llm, top_k, filter, tools)
        if conversation is not None:
            chosen = conversation.apply(chosen)

        def ask(streaming: AskOptions) -> Answer:
            return answer_question(self.engine, question, streaming)

        for event in stream_events(ask, chosen):
            if isinstance(event, AnswerCompleted) and conversation is not None:
                conversation.add(event.answer)
            yield event

    async def aask(
        self,
        question: str,
        options: AskOptions | None = None,
        *,
        llm: str | Generator | GenerationFunction | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] | None = None,
        conversation: ChatSession | None = None,
    ) -> Answer:
        """``ask`` without blocking the event loop; it runs in a thread."""
        import asyncio

        return await asyncio.to_thread(
            self.ask,
            question,
            options,
            llm=llm,
            top_k=top_k,
            filter=filter,
            tools=tools,
            conversation=conversation,
        )

    async def astream(
        self,
        question: str,
        options: AskOptions | None = None,
        *,
        llm: str | Generator | GenerationFunction | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] | None = None,
        conversation: ChatSession | None = None,
    ) -> AsyncIterator[AnswerEvent]:
        """``stream`` without blocking the event loop. Leaving early stops a model."""
        import asyncio

        events = self.stream(
            question,
            options,
            llm=llm,
            top_k=top_k,
            filter=filter,
            tools=tools,
            conversation=conversation,
        )
        try:
            while (event := await asyncio.to_thread(next, events, None)) is not None:
                yield event
        finally:
            await asyncio.to_thread(events.close)  # type: ignore[attr-defined]

    async def asearch(
        self,
        query: str,
        top_k: int = 10,
        *,
        filter: Filter | None = None,
        reranker: str | None = None,
        earlier: Sequence[str] = (),
    ) -> list[Hit]:
        """``search`` without blocking the event loop; it runs in a thread."""
        import asyncio

        return await asyncio.to_thread(
            self.search, query, top_k, filter=filter, reranker=reranker, earlier=earlier
        )

    def conversation(self, history: Sequence[Mapping[str, str]] = ()) -> ChatSession:
        """A conversation for ``ask(conversation=...)``, so that follow-up questions are understood.

        Args:
            history: Earlier turns, oldest first, as
                ``{"role": "user" | "assistant", "content": ...}``.
        """
        from rag_infer.answering.chat_session import ChatSession

        return ChatSession(history)

    def summarize(
        self,
        document_id: str,
        options: SummaryOptions | None = None,
        *,
        filter: Filter | None = None,
    ) -> Summary:
        """The main points of one document of the index, each with the spans that support it.

        Args:
            document_id: The id of the document.
            options: How long, for which question, by which model.
            filter: Which documents the user may read.

        Raises:
            InputError: when there is no such document that the filter allows.
        """
        from rag_infer.retrieve.document_access import document
        from rag_infer.summary.pipeline import summarize_indexed

        if filter is not None:
            document(self.engine.snapshot, document_id, filter)
        return summarize_indexed(self.engine, document_id, options)

    def fact_check(
        self, text: str, *, filter: Filter | None = None, verifier: str | None = None
    ) -> FactCheckReport:
        """Which claims of a text the documents support, with the evidence.

        Args:
            text: By whoever wrote it.
            filter: Which documents may be read.
            verifier: Folder or hub id of a cross-encoder for natural language inference; None is
                the bundled verifier.

        Raises:
            InputError: for a text without a word.
        """
        from rag_infer.answering.fact_check import check

        return check(self.engine, text, filter=filter, verifier=verifier)

    # What it holds

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

    def __len__(self) -> int:
        """The number of documents."""
        try:
            return self.engine.snapshot.manifest.documents
        except IndexNotFoundError:
            return 0

    def __bool__(self) -> bool:
        """An index is true also when it is empty."""
        return True

    def __repr__(self) -> str:
        return f"Index({str(self.path)!r}, {len(self)} documents)"

    def close(self) -> None:
        """Lets go of its files; the next use opens them again."""
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


def _group_names(groups: Iterable[str]) -> frozenset[str]:
    if isinstance(groups, str | bytes):
        raise InputError(f"groups must be a collection of names, not the text {groups!r}")
    names = frozenset(groups)
    if wrong := next((name for name in names if not isinstance(name, str) or not name), None):
        raise InputError(f"{wrong!r} is not the name of a group")
    return names


def _check_texts(documents: Sequence[TextDocument]) -> None:
    ids: set[str] = set()
    for document in documents:
        if not isinstance(document, TextDocument):
            raise InputError(f"expected TextDocument, not {type(document).__name__}")
        if not isinstance(document.id, str) or not document.id.strip():
            raise InputError("the id of a document must be text that is not empty")
        if not isinstance(document.text, str):
            raise InputError("text must be of type str", where=document.id)
        if document.id in ids:
            raise InputError("two documents have this id", where=document.id)
        _group_names(document.groups)
        ids.add(document.id)


def _ask_options(
    options: AskOptions | None,
    llm: str | Generator | GenerationFunction | None,
    top_k: int | None,
    filter: Filter | None,
    tools: Sequence[ToolSpec] | None,
) -> AskOptions:
    from rag_infer.answering.options import AskOptions
    from rag_infer.generate.custom import as_generator

    chosen = AskOptions() if options is None else options
    if not isinstance(chosen, AskOptions):
        raise InputError(f"options must be AskOptions, not {type(chosen).__name__}")
    if filter is not None and not isinstance(filter, Filter):
        raise InputError(f"filter must be a Filter, not {type(filter).__name__}")
    if isinstance(tools, str):
        raise InputError("tools must be a collection, not a text")
    changes: dict[str, Any] = {}
    if (requested := chosen.llm if llm is None else llm) is not chosen.llm or not isinstance(
        requested, str
    ):
        changes["llm"] = as_generator(requested)
    if top_k is not None:
        changes["top_k"] = top_k
    if filter is not None:
        changes["filter"] = filter
    if tools is not None:
        changes["tools"] = tools
    return replace(chosen, **changes)
