"""The API as clients meet it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import httpx
import openai
import pytest

from tests.serve.conftest import CORPUS, Server, Start, hand_in

QUESTION = "Why is decoding limited by memory bandwidth?"
WORDS = "decoding is limited by memory bandwidth"


@pytest.fixture(scope="module")
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def test_the_openai_client_gets_an_answer_with_citations(client: openai.OpenAI) -> None:
    assert "team" in [model.id for model in client.models.list()]
    request = [{"role": "user", "content": QUESTION}]
    done = client.chat.completions.create(model="team", messages=request)  # type: ignore[arg-type]
    message = done.choices[0].message
    assert message.content is not None
    assert WORDS in " ".join(message.content.split())
    assert "[1] kv-cache.md" in message.content
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert "document_id=%2Fuploads%2Fkv-cache.md" in cited.url
    assert done.usage is not None
    assert done.choices[0].finish_reason == "stop"


def test_the_openai_client_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="team:extractive",
        messages=[{"role": "user", "content": [{"type": "text", "text": QUESTION}]}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert WORDS in " ".join(text.split())
    assert chunks[-1].usage is not None
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_the_openai_client_is_told_what_is_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.chat.completions.create(model="/etc", messages=[{"role": "user", "content": "?"}])
    with pytest.raises(openai.BadRequestError, match="last message"):
        client.chat.completions.create(
            model="team", messages=[{"role": "assistant", "content": "hello"}]
        )


def test_a_question_keeps_its_conversation(server: Server) -> None:
    with server.client() as client:
        ask = "/api/indexes/team/ask"
        first = client.post(ask, json={"question": QUESTION, "conversation": "new"}).json()
        response = {"question": "Why is that?", "conversation": first["conversation"]}
        assert client.post(ask, json=response).json()["conversation"] == first["conversation"]
        turns = client.get(f"/api/conversations/{first['conversation']}").json()["turns"]
        assert [turn["question"] for turn in turns] == [QUESTION, "Why is that?"]
        assert client.delete(f"/api/conversations/{first['conversation']}").status_code == 200
        assert client.get(f"/api/conversations/{first['conversation']}").status_code == 404


def test_what_is_said_of_an_answer_is_kept_with_it(server: Server) -> None:
    with server.client() as client:
        ask = {"question": QUESTION, "conversation": "new"}
        first = client.post("/api/indexes/team/ask", json=ask).json()
        assert first["turn"] == 1
        said = {"conversation": first["conversation"], "turn": 1, "is_right": False}
        reply = client.post("/api/feedback", json={**said, "correction": "Only the ranks."})
        assert reply.status_code == 200, reply.text
        (stored,) = client.get("/api/feedback").json()["feedback"]
        assert (stored["id"], stored["index"]) == (reply.json()["id"], "team")
        assert (stored["question"], stored["answer"]) == (QUESTION, first["text"])
        assert (stored["is_right"], stored["correction"]) == (False, "Only the ranks.")
        assert client.post("/api/feedback", json={**said, "turn": 2}).status_code == 404
        assert client.post("/api/feedback", json={**said, "conversation": "x"}).status_code == 404
        both = {**said, "is_right": True, "correction": "x"}
        assert client.post("/api/feedback", json=both).status_code == 400
        assert client.delete(f"/api/feedback/{stored['id']}").status_code == 200
        assert client.get("/api/feedback").json()["feedback"] == []
        assert client.delete(f"/api/feedback/{stored['id']}").status_code == 404


def test_a_page_comes_with_its_picture_and_boxes(server: Server) -> None:
    with server.client() as client:
        request = {"query": '"Reciprocal rank fusion uses only the ranks"', "top_k": 1}
        (hit,) = client.post("/api/indexes/team/search", json=request).json()["hits"]
        assert hit["name"] == "retrieval-handbook.pdf"
        position = {"document_id": hit["document_id"], "page_number": hit["page_number"],
                 "start": hit["start"], "end": hit["start"] + 40}  # fmt: skip
        page = client.get("/api/indexes/team/page", params=position).json()
        assert page["text"][position["start"] : position["end"]] == hit["text"][:40]
        for left, top, wide, high in page["image"]["boxes"]:
            assert 0 <= left < left + wide <= 1
            assert 0 <= top < top + high <= 1
        assert page["image"]["boxes"]
        image = client.get("/api/indexes/team/page-image", params=position)
        assert image.headers["content-type"] == "image/png"
        assert image.content.startswith(b"\x89PNG")


def test_files_that_are_not_what_they_say_are_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "fake.pdf").write_text("this is no PDF")
    (tmp_path / "tool.exe").write_bytes(b"MZ")
    (tmp_path / "empty.md").write_bytes(b"")
    with server.client() as client:
        for name, message in (
            ("fake.pdf", "not of type"),
            ("tool.exe", "unsupported"),
            ("empty.md", "empty"),
        ):
            files = [("file", (name, (tmp_path / name).read_bytes()))]
            reply = client.post("/api/indexes/team/documents", files=files)
            assert reply.status_code == 400, name
            assert message in reply.json()["rejected"][0]["error"]


def test_a_name_is_never_a_path(server: Server) -> None:
    text = b"The zyzzyva beetle sleeps in the archive."
    with server.client() as client:
        name = "../../../../outside/evil\x1b[31m<b>.md"
        reply = client.post("/api/indexes/team/documents", files=[("file", (name, text))])
        assert reply.status_code == 202
        document = reply.json()["accepted"][0]["document_id"]
        assert document.startswith("/uploads/")
        assert ".." not in document
        assert "\x1b" not in document
        assert "/" not in document.removeprefix("/uploads/")
        server.settled(client)
        stored = [p.name for p in (server.home / "data").rglob("*") if p.is_file()]
        assert not any("evil" in name for name in stored)
        reply = client.delete("/api/indexes/team/documents", params={"document_id": document})
        assert reply.json() == {"removed": [document]}
        left = client.get("/api/indexes/team/documents").json()["documents"]
        assert document not in [row["document_id"] for row in left]
    content = b"".join(p.read_bytes() for p in server.home.rglob("*") if p.is_file())
    assert b"zyzzyva" not in content


def test_other_sites_and_other_names_of_this_machine_are_refused(server: Server) -> None:
    with server.client() as client:
        assert client.get("/api/me", headers={"Host": "evil.example"}).status_code == 400
        assert client.get("/api/me", headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.get("/api/me", headers={"Origin": server.url}).status_code == 200
        page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")


def test_what_is_too_large_is_refused(server: Server) -> None:
    with server.client() as client:
        long = {"query": "a" * 1_500_000}
        assert client.post("/api/indexes/team/search", json=long).status_code == 413

        def pieces():  # type: ignore[no-untyped-def]
            for _ in range(20):
                yield b" " * 100_000

        headers = {"content-type": "application/json"}
        try:
            reply = client.post("/api/indexes/team/search", content=pieces(), headers=headers)
            assert reply.status_code == 413
        except httpx.TransportError:
            pass  # the connection was closed while the rest was still being sent


def test_metrics_count_what_was_asked(server: Server) -> None:
    with server.client() as client:
        client.post("/api/indexes/team/ask", json={"question": QUESTION})
        text = client.get("/metrics").text
    assert 'rag_questions_total{outcome="answered"}' in text
    assert 'rag_stage_seconds_count{stage="retrieval"}' in text
    assert "decoding" not in text


def test_questions_asked_at_once_are_all_answered(server: Server) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with server.client() as client:
            reply = client.post("/api/indexes/team/ask", json={"question": QUESTION})
            statuses.append(reply.status_code)

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 24


def test_it_works_with_the_network_refused(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "connections"
    guard = tmp_path / "guarded.py"
    guard.write_text(
        "import sys\n"
        "def refuse(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        f"        open({str(log)!r}, 'a').write(f'{{event}} {{args[1:]}}\\n')\n"
        "        raise PermissionError(event)\n"
        "sys.addaudithook(refuse)\n"
        "from rag_infer.cli import main\n"
        "main()\n"
    )
    server = start(tmp_path / "home", command=(sys.executable, str(guard)))
    with server.client() as client:
        hand_in(client, CORPUS / "kv-cache.md", CORPUS / "retrieval-handbook.pdf")
        assert {job["state"] for job in server.settled(client)} == {"done"}
        response = client.post("/api/indexes/team/ask", json={"question": QUESTION}).json()
        assert response["answered"]
        assert client.get("/").status_code == 200
    server.stop()
    assert not log.exists(), log.read_text()


def test_beyond_this_machine_a_token_is_needed(start: Start, tmp_path: Path) -> None:
    token = "a-token-of-some-length"
    server = start(tmp_path / "home", "--host", "0.0.0.0", "--token", token)
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    with server.client() as nobody, server.client(token) as somebody:
        assert nobody.get("/api/me").status_code == 401
        assert nobody.get("/v1/models").status_code == 401
        assert nobody.get("/metrics").status_code == 401
        assert nobody.get("/healthz").status_code == 200
        assert somebody.get("/api/me").status_code == 200


def test_fields_of_documents_are_extracted(server: Server) -> None:
    with server.client() as client:
        request = {"fields": ["expiry date"], "paths": ["*.md"]}
        response = client.post("/api/indexes/team/extract", json=request)
        assert response.status_code == 200, response.text
        table = response.json()
        assert table["documents"] == table["read"] == len(table["rows"]) > 0
        assert [cell["field"] for cell in table["rows"][0]["cells"]] == ["expiry date"]
        assert client.post("/api/indexes/team/extract", json={"fields": []}).status_code == 422


def test_a_document_is_summarized(server: Server) -> None:
    with server.client() as client:
        listed = client.get("/api/indexes/team/documents").json()["documents"]
        pdf = next(d["document_id"] for d in listed if d["name"].endswith(".pdf"))
        request = {"document_id": pdf, "bullets": 3}
        summary = client.post("/api/indexes/team/summarize", json=request).json()
        assert len(summary["points"]) == 3
        assert summary["coverage"]["pages"] == 10
        position = {"document_id": pdf, "page_number": summary["citations"][0]["page_number"]}
        text = client.get("/api/indexes/team/page", params=position).json()["text"]
        quote = summary["citations"][0]["quote"]
        assert quote in text
        gone = client.post("/api/indexes/team/summarize", json={"document_id": "no.pdf"})
    assert gone.status_code == 404


def test_clients_written_for_former_names_go_on_working(server: Server) -> None:
    with server.client() as client:
        listed = client.get("/api/indexes/team/documents").json()["documents"]
        assert [row["id"] for row in listed] == [row["document_id"] for row in listed]
        former = {"document": listed[0]["id"], "page": 1}
        present = {"document_id": listed[0]["id"], "page_number": 1}
        pages = [client.get("/api/indexes/team/page", params=p).json() for p in (former, present)]
        assert pages[0]["text"] == pages[1]["text"]
        request = {"query": "rank fusion", "k": 1}
        assert len(client.post("/api/indexes/team/search", json=request).json()["hits"]) == 1
        assert client.get("/api/indexes/team/page", params={"page_number": 1}).status_code == 422
