"""The index as people use it: search, ask, summarize, check.

Only light modules are imported here at once; each method imports what it needs, so that opening an
index costs little.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from rag_infer.api.documents import IndexDocuments
from rag_infer.argument_checks import check_number, check_strings, check_type
from rag_infer.errors import InputError
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import check_filter, check_query
from rag_infer.settings import ModelProfile
from rag_infer.types import Answer, Hit, Summary

if TYPE_CHECKING:
    from rag_infer.answering.arguments import AskArguments
    from rag_infer.answering.conversation import Conversation
    from rag_infer.answering.events import StreamEvent
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AnswerRequest, AskOptions
    from rag_infer.answering.receipts import Replay
    from rag_infer.conflicts.results import ConflictReport
    from rag_infer.extraction.fields import ExtractionField
    from rag_infer.extraction.results import Extraction
    from rag_infer.generate.callable_generator import LlmSpec
    from rag_infer.summary.options import SummaryOptions
    from rag_infer.tools import ToolSpec
    from rag_infer.userdata.conversations import ConversationStore


class Index(IndexDocuments):
    """Documents that can be searched and asked.

    One object may be used by many threads for reading; it follows what other processes write.

    Example:
        ```python
        index = Index.open("notes", create=True)
        index.add("notes/")
        print(index.ask("What did we decide about caching?").text)
        ```

    Args:
        path: The folder of the index; see `Index.open` for names.
        embedder: See `Index.open`.
    """

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
        check_query(query, filter, top_k)
        check_number("top_k", top_k, 1, whole=True)
        check_type("reranker", reranker, str, optional=True)
        check_strings("earlier", earlier)
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
        from rag_infer.answering.arguments import create_request
        from rag_infer.answering.pipeline import answer_question

        request = create_request(
            question,
            llm=llm,
            top_k=top_k,
            filter=filter,
            tools=tools,
            conversation=conversation,
            options=options,
        )
        answer = answer_question(self.engine, request)
        if conversation is not None and not request.options.dry_run:
            conversation.record(answer)
        return answer

    def stream(self, question: str, **arguments: Unpack[AskArguments]) -> Iterator[StreamEvent]:
        """Answers a question as a stream of events; errors are those of `ask`.

        Args:
            question: The question.
            arguments: As for `ask`.

        Yields:
            `StatusEvent`, `TextEvent` and `ToolResultEvent` as they come, then one
            `AnswerEvent`. Closing the iterator stops the model.
        """
        from rag_infer.answering.arguments import create_request

        request = create_request(question, **arguments)
        return self._stream(request, arguments.get("conversation"))

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

    async def aask(self, question: str, **arguments: Unpack[AskArguments]) -> Answer:
        """`ask` in a worker thread; cancelling it stops the model.

        Args:
            question: The question.
            arguments: As for `ask`.
        """
        from rag_infer.answering.events import AnswerEvent

        async for event in self.astream(question, **arguments):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def astream(
        self, question: str, **arguments: Unpack[AskArguments]
    ) -> AsyncIterator[StreamEvent]:
        """`stream` from a worker thread; leaving the loop early stops the model.

        Args:
            question: The question.
            arguments: As for `ask`.
        """
        from rag_infer.answering.arguments import create_request
        from rag_infer.answering.async_stream import iterate_in_thread

        request = create_request(question, **arguments)

        def start(is_cancelled: Callable[[], bool]) -> Iterator[StreamEvent]:
            should_stop = request.options.should_stop
            options = replace(request.options, should_stop=lambda: is_cancelled() or should_stop())
            return self._stream(replace(request, options=options), arguments.get("conversation"))

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

        check_type("id", id, str, optional=True)
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
        from rag_infer.summary.options import SummaryOptions
        from rag_infer.summary.pipeline import summarize_indexed

        check_type("document_id", document_id, str)
        check_type("options", options, SummaryOptions, optional=True)
        check_filter(filter)
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

        check_query(text, filter)
        return fact_check(
            self.engine, text, filter=filter, verifier=verifier, on_progress=on_progress
        )

    def extract(
        self,
        fields: Sequence[str | ExtractionField] = (),
        *,
        schema: Mapping[str, Any] | None = None,
        filter: Filter | None = None,
        llm: LlmSpec | None = None,
        model_profiles: Mapping[str, ModelProfile] | None = None,
        max_documents: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Extraction:
        """Fields of documents as a table: a row for each document, a citation for each cell.

        A value beside its label (``Expiry date: 3 May 2026``, a cell of a table) is taken first;
        else the document is asked for it. A cell stays empty where the document does not say.

        Args:
            fields: Names, ``name=question``, or `ExtractionField` objects.
            schema: A JSON Schema whose properties are further fields, with types and formats.
            filter: Which documents are read, and for whom; None: all.
            llm: A language model, as for `ask`, that may fill cells that stay empty otherwise. What
                it writes counts only where it stands in the document.
            model_profiles: Profiles that ``llm`` may name.
            max_documents: Most documents that are read, in order of id; None: 1,000.
            on_progress: Called with the number of documents read and of all.
            should_stop: Asked before each document; True ends with the rows so far.

        Raises:
            InputError: There is no field, or an argument has the wrong type.
            ModelError: The model cannot be loaded, or fails.
        """
        from rag_infer.extraction.extraction import MAX_DOCUMENTS, extract_fields
        from rag_infer.extraction.fields import ExtractionField, field_of_text, fields_of_schema
        from rag_infer.generate import EXTRACTIVE
        from rag_infer.generate.callable_generator import resolve_llm

        check_filter(filter)
        check_type("schema", schema, Mapping, optional=True)
        if isinstance(fields, str | Mapping) or not isinstance(fields, Sequence):
            raise InputError.wrong_type("fields", "a sequence of fields", fields)
        if max_documents is not None:
            check_number("max_documents", max_documents, 1, whole=True)
        selected = [f if isinstance(f, ExtractionField) else field_of_text(f) for f in fields]
        if schema is not None:
            selected += fields_of_schema(schema)
        profiles = dict(model_profiles or {})
        model = resolve_llm(llm, profiles)
        if isinstance(model, str):
            loaded = None if model == EXTRACTIVE else self.engine.generator(model, profiles)
        else:
            loaded = model
        return extract_fields(
            self.engine,
            selected,
            filter or Filter(),
            loaded,
            max_documents=max_documents or MAX_DOCUMENTS,
            on_progress=on_progress,
            should_stop=should_stop or (lambda: False),
        )

    def conflicts(
        self,
        *,
        filter: Filter | None = None,
        max_documents: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> ConflictReport:
        """Statements of the same thing that differ between documents, side by side.

        Args:
            filter: Which documents are compared, and for whom; None: all.
            max_documents: Most documents that are compared, in order of id; None: 1,000.
            on_progress: Called with the number of documents read and of all.

        Raises:
            InputError: An argument has the wrong type.
        """
        from rag_infer.conflicts.comparison import MAX_DOCUMENTS, find_conflicts

        check_filter(filter)
        if max_documents is not None:
            check_number("max_documents", max_documents, 1, whole=True)
        return find_conflicts(
            self.engine,
            filter or Filter(),
            max_documents=max_documents or MAX_DOCUMENTS,
            on_progress=on_progress,
        )

    def receipt(self, answer: Answer, **arguments: Unpack[AskArguments]) -> dict[str, Any]:
        """The receipt of an answer: JSON types that suffice to check it or to ask again.

        Args:
            answer: An answer of `ask` with the same further arguments.
            arguments: As for `ask`.
        """
        from rag_infer.answering.arguments import create_request
        from rag_infer.answering.receipts import create_receipt

        check_type("answer", answer, Answer)
        request = create_request(answer.question, **arguments)
        conversation = arguments.get("conversation")
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
        from rag_infer.generate.callable_generator import resolve_llm

        check_type("receipt", receipt, Mapping)
        profiles = dict(model_profiles or {})
        model = None if llm is None else resolve_llm(llm, profiles)
        return replay(receipt, self.engine, llm=model, model_profiles=profiles, tools=tuple(tools))
