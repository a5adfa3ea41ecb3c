"""The public facade: open an index, add documents, search, ask, summarize, check.

Only light modules are imported here at once; each method imports what it needs, so that opening an
index costs little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from rag_infer.embed import Embedder
from rag_infer.embed.callable_embedder import EmbedFunction
from rag_infer.engine import Engine
from rag_infer.errors import IndexNotFoundError, InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter
from rag_infer.settings import DEFAULT_INDEX, ModelProfile, index_path
from rag_infer.types import Answer, Hit, Scalar, Summary

if TYPE_CHECKING:
    from rag_infer.answering.conversation import Conversation
    from rag_infer.answering.events import StreamEvent
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AnswerRequest, AskOptions
    from rag_infer.answering.receipts import Replay
    from rag_infer.generate import Generator
    from rag_infer.generate.callable_generator import ChatFunction
    from rag_infer.ingest.pipeline import IngestReport, Progress, ReadFiles
    from rag_infer.ingest.text_documents import TextDocument
    from rag_infer.read import ReadOptions
    from rag_infer.summary.pipeline import SummaryOptions
    from rag_infer.tools import ToolSpec
    from rag_infer.userdata.conversations import ConversationStore

    LlmSpec = str | ModelProfile | Generator | ChatFunction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Status:
    """Counts and sizes of an index.

    ``bytes`` is its size on disk, ``silent_pages`` are pages without text.
    """

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

    Args:
        path: The folder of the index; see ``Index.open`` for names.
        embedder: See ``Index.open``.
    """

    def __init__(self, path: Path, embedder: Embedder | EmbedFunction | str | None = None) -> None:
        self.path = Path(path)
        self.engine = Engine(self.path, embedder)

    @classmethod
    def open(
        cls,
        name_or_path: str | Path = DEFAULT_INDEX,
        *,
        create: bool = False,
        embedder: Embedder | EmbedFunction | str | None = None,
    ) -> Index:
        """Opens the index of a name, or in a folder.

        Args:
            name_or_path: A name, or a path with a slash.
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

    def create(self) -> None:
        """Makes an empty index where there is none yet."""
        from rag_infer.index.writer import Writer

        try:
            self.engine.manifest()
        except IndexNotFoundError:
            Writer(self.path, self.engine.embedder_entry()).close()

    def add(
        self,
        *paths: str | Path,
        groups: Iterable[str] = (),
        options: ReadOptions | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        remove_missing: bool = False,
    ) -> IngestReport:
        """Synchronizes the index with files and folders: new, changed and vanished files.

        Args:
            paths: Files and folders. A file that cannot be read is listed in the report.
            groups: Groups that are authorized to read the documents; none: everyone.
            options: How files are read.
            on_progress: Called after each file.
            remove_missing: Whether documents below a folder that is empty or cannot be listed are
                removed; they stay otherwise.

        Raises:
            InputError: A path does not exist or has nothing to read.
            IndexLockedError: Another process is writing.
        """
        from rag_infer.ingest.discovery import discover

        if not paths:
            raise InputError("no path was given", code="no_paths")
        try:
            roots = self.engine.manifest().roots
        except IndexNotFoundError:
            roots = {}
        # Nothing is made on disk for a path that was mistyped.
        files = discover([Path(p) for p in paths], self.path, roots, remove_missing=remove_missing)
        return self._ingest(
            lambda run: run.run(files), groups, options, on_progress, remove_missing=remove_missing
        )

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

        if isinstance(groups, str):
            raise InputError("groups must be a collection of names, not one name")
        with Writer(self.path, self.engine.embedder_entry()) as writer:
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

    def remove(self, names: Sequence[str]) -> tuple[str, ...]:
        """Removes documents, and their text from disk.

        Args:
            names: Ids of documents, or folders (``reports/``) for all documents below them.

        Returns:
            The ids removed.

        Raises:
            InputError: A name matches no document.
        """
        from rag_infer.index.writer import Writer

        if isinstance(names, str):
            names = [names]
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
                    raise InputError("not in the index", where=name, code="document_not_found")
                writer.remove(place for place, _ in matches)
                removed.extend(document for _, document in matches)
            names_removed = {name.rstrip("/") for name in names}
            roots = {r: w for r, w in manifest.roots.items() if r not in names_removed}
            writer.publish(roots, purge=True)
        return tuple(dict.fromkeys(removed))

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
            query: Words; ``"a phrase"`` must occur, ``-word`` must not.
            top_k: Most passages.
            filter: Which documents are searched, and for whom.
            reranker: Folder or hub id of a cross-encoder that orders the best candidates.
            earlier: The user's turns before this one in a conversation, oldest first.

        Raises:
            InputError: The query is empty, or an argument has the wrong type.
        """
        _check(query, filter, top_k)
        return self.engine.search(query, top_k, filter=filter, reranker=reranker, earlier=earlier)

    def ask(
        self,
        question: str,
        *,
        llm: LlmSpec | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] = (),
        conversation: Conversation | None = None,
        options: AskOptions | None = None,
    ) -> Answer:
        """Answers a question, each claim with the span that supports it.

        Args:
            question: The question.
            llm: The language model: a name, a profile, an object with the members of
                ``Generator``, or a function from chat messages to text. None: the answer quotes
                the documents.
            top_k: Most passages that are read; None: 5 for quotes, as many as the window can use
                for a model.
            filter: Which documents are searched, and for whom.
            tools: What a model may call: ``calculator``, ``search``, ``table``, a ``Tool``, or a
                function with type hints.
            conversation: The conversation that the question belongs to; the answer is added to it.
            options: Everything else, in groups.

        Raises:
            InputError: The question is empty, or an argument has the wrong type.
            ModelError: The model cannot be loaded, or fails.
            ContextWindowError: The question does not fit the window of the model.
        """
        from rag_infer.answering.pipeline import answer_question

        request = self._request(question, llm, top_k, filter, tools, conversation, options)
        answer = answer_question(self.engine, request)
        if conversation is not None and not request.options.dry_run:
            conversation.record(answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        llm: LlmSpec | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] = (),
        conversation: Conversation | None = None,
        options: AskOptions | None = None,
    ) -> Iterator[StreamEvent]:
        """Answers a question as a stream of events; parameters and errors are those of ``ask``.

        Yields:
            ``StatusEvent``, ``TextEvent`` and ``ToolResultEvent`` as they come, then one
            ``AnswerEvent``. Closing the iterator stops the model.
        """
        request = self._request(question, llm, top_k, filter, tools, conversation, options)
        return self._stream(request, conversation)

    def _stream(
        self, request: AnswerRequest, conversation: Conversation | None
    ) -> Iterator[StreamEvent]:
        from rag_infer.answering.events import AnswerEvent
        from rag_infer.answering.pipeline import stream_answer

        for event in stream_answer(self.engine, request):
            is_recorded = conversation is not None and not request.options.dry_run
            if is_recorded and isinstance(event, AnswerEvent):
                assert conversation is not None
                conversation.record(event.answer)
            yield event

    async def asearch(
        self,
        query: str,
        top_k: int = 10,
        *,
        filter: Filter | None = None,
        reranker: str | None = None,
        earlier: Sequence[str] = (),
    ) -> list[Hit]:
        """``search`` in a worker thread; parameters and errors are the same."""
        import asyncio

        return await asyncio.to_thread(
            self.search, query, top_k, filter=filter, reranker=reranker, earlier=earlier
        )

    async def aask(
        self,
        question: str,
        *,
        llm: LlmSpec | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] = (),
        conversation: Conversation | None = None,
        options: AskOptions | None = None,
    ) -> Answer:
        """``ask`` in a worker thread; cancelling it stops the model."""
        from rag_infer.answering.events import AnswerEvent

        request = self._request(question, llm, top_k, filter, tools, conversation, options)
        async for event in self._astream(request, conversation):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def astream(
        self,
        question: str,
        *,
        llm: LlmSpec | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] = (),
        conversation: Conversation | None = None,
        options: AskOptions | None = None,
    ) -> AsyncIterator[StreamEvent]:
        """``stream`` from a worker thread; leaving the loop early stops the model."""
        request = self._request(question, llm, top_k, filter, tools, conversation, options)
        return self._astream(request, conversation)

    def _astream(
        self, request: AnswerRequest, conversation: Conversation | None
    ) -> AsyncIterator[StreamEvent]:
        from rag_infer.answering.async_stream import iterate_in_thread

        def start(is_cancelled: Callable[[], bool]) -> Iterator[StreamEvent]:
            should_stop = request.options.should_stop
            options = replace(request.options, should_stop=lambda: is_cancelled() or should_stop())
            return self._stream(replace(request, options=options), conversation)

        return iterate_in_thread(start)

    def conversation(
        self,
        id: str | None = None,
        *,
        save: bool = False,
        store: ConversationStore | None = None,
        reserve_followups: bool = True,
    ) -> Conversation:
        """A conversation about this index, for ``ask(..., conversation=...)``.

        Args:
            id: The id of a stored conversation, or ``last``; None starts a new one.
            save: Whether a new conversation is stored on disk.
            store: Where it is stored, in place of the user's data folder.
            reserve_followups: Whether part of a model's window stays free for further questions.

        Raises:
            InputError: There is no such conversation.
        """
        from rag_infer.answering.conversation import Conversation

        if id is None and not save and store is None:
            return Conversation(reserve_followups=reserve_followups)
        from rag_infer.userdata.conversations import ConversationStore

        store = store or ConversationStore()
        location = str(self.path.resolve())
        if id == "last":
            id = store.last(location)
        return Conversation(store=store, index=location, id=id, reserve_followups=reserve_followups)

    def summarize(
        self,
        document_id: str,
        options: SummaryOptions | None = None,
        *,
        filter: Filter | None = None,
    ) -> Summary:
        """The main points of a whole document, each with its citation.

        Args:
            document_id: The id of the document.
            options: Length, pages, question, model.
            filter: Documents that may be read.

        Raises:
            InputError: There is no such document, or the filter does not allow it.
            ModelError: The model cannot be loaded, or fails.
        """
        from rag_infer.retrieve.document_access import document
        from rag_infer.summary.pipeline import summarize_indexed

        row = document(self.engine.snapshot, document_id, filter or Filter())
        return summarize_indexed(self.engine, row.id, options)

    def fact_check(
        self,
        text: str,
        *,
        filter: Filter | None = None,
        verifier: str | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> FactCheckReport:
        """Checks which claims of a text the documents support, and where.

        Args:
            text: The text.
            filter: Which documents are searched, and for whom.
            verifier: Folder or hub id of a cross-encoder for natural language inference; None is
                the verifier of the package.
            on_progress: Called with the number of claims done and of all.

        Raises:
            InputError: The text has no sentence, or an argument has the wrong type.
        """
        from rag_infer.answering.fact_check import fact_check

        _check(text, filter)
        return fact_check(
            self.engine, text, filter=filter, verifier=verifier, on_progress=on_progress
        )

    def receipt(
        self,
        answer: Answer,
        *,
        llm: LlmSpec | None = None,
        top_k: int | None = None,
        filter: Filter | None = None,
        tools: Sequence[ToolSpec] = (),
        conversation: Conversation | None = None,
        options: AskOptions | None = None,
    ) -> dict[str, Any]:
        """The receipt of an answer: JSON types that suffice to check it or to ask again.

        Args:
            answer: An answer of ``ask`` with the same further arguments.
            llm: As for ``ask``, and so are the others.
            top_k: As for ``ask``.
            filter: As for ``ask``.
            tools: As for ``ask``.
            conversation: As for ``ask``.
            options: As for ``ask``.
        """
        from rag_infer.answering.receipts import create_receipt

        request = self._request(answer.question, llm, top_k, filter, tools, conversation, options)
        if conversation is not None:
            request = replace(request, history=conversation.history_before(answer))
        return create_receipt(self.engine, answer, request)

    def replay(
        self,
        receipt: Mapping[str, Any],
        *,
        llm: LlmSpec | None = None,
        model_profiles: Mapping[str, ModelProfile] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Replay:
        """Asks the question of a receipt again and compares.

        Args:
            receipt: As ``receipt`` returned it.
            llm: A model in place of the one that the receipt names.
            model_profiles: Profiles that the receipt may name.
            tools: Tools in place of those that the receipt names.

        Raises:
            InputError: The receipt is not valid.
        """
        from rag_infer.answering.receipts import replay

        profiles = dict(model_profiles or {})
        model = None if llm is None else _resolve_llm(llm, profiles)
        return replay(receipt, self.engine, llm=model, model_profiles=profiles, tools=tuple(tools))

    def _request(
        self,
        question: str,
        llm: LlmSpec | None,
        top_k: int | None,
        filter: Filter | None,
        tools: Sequence[ToolSpec],
        conversation: Conversation | None,
        options: AskOptions | None,
    ) -> AnswerRequest:
        from rag_infer.answering.conversation import Conversation
        from rag_infer.answering.options import AnswerRequest, AskOptions

        _check(question, filter, top_k)
        if isinstance(tools, str):
            raise InputError("tools must be a sequence, not one name", code="invalid_argument")
        if options is not None and not isinstance(options, AskOptions):
            raise _wrong_type("options", "AskOptions", options)
        if conversation is not None and not isinstance(conversation, Conversation):
            raise _wrong_type("conversation", "Conversation", conversation)
        options = options or AskOptions()
        profiles = dict(options.generation.model_profiles)
        model = _resolve_llm(llm, profiles)
        generation = replace(options.generation, model_profiles=profiles)
        return AnswerRequest(
            question,
            llm=model,
            top_k=top_k,
            filter=filter or Filter(),
            tools=tuple(tools),
            history=() if conversation is None else conversation.history,
            previous_answer=None if conversation is None else conversation.previous_answer,
            reserve_followups=conversation is not None and conversation.reserve_followups,
            options=replace(options, generation=generation),
        )

    def status(self) -> Status:
        """Counts and sizes; reads the catalog, not the vectors.

        Raises:
            IndexNotFoundError: Nothing was added yet.
        """
        snapshot = self.engine.snapshot
        manifest = snapshot.manifest
        formats: Counter[str] = Counter()
        pages = silent_pages = 0
        for number, segment in enumerate(snapshot.segments):
            live = snapshot.live_documents(number)
            for ordinal, row in segment.catalogue.documents():
                formats[row.format] += bool(live[ordinal])
            for document, page_count, note_count in segment.catalogue.page_counts():
                if live[document]:
                    pages += page_count
                    silent_pages += note_count
        return Status(
            path=str(self.path),
            generation=manifest.generation,
            created=manifest.created,
            embedder=manifest.embedder.name,
            dimension=manifest.embedder.dimension,
            documents=manifest.documents,
            pages=pages,
            silent_pages=silent_pages,
            chunks=snapshot.chunk_count(),
            segments=len(snapshot.segments),
            bytes=sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file()),
            formats={k: v for k, v in sorted(formats.items()) if v},
            roots=tuple(sorted(manifest.roots)),
        )

    def documents(self, filter: Filter | None = None) -> list[DocumentRow]:
        """The documents that a filter allows, in order of id; none before anything was added.

        Args:
            filter: Which documents, and for whom; None: all.
        """
        _check("-", filter)
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
        return f"<Index {str(self.path)!r}: {len(self)} documents>"

    def close(self) -> None:
        """Closes the files of the index; the next use opens them again."""
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


def _resolve_llm(llm: LlmSpec | None, profiles: dict[str, ModelProfile]) -> str | Generator:
    """The name of a model or a loaded one; a profile is added to ``profiles``."""
    from rag_infer.generate import EXTRACTIVE
    from rag_infer.generate.callable_generator import as_generator

    if llm is None:
        return EXTRACTIVE
    if isinstance(llm, str):
        return llm
    if isinstance(llm, ModelProfile):
        profiles[llm.name] = llm
        return llm.name
    return as_generator(llm)


def _check(text: object, filter: object, top_k: object = None) -> None:
    """Raises InputError for arguments of the wrong type: a filter that is none filters nothing."""
    if not isinstance(text, str):
        raise _wrong_type("the text", "str", text)
    if filter is not None and not isinstance(filter, Filter):
        raise _wrong_type("filter", "Filter", filter)
    if top_k is None:
        return
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise InputError("top_k must be a whole number, 1 or more", code="invalid_argument")


def _wrong_type(name: str, expected: str, value: object) -> InputError:
    return InputError(
        f"{name} must be {expected}, not {type(value).__name__}", code="invalid_argument"
    )
