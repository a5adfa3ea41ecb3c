"""The client asks a real server: questions, streams, uploads, and what goes wrong."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path

import httpx2
import pytest
from pypdf import PdfWriter

from rag_infer.client import AsyncClient
from rag_infer.errors import InputError, ServerRequestError
from rag_infer.serve.rest_responses import ConversationAnswerResponse, JobResponse
from tests.serve.conftest import CORPUS, TOKENS, USERS, Server, Start

QUESTION = "Why is decoding limited by memory bandwidth?"


def test_questions_searches_and_summaries(server: Server) -> None:
    async def session() -> None:
        async with AsyncClient(server.url + "/") as client:
            assert (await client.me()).indexes == ["team"]
            answer = await client.ask(QUESTION, conversation="new")
            assert answer.answered and answer.turn == 1
            assert answer.conversation
            further = await client.ask("And of prefill?", conversation=answer.conversation)
            assert further.turn == 2
            hits = await client.search("kv cache", top_k=2, filter={"paths": ["*kv-cache.md"]})
            assert {hit.name for hit in hits} == {"kv-cache.md"}
            names = {document.document_id for document in await client.documents()}
            assert hits[0].document_id in names
            summary = await client.summarize(hits[0].document_id, bullets=2)
            assert len(summary.points) == 2

    asyncio.run(session())


def test_a_stream_ends_with_the_answer(server: Server) -> None:
    async def pieces() -> list[str | ConversationAnswerResponse]:
        async with AsyncClient(server.url, index="team") as client:
            return [piece async for piece in client.stream(QUESTION)]

    *texts, answer = asyncio.run(pieces())
    assert isinstance(answer, ConversationAnswerResponse)
    assert answer.answered
    assert all(isinstance(text, str) for text in texts)


def test_upload_job_and_removal(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "users.toml").write_text(USERS)
    server = start(home, "--users", home / "users.toml")
    note = tmp_path / "Öl notes.txt"
    note.write_text("The oil tank of the boat house holds 900 litres.")

    async def session() -> None:
        async with AsyncClient(server.url, TOKENS["bob"]) as client:
            with pytest.raises(InputError, match="cannot be read"):
                await client.upload(tmp_path / "none.txt")
            upload = await client.upload(str(note))  # a name is no list of its letters
            job = await client.finished(upload.accepted[0].id)
            assert job.state == "done"
            (document,) = await client.documents()
            assert document.name == note.name
            answer = await client.ask("How much does the oil tank hold?")
            assert "900 litres" in answer.text
        async with AsyncClient(server.url, TOKENS["carol"]) as other:
            assert await other.documents() == []
            with pytest.raises(ServerRequestError) as refused:
                await other.remove(document.document_id)
            assert refused.value.status == 404
        async with AsyncClient(server.url, TOKENS["bob"]) as client:
            assert await client.remove(document.document_id) == [document.document_id]
        async with AsyncClient(server.url, "wrong") as stranger:
            with pytest.raises(ServerRequestError) as unknown:
                await stranger.me()
            assert unknown.value.status == 401
            copy = pickle.loads(pickle.dumps(unknown.value))
            assert (copy.status, str(copy)) == (401, str(unknown.value))

    asyncio.run(session())


def test_a_busy_server_is_asked_again_and_a_redirect_is_not_followed() -> None:
    paths: list[str] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path)
        if request.url.path == "/moved/api/me":
            return httpx2.Response(307, headers={"Location": "https://elsewhere.example/"})
        if len(paths) < 3:
            return httpx2.Response(429, headers={"Retry-After": "0"})
        return httpx2.Response(200, json={"anything": "else"})

    async def call(address: str, retries: int) -> None:
        client = AsyncClient(address, "token", retries=retries)
        client._http = httpx2.AsyncClient(transport=httpx2.MockTransport(reply))
        async with client:
            await client.me()

    with pytest.raises(ServerRequestError, match="429"):
        asyncio.run(call("http://rag.example", retries=0))
    with pytest.raises(ServerRequestError, match="not what this version reads"):
        asyncio.run(call("http://rag.example", retries=2))
    assert paths == ["/api/me"] * 3
    with pytest.raises(ServerRequestError, match="307"):
        asyncio.run(call("http://rag.example/moved", retries=2))


def test_what_cannot_be_reached_is_one_line() -> None:
    async def call() -> None:
        async with AsyncClient("http://127.0.0.1:9") as client:
            await client.me()

    with pytest.raises(ServerRequestError, match="cannot be asked"):
        asyncio.run(call())
    with pytest.raises(InputError, match="http"):
        AsyncClient("rag.example.org")


def test_an_encrypted_file_is_uploaded_with_its_password(server: Server, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=CORPUS / "retrieval-handbook.pdf")
    writer.encrypt("öffne dich", algorithm="AES-256")
    writer.write(tmp_path / "closed.pdf")

    async def job(password: str | None) -> JobResponse:
        async with AsyncClient(server.url, index="team") as client:
            upload = await client.upload(tmp_path / "closed.pdf", password=password)
            return await client.finished(upload.accepted[0].id)

    assert asyncio.run(job(None)).needs_password
    assert asyncio.run(job("öffne dich")).state == "done"
