"""Many at once, too many, those who leave, and a stop in the middle."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from rag_infer.serve.limits import DailyLimiter, RateLimiter, RateLimitError, RequestPacer
from tests.serve.conftest import CORPUS, TOKENS, USERS, Server, Start, hand_in

ASK = "/api/indexes/team/ask"
QUESTION = "Why is decoding limited by memory bandwidth?"
PRICE = "price = {input = 1000000, output = 2000000}"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real chat model made small, that goes on writing for as long as one lets it."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tests.factories import save_model

    return save_model(tmp_path_factory.mktemp("tiny") / "model", window=65_536, endless=True)


def configured(home: Path, model: Path) -> Path:
    home.mkdir()
    (home / "rag.toml").write_text(f"[models.tiny]\nmodel = '{model}'\n{PRICE}\n")
    return home


@pytest.fixture(scope="module")
def narrow(start: Start, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with room for one question, and one that waits."""
    home = configured(tmp_path_factory.mktemp("narrow") / "home", model)
    server = start(home, "--concurrency", "1", "--queue-size", "1")
    with server.client() as client:
        hand_in(client, CORPUS / "kv-cache.md")
        server.settled(client)
    return server


def until(condition: Callable[[], Any], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def metric(client: httpx.Client, series: str) -> float:
    match = re.search(
        rf"^{re.escape(series)} ([0-9.e+]+)$", client.get("/metrics").text, re.MULTILINE
    )
    return float(match[1]) if match else 0.0


def long_one(**more: Any) -> dict[str, Any]:
    body = {"question": QUESTION, "model": "tiny", "max_tokens": 8000, "stream": True}
    return {**body, "temperature": 1.0, **more}  # at 0 it repeats itself, and is stopped for that


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def stopped(client: httpx.Client) -> float:
    return metric(client, 'rag_questions_total{outcome="stopped"}')


def test_a_client_that_leaves_a_stream_stops_its_generation(narrow: Server) -> None:
    with narrow.client() as client:
        before = stopped(client)
        with client.stream("POST", ASK, json=long_one()) as reply:
            condition = []
            for name, data in events(reply.iter_lines()):
                condition.append((name, data))
                if name == "text":
                    break
        assert condition[0] == ("status", "loading")
        assert condition[1] == ("status", "searching")
        until(lambda: stopped(client) == before + 1, "the generation stopped")
        assert metric(client, "rag_queue") == 0
        assert metric(client, 'rag_tokens_total{kind="output"}') < 7000


def test_a_client_that_leaves_a_whole_answer_stops_its_generation(narrow: Server) -> None:
    with narrow.client() as client:
        before = stopped(client)
        with pytest.raises(httpx.ReadTimeout), narrow.client() as hasty:
            hasty.post(ASK, json=long_one(stream=False), timeout=1.0)
        until(lambda: stopped(client) == before + 1, "the generation stopped")
        openly = openai.OpenAI(base_url=f"{narrow.url}/v1", api_key="none", max_retries=0)
        request = [{"role": "user", "content": QUESTION}]
        with openly.chat.completions.create(
            model="team:tiny",
            messages=request,
            stream=True,
            max_tokens=8000,  # type: ignore[arg-type]
            temperature=1.0,
        ) as stream:
            next(c for c in stream if c.choices and c.choices[0].delta.content)
        until(lambda: stopped(client) == before + 2, "the generation stopped")


def test_one_too_many_is_told_so(narrow: Server) -> None:
    waited: list[int] = []

    def wait() -> None:
        with narrow.client() as other:
            waited.append(other.post(ASK, json={"question": QUESTION}).status_code)

    with narrow.client() as client:
        with client.stream("POST", ASK, json=long_one()) as reply:
            condition = events(reply.iter_lines())  # letting go of it would leave the stream
            next(name for name, _ in condition if name == "text")
            second = threading.Thread(target=wait)
            second.start()
            with narrow.client() as third:
                until(lambda: metric(third, "rag_queue") == 2, "one works, one waits")
                refused = third.post(ASK, json={"question": QUESTION})
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert "try again" in refused.json()["error"]["message"]
        second.join(60)
    assert waited == [200]  # the one that waited had its turn when the first one left


def test_a_loaded_model_s_answers_have_their_cost(narrow: Server) -> None:
    with narrow.client() as client:
        usage = client.post(ASK, json=long_one(stream=False, max_tokens=8)).json()["usage"]
    assert usage["output_tokens"] == 8
    assert usage["cost"] == pytest.approx(usage["prompt_tokens"] + 2 * usage["output_tokens"])


def test_each_person_has_so_many_questions_a_minute(start: Start, tmp_path: Path) -> None:
    (tmp_path / "users.toml").write_text(USERS)
    server = start(tmp_path / "home", "--users", tmp_path / "users.toml", "--rate-limit", "2")
    request = {"question": QUESTION}
    with server.client(TOKENS["alice"]) as alice, server.client(TOKENS["bob"]) as bob:
        assert alice.post(ASK, json=request).status_code == 200
        search = alice.post("/api/indexes/team/search", json={"query": QUESTION})
        assert search.status_code == 200
        refused = alice.post(ASK, json=request)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert refused.json()["error"]["code"] == "rate_limited"
        assert alice.get("/api/me").status_code == 200  # looking around is free
        assert bob.post(ASK, json=request).status_code == 200
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=TOKENS["alice"], max_retries=0)
        with pytest.raises(openai.RateLimitError, match="requests per minute"):
            client.chat.completions.create(
                model="team", messages=[{"role": "user", "content": QUESTION}]
            )


def test_a_minute_fills_evenly() -> None:
    now = 0.0
    pace = RateLimiter(60, clock=lambda: now)
    for _ in range(60):
        pace.take("a")
    with pytest.raises(RateLimitError) as hurried:
        pace.take("a")
    assert hurried.value.retry_after_s == pytest.approx(1.0)
    pace.take("b")
    now = 2.5
    pace.take("a")
    pace.take("a")
    with pytest.raises(RateLimitError) as hurried:
        pace.take("a")
    assert hurried.value.retry_after_s == pytest.approx(0.5)
    now = 1e6
    for _ in range(60):
        pace.take("a")
    with pytest.raises(RateLimitError):
        pace.take("a")
    for _ in range(1000):
        RateLimiter(0).take("a")


def test_a_day_has_so_many_questions_of_a_user() -> None:
    now = 86_400.0 * 20_000 + 86_400 - 30
    limiter = DailyLimiter(2, clock=lambda: now)
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(RateLimitError) as refused:
        limiter.take("a")
    assert refused.value.retry_after_s == pytest.approx(30)
    assert refused.value.limit == "2 questions per day"
    limiter.take("b")
    now += 31
    limiter.take("a")
    for _ in range(1000):
        DailyLimiter(0).take("a")


def test_quotas_of_a_user_are_options(start: Start, tmp_path: Path) -> None:
    server = start(
        tmp_path / "home", "--questions-per-day", "2", "--user-documents", "2",
        "--user-storage-mb", "1",
    )  # fmt: skip
    with server.client() as client:
        large = {"name": "large.md", "text": "A line of a large text.\n" * 60_000}
        files = [("file", (large["name"], large["text"].encode()))]
        refused = client.post("/api/indexes/team/documents", files=files)
        assert (refused.status_code, "1 MB" in refused.text) == (400, True)
        assert "storage limit" in refused.json()["error"]["message"]  # no limit of any one file
        for name in ("a.docx", "b.docx"):  # which count no longer once they have failed
            files = [("file", (name, b"PK\x03\x04broken"))]
            assert client.post("/api/indexes/team/documents", files=files).status_code == 202
        assert {job["state"] for job in server.settled(client)} == {"failed"}
        stored = [path for path in (server.home / "data").rglob("*.docx") if path.is_file()]
        assert stored == []
        for name in ("one.md", "two.md"):
            (tmp_path / name).write_text(f"The lift of house {name} is red.\n")
            hand_in(client, tmp_path / name)
        files = [("file", ("three.md", b"The third."))]
        refused = client.post("/api/indexes/team/documents", files=files)
        assert "storage limit exceeded (2 files)" in refused.json()["error"]["message"]
        server.settled(client)
        replies = [client.post(ASK, json={"question": "What is red?"}) for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        message = replies[2].json()["error"]["message"]
        assert "2 questions per day" in message
        assert re.search(r"try again in (\d+ h )?\d+ min", message)
        assert int(replies[2].headers["retry-after"]) <= 86_400


def test_requests_of_one_user_are_spaced_and_others_wait_for_none() -> None:
    now = 0.0
    pacer = RequestPacer(10, burst=2, max_delay_s=1, clock=lambda: now)
    delays = [pacer.delay_s("a") for _ in range(13)]
    assert delays == pytest.approx([0, 0, *(n / 10 for n in range(11))])
    with pytest.raises(RateLimitError) as hurried:
        pacer.delay_s("a")
    assert hurried.value.retry_after_s == pytest.approx(1.1)
    assert pacer.delay_s("b") == 0
    now = 1.3
    assert pacer.delay_s("a") == 0
    assert RequestPacer(0, burst=0, max_delay_s=0).delay_s("a") == 0


def test_answers_come_while_a_file_is_being_indexed(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    long = "\n\n".join(
        f"Station {n} of line {n % 89} measured {n * 7919 % 1013} mm of rain and a wind of "
        f"{n * 31 % 97} knots; its keeper wrote that the {n}th barrel was full by noon."
        for n in range(9000)
    )
    (tmp_path / "rain.md").write_text(long)
    with server.client() as client:
        hand_in(client, CORPUS / "kv-cache.md")
        server.settled(client)
        (job,) = hand_in(client, tmp_path / "rain.md")["accepted"]
        until(lambda: client.get(f"/api/jobs/{job['id']}").json()["state"] == "running", "begun")
        for courtesy in ("", "Please: ", "Hello! "):
            condition = client.post(ASK, json={"question": f"{courtesy}{QUESTION}"}).json()
            assert condition["answered"]
        assert client.get(f"/api/jobs/{job['id']}").json()["state"] == "running"
    server.stop(signal.SIGKILL)


def test_a_file_with_too_many_pages_is_refused(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home", "--max-pages", "4")
    rows = "\n".join(f'{{"id": "{n}", "text": "Row {n} is long enough."}}' for n in range(9))
    (tmp_path / "rows.jsonl").write_text(rows)
    with server.client() as client:
        hand_in(client, CORPUS / "retrieval-handbook.pdf", CORPUS / "kv-cache.md")
        hand_in(client, tmp_path / "rows.jsonl")
        jobs = {job["name"]: job for job in server.settled(client)}
        for name in ("retrieval-handbook.pdf", "rows.jsonl"):
            assert jobs[name]["state"] == "failed", name
            assert "more than 4 pages" in jobs[name]["error"]
        listed = client.get("/api/indexes/team/documents").json()["documents"]
        assert [row["name"] for row in listed] == ["kv-cache.md"]


def test_a_stop_lets_an_answer_end(start: Start, model: Path, tmp_path: Path) -> None:
    server = start(configured(tmp_path / "home", model))
    with server.client() as client:
        hand_in(client, CORPUS / "kv-cache.md")
        server.settled(client)
        request = long_one(max_tokens=60)
        with client.stream("POST", ASK, json=request) as reply:
            condition = events(reply.iter_lines())
            next(name for name, _ in condition if name == "text")
            server.process.send_signal(signal.SIGTERM)
            name, last = list(condition)[-1]
    assert name == "answer"
    assert last["usage"]["output_tokens"] == 60
    server.process.communicate(timeout=60)  # a second signal would end it at once
    assert server.process.returncode in (0, -signal.SIGTERM)


def test_a_stop_lets_an_upload_come_in_whole(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    host, port = server.url.removeprefix("http://").split(":")
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="note.md"\r\n\r\n'
        + b"The ferry to Utsira leaves at nine.\n" * 4000
        + b"\r\n--b--\r\n"
    )
    head = (
        f"POST /api/indexes/team/documents HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    spool = tmp_path / "home" / "data" / "uploads"
    with socket.create_connection((host, int(port)), 60) as half:
        half.sendall(head + body[:70_000])
        until(lambda: list(spool.glob(".*/part")), "its beginning is on disk")
        # Another one begins and is given up: nothing of it stays.
        with socket.create_connection((host, int(port)), 60) as lost:
            lost.sendall(head + body[:70_000])
            until(lambda: len(list(spool.glob(".*/part"))) == 2, "the other one's too")
        until(lambda: len(list(spool.glob(".*/part"))) == 1, "what was given up is gone")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        half.sendall(body[70_000:])
        answered = half.recv(65_536)
    assert answered.startswith(b"HTTP/1.1 202"), answered[:200]
    server.stop()
    again = start(tmp_path / "home")
    with again.client() as client:
        (job,) = again.settled(client)
        assert (job["name"], job["state"]) == ("note.md", "done")
        condition = client.post(
            ASK, json={"question": "When does the ferry to Utsira leave?"}
        ).json()
        assert "leaves at nine" in condition["text"]


def test_a_folder_called_uploads_is_nobody_s(start: Start, tmp_path: Path) -> None:
    from rag_infer import Index

    home, docs = tmp_path / "home", tmp_path / "uploads" / "alice"
    docs.mkdir(parents=True)
    (docs / "secret.md").write_text("The safe of the harbour office is behind the map.\n")
    with Index.open(home / "indexes" / "team", create=True) as index:
        index.add(tmp_path / "uploads")
    (tmp_path / "users.toml").write_text(USERS)
    server = start(home, "--users", tmp_path / "users.toml")
    (tmp_path / "secret.md").write_text("Alice keeps her boat in the northern basin.\n")
    with server.client(TOKENS["alice"]) as alice:
        (row,) = alice.get("/api/indexes/team/documents").json()["documents"]
        assert (row["name"], row["is_own"]) == ("uploads/alice/secret.md", False)
        gone = alice.delete(
            "/api/indexes/team/documents", params={"document_id": row["document_id"]}
        )
        assert gone.status_code == 404
        hand_in(alice, tmp_path / "secret.md")
        server.settled(alice)
        with Index.open(home / "indexes" / "team") as index:
            index.add(tmp_path / "uploads")  # speaks for its folder, not for what was handed in
        listed = alice.get("/api/indexes/team/documents").json()["documents"]
        assert sorted((row["name"], row["is_own"]) for row in listed) == [
            ("secret.md", True), ("uploads/alice/secret.md", False),
        ]  # fmt: skip


def test_a_conversation_goes_on_from_the_prompt_before(
    start: Start, model: Path, tmp_path: Path
) -> None:
    """A local model reads only what is new; another person's conversation is not to be had."""
    server = start(configured(tmp_path / "home", model))
    with server.client() as client:
        hand_in(client, CORPUS / "kv-cache.md")
        server.settled(client)
        first = client.post(
            ASK,
            json={"question": QUESTION, "model": "tiny", "max_tokens": 8, "conversation": "new"},
        ).json()
        more = {"model": "tiny", "max_tokens": 8, "conversation": first["conversation"]}
        request = "Why exactly is decoding limited by the bandwidth of the memory of a processor?"
        second = client.post(ASK, json={"question": request, **more}).json()
        assert second["usage"]["cached_tokens"] > 0.8 * first["context"]["tokens"]
        assert second["context"]["tokens"] > first["context"]["tokens"]
        lost = client.post(ASK, json={"question": request, **more, "conversation": "0123abcd"})
        assert lost.status_code == 404
