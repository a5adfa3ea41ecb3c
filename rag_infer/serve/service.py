"""The state of a server: indexes, users, queues, uploads, models, conversations."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import TypeVar

from fastapi import HTTPException

from rag_infer import AskOptions, Conversation, Filter, Index
from rag_infer.answering.events import collect_answer
from rag_infer.answering.warm_up import warm_up
from rag_infer.errors import IndexNotFoundError, InputError, RagError, ReadError
from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.generate.generator_cache import GeneratorCache
from rag_infer.read.page_image import PageImage
from rag_infer.read.registry import extension_of
from rag_infer.retrieve import document_access
from rag_infer.retrieve.document_access import PageView
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.audit_log import AuditLog
from rag_infer.serve.auth import User
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.limits import (
    ConcurrencyLimiter,
    DailyLimiter,
    QueueFullError,
    RateLimiter,
    RateLimitError,
    ShuttingDownError,
)
from rag_infer.serve.metrics import Metrics
from rag_infer.serve.page_images import PageImageRenderer, PageImageRequest
from rag_infer.serve.suggestions import QuestionSuggestions
from rag_infer.serve.upload_ids import owner_of
from rag_infer.serve.upload_indexing import UploadIndexer
from rag_infer.serve.uploads import Uploads
from rag_infer.serve.webhooks import WebhookSender
from rag_infer.shards.http_transport import HttpShards
from rag_infer.shards.router import ShardRouter
from rag_infer.types import Answer
from rag_infer.userdata.conversations import ConversationStore
from rag_infer.userdata.feedback import FeedbackStore
from rag_infer.userdata.user_files import user_file_name

R = TypeVar("R")
MAX_CACHED_ANSWERS = 64
CLOSE_TIMEOUT_S = 3.0
MISSING_SHARD_S = 60.0  # for which a shard that did not answer counts as missing
Turn = tuple[str, str, int]  # user, conversation, turns up to this one


class Service:
    """Made once for a server; ``start`` and ``close`` belong to its event loop."""

    def __init__(self, config: ServerConfig) -> None:
        limits = config.limits
        self.config = config
        self.indexes = {
            name: Index.open(path, create=True) for name, path in config.indexes.items()
        }
        self._shards = None
        if config.shards is not None:
            self._shards = HttpShards(config.shards.addresses, config.shards.key)
            for index in self.indexes.values():
                index.engine.shards = ShardRouter(self._shards)
        self._indexer = UploadIndexer(self.indexes, limits.max_upload_pages)
        self._webhooks = None if config.webhook is None else WebhookSender(config.webhook)
        self.uploads = Uploads(
            config.data_dir / "uploads",
            self._indexer.run,
            extension_of,
            limits,
            on_finished=lambda job: self._webhooks.send(job) if self._webhooks else None,
        )
        self.upload_limiter = ConcurrencyLimiter(
            limits.upload_requests_per_user * 16, 0, limits.upload_requests_per_user
        )
        self.questions = ConcurrencyLimiter(
            limits.concurrency, limits.queue_size, limits.queue_per_user
        )
        self._lookups = ConcurrencyLimiter(
            limits.lookups, limits.lookups_queued, limits.lookups_per_user
        )
        self._rate_limiter = RateLimiter(limits.requests_per_minute)
        self._daily_limiter = DailyLimiter(limits.questions_per_day)
        self.audit = AuditLog(config.audit_log)
        self.metrics = Metrics(
            lambda: self.questions.active,
            lambda: self.uploads.pending,
            self._unreachable_buckets,
            self._missing_shards,
        )
        self._question_executor = ThreadPoolExecutor(limits.concurrency, "question")
        self._lookup_executor = ThreadPoolExecutor(limits.lookups, "lookup")
        self._images = PageImageRenderer(limits)
        self.suggestions = QuestionSuggestions()
        self._answers: OrderedDict[Turn, Answer] = OrderedDict()
        self._generators = GeneratorCache()
        self._warming = threading.Thread(target=self._warm_up, name="warm-up")

    def start(self) -> None:
        """Creates the indexes of a shared server and continues with uploads accepted before."""
        if not self.config.users.is_open:
            # Whether another user has uploaded anything must not show in responses.
            for index in self.indexes.values():
                index.create()
        self.uploads.start()
        self._warming.start()

    def _warm_up(self) -> None:
        """Loads what the first questions would wait for; others load it when they need it."""
        index = next(iter(self.indexes.values()), None)
        if index is not None:
            with suppress(RagError, OSError):  # whoever asks is told
                warm_up(index.engine)

    def check_readiness(self) -> list[str]:
        """Returns if questions can be answered and uploads taken: with what is missing, if any.

        Raises:
            ShuttingDownError: The server is being stopped.
            RagError: An index cannot be read.
        """
        if self.questions.closed:
            raise ShuttingDownError
        for index in self.indexes.values():
            with suppress(IndexNotFoundError):  # documents may come by upload
                index.engine.manifest()
                if index.engine.shards is not None:
                    return index.engine.shards.missing_now(index.engine.snapshot)
        return []

    def close(self) -> None:
        """Ends all work; what is left of the uploads is continued by the next start.

        Threads that do not end within ``CLOSE_TIMEOUT_S`` are left behind.
        """
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        self.questions.closed = self._lookups.closed = self.upload_limiter.closed = True
        self._indexer.stop()
        self._images.close()
        for executor in (self._question_executor, self._lookup_executor):
            executor.shutdown(wait=False, cancel_futures=True)
            wait = threading.Thread(target=executor.shutdown, daemon=True)
            wait.start()
            wait.join(max(0.0, deadline - time.monotonic()))
        if self._shards is not None:
            self._shards.close()
        if self._warming.is_alive():
            self._warming.join(max(0.0, deadline - time.monotonic()))
        self.uploads.close(max(0.0, deadline - time.monotonic()))
        if self._webhooks is not None:
            self._webhooks.close(max(0.0, deadline - time.monotonic()))

    # Indexes and access

    def _unreachable_buckets(self) -> int:
        buckets = [index.bucket for index in self.indexes.values() if index.bucket is not None]
        return sum(bucket.unreachable_since is not None for bucket in buckets)

    def _missing_shards(self) -> int:
        routers = [index.engine.shards for index in self.indexes.values()]
        since = time.perf_counter() - MISSING_SHARD_S
        return sum(len(router.failures(since)) for router in routers if router is not None)

    def index(self, name: str) -> Index:
        """An index by name.

        Raises:
            HTTPException: There is none (404).
        """
        if name not in self.indexes:
            raise HTTPException(404, "no such index")
        return self.indexes[name]

    def filter(self, user: User, requested: Filter | None = None) -> Filter:
        """The requested filter, within what the user may read."""
        return replace(requested or Filter(), groups=user.labels)

    # Conversations

    def conversations(self, user: User) -> ConversationStore:
        """The conversations of one user, in a file of their own."""
        return ConversationStore(self.config.data_dir / "history" / user_file_name(user.name))

    def feedback(self, user: User) -> FeedbackStore:
        """What one user said of answers, in a file of their own."""
        return FeedbackStore(self.config.data_dir / "feedback" / user_file_name(user.name))

    def cached_answer(self, turn: Turn) -> Answer | None:
        """The answer of a turn, if it is still in memory."""
        return self._answers.get(turn)

    def cache_answer(self, turn: Turn, answer: Answer) -> None:
        """Keeps the answer of a turn in memory: the next prompt can extend its prompt."""
        user, conversation, number = turn
        self._answers.pop((user, conversation, number - 1), None)
        if answer.context is None:
            return
        self._answers[turn] = answer
        while len(self._answers) > MAX_CACHED_ANSWERS:
            self._answers.popitem(last=False)

    def forget_answers(self, user: User, conversation: str) -> None:
        """Drops the answers of a conversation from memory."""
        for turn in [turn for turn in self._answers if turn[:2] == (user.name, conversation)]:
            self._answers.pop(turn, None)

    # Questions

    @property
    def models(self) -> tuple[str, ...]:
        """The models that may answer; the first is the default."""
        return tuple(dict.fromkeys((self.config.llm, EXTRACTIVE, *self.config.model_profiles)))

    async def ask(
        self,
        user: User,
        index: Index,
        question: str,
        model: str | None,
        *,
        top_k: int | None = None,
        filter_: Filter | None = None,
        conversation: Conversation | None = None,
        options: AskOptions,
    ) -> AnswerTask:
        """Waits for a slot and starts to answer.

        Raises:
            QueueFullError: Too many questions are waiting.
            RateLimitError: The user asks too fast.
            ShuttingDownError: The server is shutting down.
            InputError: The model is not offered.
        """
        name = next(name for name, served in self.indexes.items() if served is index)
        model = model or self.config.llm
        if model not in self.models:
            raise InputError("no such model", where=model)
        received = time.perf_counter()
        await self._acquire(user)
        task = AnswerTask(asyncio.get_running_loop())
        queue_s = time.perf_counter() - received

        def work() -> Answer:
            try:
                self.audit.record("ask", user.name, name, text=question)
                generator = self._generator(model, task)
                task.emit_status("searching")
                events = index.stream(
                    question,
                    llm=generator,
                    top_k=top_k,
                    filter=self.filter(user, filter_),
                    tools=self.config.tools if model != EXTRACTIVE else (),
                    conversation=conversation,
                    options=self._server_options(options, task),
                )
                answer = collect_answer(events, on_text=task.emit_text)
            except Exception:
                self.metrics.count_failure("error")
                raise
            answer = self._with_cost(answer, model)
            self.audit.record(
                "answer",
                user.name,
                name,
                documents=_shown_documents(answer),
                outcome="answered" if answer.answered else "refused",
            )
            self.metrics.count_answer(answer, queue_s, task.cancelled.is_set())
            return answer

        task.start(self._question_executor, work, lambda: self.questions.release(user.name))
        return task

    def _server_options(self, options: AskOptions, task: AnswerTask) -> AskOptions:
        profiles = self.config.model_profiles
        wordings = {
            name: text
            for name, text in self.config.prompts.options().items()
            if not getattr(options.generation, name)
        }
        generation = replace(options.generation, model_profiles=profiles, **wordings)
        return replace(options, generation=generation, should_stop=task.cancelled.is_set)

    async def compute(self, user: User, call: Callable[[], R]) -> R:
        """Runs what takes processor time, in turn with the questions. Raises as ``ask`` does."""
        await self._acquire(user)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._question_executor, call)
        finally:
            self.questions.release(user.name)

    async def _acquire(self, user: User) -> None:
        try:
            self._rate_limiter.take(user.name)
            await self.questions.acquire(user.name)
            try:
                self._daily_limiter.take(user.name)
            except RateLimitError:
                self.questions.release(user.name)
                raise
        except (QueueFullError, RateLimitError):
            self.metrics.count_failure("busy")
            raise

    def _generator(self, model: str, task: AnswerTask) -> str | Generator:
        """A local model is loaded once; one behind a server is only a name."""
        profile = self.config.model_profiles.get(model)
        if model == EXTRACTIVE or model.startswith("openai:") or (profile and profile.base_url):
            return model
        if not self._generators.has(model, self.config.model_profiles):
            task.emit_status("loading")
        return self._generators.get(model, self.config.model_profiles)

    def _with_cost(self, answer: Answer, model: str) -> Answer:
        """With its cost: a loaded model does not know under which name it has a price."""
        profile, usage = self.config.model_profiles.get(model), answer.usage
        if profile is None or usage.cost is not None:
            return answer
        cost = profile.cost(usage.prompt_tokens, usage.cached_tokens, usage.output_tokens)
        return replace(answer, usage=replace(usage, cost=cost))

    # Documents and pages

    async def lookup(self, user: User, call: Callable[[], R]) -> R:
        """Runs what reads or writes files for a short time, in threads of its own.

        Raises:
            QueueFullError: Too many lookups are waiting.
            ShuttingDownError: The server is shutting down.
        """
        async with self._lookups.slot(user.name):
            return await asyncio.get_running_loop().run_in_executor(self._lookup_executor, call)

    async def write(self, call: Callable[[], R]) -> R:
        """Runs a short write that belongs to a request at work; it is never refused."""
        return await asyncio.get_running_loop().run_in_executor(self._lookup_executor, call)

    async def page(
        self, index: str, document_id: str, number: int, span: tuple[int, int] | None, user: User
    ) -> tuple[PageView, PageImage | None, str | None]:
        """A page's text, its image if it has one, and a note where that cannot be drawn.

        Raises:
            InputError: There is no such page that the user may read.
        """
        request = await self.lookup(
            user, lambda: self._page_request(index, document_id, number, span, user)
        )
        if isinstance(request, PageView):
            return request, None, None
        try:
            image = await self._images.render(request, user.name)
        except ReadError as error:
            return request.page, None, error.what
        except QueueFullError:
            return request.page, None, "too many page images are waiting; this is the text"
        return request.page, image, image.note

    async def page_image(
        self, index: str, document_id: str, number: int, span: tuple[int, int] | None, user: User
    ) -> PageImage | None:
        """The image of a page; None for a document without images.

        Raises:
            InputError: There is no such page that the user may read.
            ReadError: It cannot be drawn.
            QueueFullError: Too many images are waiting.
        """
        request = await self.lookup(
            user, lambda: self._page_request(index, document_id, number, span, user)
        )
        if isinstance(request, PageView):
            return None
        return await self._images.render(request, user.name)

    def _page_request(
        self, index: str, document_id: str, number: int, span: tuple[int, int] | None, user: User
    ) -> PageView | PageImageRequest:
        """What to draw; the page's text alone where its file is not there or is no PDF."""
        target = self.index(index)
        snapshot, filter_ = target.engine.snapshot, self.filter(user)
        row = document_access.document(snapshot, document_id, filter_)
        view = document_access.page(snapshot, document_id, number, filter_)
        self.audit.record("page", user.name, index, documents=(document_id,))
        if row.format != "pdf":
            return view
        path = self.uploads.original(index, document_id, row.sha256)
        path = path or document_access.original(snapshot, target.path, row)
        return view if path is None else PageImageRequest(path, row, view, span)

    def writing(self, index: str) -> AbstractContextManager[None]:
        """Holds an index for a change, in turn with the uploads.

        Raises:
            IndexLockedError: An upload holds it for long.
        """
        return self._indexer.writing(index)

    def remove(self, index: str, document_id: str, user: User) -> Sequence[str]:
        """Removes a document that is the user's own, with all of its names.

        Raises:
            InputError: There is none that the user may read, or it belongs to someone else.
        """
        target = self.index(index)
        row = document_access.document(target.engine.snapshot, document_id, self.filter(user))
        if user.labels is not None and owner_of(row.file) != user.name:
            raise InputError("permission denied: you can only delete your own documents")
        with self.writing(index):
            removed = target.remove([named.file for named in row.by_names()])
        self.uploads.forget(index, row.file)
        self.audit.record("remove", user.name, index, documents=removed)
        return removed


def _shown_documents(answer: Answer) -> list[str]:
    """Ids of the documents whose text is in an answer: its passages, its cells."""
    cited = [citation.span.document_id for citation in answer.citations]
    return [*(hit.chunk.document_id for hit in answer.hits), *cited]
