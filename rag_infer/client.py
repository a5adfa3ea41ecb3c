"""A client of a server that ``rag serve`` runs: questions, searches and uploads, without waiting.

It needs the extra ``client``, and nothing of the server or of the models.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from rag_infer.errors import InputError, MissingDependencyError, ServerRequestError
from rag_infer.responses import HitResponse, SummaryResponse
from rag_infer.serve.rest_responses import (
    ConversationAnswerResponse,
    DocumentsResponse,
    JobResponse,
    RemovedResponse,
    SearchResponse,
    UploadResponse,
    UserDocumentResponse,
    UserResponse,
)

if TYPE_CHECKING:
    import httpx2

_WAITING = (429, 503)  # the server asks to come again
_MAX_WAIT_S = 60.0
_POLL_S = 0.5
_MODEL = TypeVar("_MODEL", bound=BaseModel)


class AsyncClient:
    """Asks a server of documents. Use it in ``async with``, or call ``close``.

    Args:
        address: That of the server, such as ``https://rag.example.org``, with its path if it has
            one.
        token: What the server knows you by; None for a server of one person.
        index: The index to ask; None: the first that the server has.
        timeout: Seconds without a byte after which a request fails.
        retries: How often a request is sent again that the server had no room for.

    Raises:
        MissingDependencyError: The extra ``client`` is not installed.
        InputError: The address is not one of HTTP.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        index: str | None = None,
        timeout: float = 120.0,
        retries: int = 2,
    ) -> None:
        try:
            import httpx2
        except ImportError:
            raise MissingDependencyError(
                "asking a server needs an optional package", extra="client"
            ) from None
        if not address.startswith(("http://", "https://")):
            raise InputError("an address begins with http:// or https://", where=address)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.address = address.rstrip("/")
        self._index = index
        self._retries = retries
        # A redirect could carry the token elsewhere.
        self._http = httpx2.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def me(self) -> UserResponse:
        """Who you are to the server, and which indexes and models it has."""
        return await self._json(UserResponse, "GET", "/api/me")

    async def ask(
        self,
        question: str,
        *,
        top_k: int | None = None,
        model: str | None = None,
        conversation: str | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> ConversationAnswerResponse:
        """Answers a question, with citations.

        Args:
            question: The question.
            top_k: Most passages; None: the server's choice.
            model: One of those of ``me``; None: the server's.
            conversation: The id of a conversation of yours to go on with, or ``"new"``.
            filter: Which documents are searched: ``paths``, ``formats``, ``since``, ``until``,
                ``as_of``, as in ``Filter``.

        Raises:
            ServerRequestError: The server refused, failed, or cannot be reached.
        """
        body = _question(question, top_k, model, conversation, filter)
        path = await self._path("ask")
        return await self._json(ConversationAnswerResponse, "POST", path, json=body)

    async def stream(
        self,
        question: str,
        *,
        top_k: int | None = None,
        model: str | None = None,
        conversation: str | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[str | ConversationAnswerResponse]:
        """Yields the text of an answer as it is written, then the answer. Arguments as in ``ask``.

        Raises:
            ServerRequestError: The server refused, failed, or cannot be reached.
        """
        body = _question(question, top_k, model, conversation, filter) | {"stream": True}
        async with AsyncExitStack() as open_response:
            response = await self._send(open_response, "POST", await self._path("ask"), json=body)
            name = ""
            try:
                async for line in response.aiter_lines():
                    field, _, value = line.partition(": ")
                    if field == "event":
                        name = value
                    elif field == "data" and name == "text":
                        yield str(json.loads(value))
                    elif field == "data" and name == "answer":
                        yield self._parsed(ConversationAnswerResponse, value)
                    elif field == "data" and name == "error":
                        raise ServerRequestError(str(json.loads(value)), where=self.address)
            except _transport_errors() as error:
                raise self._unreachable(error) from error

    async def search(
        self, query: str, *, top_k: int = 10, filter: Mapping[str, Any] | None = None
    ) -> list[HitResponse]:
        """The passages nearest to a query, best first; warns where a part could not be searched.

        Args:
            query: What is searched.
            top_k: Most passages.
            filter: See ``ask``.
        """
        body = {"query": query, "top_k": top_k, **(filter or {})}
        path = await self._path("search")
        response = await self._json(SearchResponse, "POST", path, json=body)
        for note in response.warnings:
            warnings.warn(note, stacklevel=2)
        return response.hits

    async def documents(self) -> list[UserDocumentResponse]:
        """The documents that you may read."""
        return (await self._json(DocumentsResponse, "GET", await self._path("documents"))).documents

    async def summarize(
        self, document_id: str, *, bullets: int | None = None, question: str | None = None
    ) -> SummaryResponse:
        """The points of a document with their sources.

        Args:
            document_id: Its id.
            bullets: How many points; None: as many as its length asks for.
            question: What the summary is to be about.
        """
        body = {"document_id": document_id, "bullets": bullets, "question": question}
        return await self._json(SummaryResponse, "POST", await self._path("summarize"), json=body)

    async def upload(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        share: str | None = None,
        password: str | None = None,
    ) -> UploadResponse:
        """Uploads files. Those that the server accepts are safe there, and indexed by jobs.

        Args:
            paths: The files, at most 100, or a single one.
            share: The group that may read them, ``"everyone"``, or None for you alone.
            password: Of files that are encrypted; the server does not store it.

        Raises:
            InputError: A file cannot be read.
            ServerRequestError: The server accepts none of them, failed, or cannot be reached.
        """
        names = [paths] if isinstance(paths, str | Path) else list(paths)
        async with AsyncExitStack() as files:
            parts = [("file", (Path(name).name, _opened(files, Path(name)))) for name in names]
            query = {} if share is None else {"share": share}
            headers = {} if password is None else {"X-Document-Password": quote(password)}
            path = await self._path("documents")
            return await self._json(
                UploadResponse, "POST", path, files=parts, params=query, headers=headers
            )

    async def job(self, job_id: str) -> JobResponse:
        """How far an upload is."""
        return await self._json(JobResponse, "GET", f"/api/jobs/{job_id}")

    async def finished(self, job_id: str) -> JobResponse:
        """The job of an upload, once it is done or has failed."""
        while (job := await self.job(job_id)).state not in ("done", "failed"):
            await asyncio.sleep(_POLL_S)
        return job

    async def remove(self, document_id: str) -> list[str]:
        """Removes a document of yours, and its text from the files of the index."""
        query = {"document_id": document_id}
        path = await self._path("documents")
        return (await self._json(RemovedResponse, "DELETE", path, params=query)).removed

    async def _path(self, action: str) -> str:
        if self._index is None:
            indexes = (await self.me()).indexes
            if not indexes:
                raise ServerRequestError("the server has no index", where=self.address)
            self._index = indexes[0]
        return f"/api/indexes/{self._index}/{action}"

    async def _json(self, model: type[_MODEL], method: str, path: str, **options: Any) -> _MODEL:
        async with AsyncExitStack() as open_response:
            response = await self._send(open_response, method, path, **options)
            try:
                return self._parsed(model, await response.aread())
            except _transport_errors() as error:
                raise self._unreachable(error) from error

    async def _send(
        self, open_response: AsyncExitStack, method: str, path: str, **options: Any
    ) -> httpx2.Response:
        """The response to a request, its status checked and its body not read."""
        attempt = 0
        while True:
            try:
                response = await open_response.enter_async_context(
                    self._http.stream(method, self.address + path, **options)
                )
                if response.is_success:
                    return response
                body = await response.aread()
            except _transport_errors() as error:
                raise self._unreachable(error) from error
            may_wait = response.status_code in _WAITING and "files" not in options
            if not may_wait or attempt == self._retries:
                raise ServerRequestError(
                    _message(body, response), where=self.address, status=response.status_code
                )
            attempt += 1
            await asyncio.sleep(_wait(response.headers.get("retry-after"), attempt))

    def _parsed(self, model: type[_MODEL], body: str | bytes) -> _MODEL:
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            raise ServerRequestError(
                "the answer is not what this version reads",
                where=self.address,
                hint="is it a server of rag serve, of this version?",
            ) from error

    def _unreachable(self, error: Exception) -> ServerRequestError:
        return ServerRequestError(
            f"cannot be asked: {error or type(error).__name__}", where=self.address
        )


def _question(
    question: str,
    top_k: int | None,
    model: str | None,
    conversation: str | None,
    filter: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "question": question,
        "top_k": top_k,
        "model": model,
        "conversation": conversation,
        **(filter or {}),
    }


def _opened(files: AsyncExitStack, path: Path) -> BinaryIO:
    """A file that is closed with the others. Raises InputError where it cannot be read."""
    try:
        return files.enter_context(path.open("rb"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error


def _transport_errors() -> tuple[type[Exception], ...]:
    import httpx2

    return (httpx2.HTTPError, httpx2.InvalidURL)


def _message(body: bytes, response: httpx2.Response) -> str:
    """What the server says of an error."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {response.status_code}"


def _wait(retry_after: str | None, attempt: int) -> float:
    """Seconds until a request is sent again: what the server says, else twice as long each time."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        seconds = 2.0 ** (attempt - 1)
    return min(max(seconds, 0.0), _MAX_WAIT_S)
