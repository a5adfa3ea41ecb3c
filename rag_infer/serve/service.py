"""What a server has at hand: indexes, people, the queue, uploads, models, histories.

Knows: which of them a request needs, and that each look goes through the asker's labels.
Does not know: HTTP, how a question is answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rag_infer import AskOptions, Filter, Index, ReadOptions
from rag_infer.errors import InputError
from rag_infer.generate.generator_cache import GeneratorCache
from rag_infer.read.registry import extension_of
from rag_infer.retrieve import document_access
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.auth import User, UserStore
from rag_infer.serve.limits import ConcurrencyLimiter, QueueFullError, RateLimiter, RateLimitError
from rag_infer.serve.metrics import Metrics
from rag_infer.serve.page_images import page_image
from rag_infer.serve.upload_ids import owner
from rag_infer.serve.uploads import UploadJob, Uploads

if TYPE_CHECKING:
    from rag_infer import Answer
    from rag_infer.settings import ModelProfile
    from rag_infer.userdata.conversations import ConversationStore

R = TypeVar("R")
_PICTURES = 32
_ANSWERS = 64
QUOTES = "extractive"


@dataclass(frozen=True, slots=True)
class Limits:
    """``at_once`` questions are worked on, ``waiting`` wait, ``each`` of them one person's.

    One person may ask ``per_minute`` questions a minute (0: no bound). An upload may have
    ``pages`` pages or records.
    """

    at_once: int = 8
    waiting: int = 64
    each: int = 48
    per_minute: int = 0
    upload_bytes: int = 200_000_000
    pages: int = 5_000
    json_bytes: int = 1_000_000
    question_chars: int = 20_000


@dataclass(frozen=True, slots=True)
class Setup:
    """What a server is started with. ``indexes`` are names and where they lie; ``tools`` are those
    of the package that a model may ask.
    """

    indexes: Mapping[str, str | Path]
    data: Path
    people: UserStore = field(default_factory=UserStore)
    llm: str = QUOTES
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    loopback: bool = True


class Service:
    """Made once for a server; ``start`` and ``close`` belong to its event loop."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.indexes = {
            name: Index.open(where, create=True) for name, where in setup.indexes.items()
        }
        self.uploads = Uploads(setup.data / "uploads", self._index, extension_of)
        self.gate = ConcurrencyLimiter(
            setup.limits.at_once, setup.limits.waiting, setup.limits.each
        )
        self._pace = RateLimiter(setup.limits.per_minute)
        self.metrics = Metrics(lambda: self.gate.held, lambda: self.uploads.waiting)
        self._pool = ThreadPoolExecutor(setup.limits.at_once, thread_name_prefix="ask")
        self._pictures: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        # The last answers of conversations, by person, conversation and how many turns it had then.
        self.answers: OrderedDict[tuple[str, str, int], Answer] = OrderedDict()
        self._drawing = threading.Semaphore(2)
        self._writers = GeneratorCache()

    def start(self) -> None:
        if not self.setup.people.open:
            # Whether anybody else has handed in anything must not show in what one is told.
            for index in self.indexes.values():
                index.create()
        self.uploads.start()

    def close(self) -> None:
        self.gate.closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.uploads.close()

    # Who may see what

    def index(self, name: str) -> Index:
        """Raises InputError for a name that is not served."""
        if name not in self.indexes:
            raise InputError("there is no such index", where=name)
        return self.indexes[name]

    def filter(self, person: User, chosen: Filter | None = None) -> Filter:
        """What was chosen, within what the person may read."""
        return replace(chosen or Filter(), groups=person.labels)

    def history(self, person: User) -> ConversationStore:
        """The conversations of one person, in a file of their own."""
        from rag_infer.userdata.conversations import ConversationStore

        name = hashlib.sha256(person.name.encode()).hexdigest()[:32]
        return ConversationStore(self.setup.data / "history" / f"{name}.sqlite")

    @property
    def models(self) -> tuple[str, ...]:
        """What may write answers; the first is the default."""
        return tuple(dict.fromkeys((self.setup.llm, QUOTES, *self.setup.models)))

    def remember(self, turn: tuple[str, str, int], found: Answer) -> None:
        """Keeps the answer of a turn at hand, for the next question to go on from its prompt."""
        self.answers.pop((*turn[:2], turn[2] - 1), None)
        if found.context is None:
            return
        self.answers[turn] = found
        while len(self.answers) > _ANSWERS:
            self.answers.popitem(last=False)

    def forget(self, person: User, conversation: str) -> None:
        """Drops what is at hand of a conversation."""
        for turn in [t for t in self.answers if t[:2] == (person.name, conversation)]:
            self.answers.pop(turn, None)

    # Asking

    async def ask(
        self, person: User, index: Index, question: str, model: str | None, options: AskOptions
    ) -> AnswerTask:
        """Waits for a place in the queue and begins to answer.

        Raises Busy, Hurried and Closing; InputError for a model that is not offered.
        """
        model = model or self.setup.llm
        if model not in self.models:
            raise InputError("there is no such model", where=model)
        came = time.perf_counter()
        await self._enter(person)
        asking = AnswerTask(asyncio.get_running_loop())
        waited = time.perf_counter() - came

        def work() -> Answer:
            try:
                generator = self._generator(model, asking)
                asking.tell("searching")
                chosen = replace(
                    options,
                    filter=self.filter(person, options.filter),
                    model_profiles=self.setup.models,
                    llm=generator,
                    tools=self.setup.tools if model != QUOTES else (),
                    on_text=asking.put,
                    should_stop=asking.stopped.is_set,
                )
                answer = index.ask(question, chosen)
            except Exception:
                self.metrics.lost("error")
                raise
            answer = self._priced(answer, model)
            self.metrics.asked(answer, waited, asking.stopped.is_set())
            return answer

        asking.begin(self._pool, work, lambda: self.gate.leave(person.name))
        return asking

    async def work(self, person: User, call: Callable[[], R]) -> R:
        """Does what takes the processor's time when its turn comes. Raises as ``ask`` does."""
        await self._enter(person)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self.gate.leave(person.name)

    async def _enter(self, person: User) -> None:
        try:
            self._pace.take(person.name)
            await self.gate.enter(person.name)
        except (QueueFullError, RateLimitError):
            self.metrics.lost("busy")
            raise

    def _generator(self, model: str, asking: AnswerTask) -> Any:
        """A model of this machine is loaded once; one behind a server is only a name."""
        profile = self.setup.models.get(model)
        if model == QUOTES or model.startswith("openai:") or (profile and profile.base_url):
            return model
        if not self._writers.has(model, self.setup.models):
            asking.tell("loading")
        return self._writers.get(model, self.setup.models)

    def _priced(self, answer: Answer, model: str) -> Answer:
        """With its cost: a loaded model does not know under which name it has a price."""
        profile, usage = self.setup.models.get(model), answer.usage
        if profile is None or profile.price is None or usage.cost is not None:
            return answer
        cost = profile.price.of(usage.prompt_tokens, usage.cached_tokens, usage.output_tokens)
        return replace(answer, usage=replace(usage, cost=cost))

    # Looking

    def picture(
        self, index: str, document: str, number: int, span: tuple[int, int] | None, person: User
    ) -> tuple[document_access.PageView, Any]:
        """A page as text and, where its file is at hand and can be drawn, as a picture.

        Raises InputError when it is not there to see, ReadError when it cannot be drawn.
        """
        opened = self.index(index)
        chosen = self.filter(person)
        row = document_access.document(opened.engine.snapshot, document, chosen)
        seen = document_access.page(opened.engine.snapshot, document, number, chosen)
        if row.format != "pdf":
            return seen, None
        path = self.uploads.original(index, document, row.sha256) or document_access.original(
            opened.engine.snapshot, opened.path, row
        )
        if path is None:
            return seen, None
        key = (index, document, row.sha256, number, span)
        with self._drawing:
            if key not in self._pictures:
                self._pictures[key] = page_image(path, row, seen, [span] if span else [])
                while len(self._pictures) > _PICTURES:
                    self._pictures.popitem(last=False)
            return seen, self._pictures[key]

    def remove(self, index: str, document: str, person: User) -> Sequence[str]:
        """Removes a document that is the person's own. Raises InputError otherwise."""
        opened = self.index(index)
        row = document_access.document(opened.engine.snapshot, document, self.filter(person))
        if person.labels is not None and owner(row.file) != person.name:
            raise InputError("is not yours to remove", where=document)
        removed = opened.remove([row.file])
        self.uploads.forget(index, row.file)
        for key in [k for k in self._pictures if k[:2] == (index, document)]:
            self._pictures.pop(key, None)
        return removed

    # Taking in

    def _index(self, job: UploadJob, path: Path, progress: Callable[[int, int], None]) -> UploadJob:
        report = self.index(job.index).add_file(
            path,
            job.document,
            labels=job.labels,
            options=ReadOptions(max_pages=self.setup.limits.pages, isolate=True),
            on_progress=lambda p: progress(p.pages, p.chunks),
        )
        if report.failed:
            return replace(job, state="failed", error=report.failed[0].reason)
        pages = sum(file.pages for file in report.indexed)
        notes = tuple(note for file in report.indexed for note in file.notes)[:20]
        return replace(job, state="done", pages=pages, chunks=report.chunks, notes=notes)
