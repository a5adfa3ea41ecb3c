"""People whom a proxy has signed on, users whose file changes, and the log of what they saw."""

from __future__ import annotations

import json
import sqlite3
import stat
import time
from pathlib import Path

import httpx
import pytest

from rag_infer.errors import InputError, UserDataError
from rag_infer.serve.audit_log import AuditLog
from rag_infer.serve.sign_on import SignOnHeaders, person
from rag_infer.types import Answer
from rag_infer.userdata.conversations import ConversationStore
from rag_infer.userdata.user_files import user_file_name
from tests.serve.conftest import CORPUS, TOKENS, USERS, Server, Start, hand_in

ALICE = {"X-Forwarded-User": "Alice@Example.com", "X-Forwarded-Groups": "/finance, everyone, a/b"}


def anonymous(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False)


@pytest.mark.parametrize(
    "name", ["", "everyone", "you", "uploads", "../x", "a/b", "@team", "a b", "x" * 129, "ä"]
)
def test_names_that_nobody_can_have(name: str) -> None:
    assert person(name, ["finance"]) is None


def test_a_person_has_the_groups_that_can_be_groups() -> None:
    alice = SignOnHeaders("X-Forwarded-User", "X-Forwarded-Groups").user_of(
        {name.lower(): value for name, value in ALICE.items()}
    )
    assert alice is not None
    assert (alice.name, alice.groups) == ("alice@example.com", {"finance"})
    assert alice.labels == {"finance", "user:alice@example.com"}
    for header in ("Authorization", "Cookie", "X User", ""):
        with pytest.raises(InputError):
            SignOnHeaders(header or "a b")


def test_a_proxy_signs_people_on_and_what_they_see_is_logged(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    server = start(
        tmp_path / "home", "--trusted-proxy", "127.0.0.1", "--user-header", "X-Forwarded-User",
        "--groups-header", "X-Forwarded-Groups", "--audit-log", log,
    )  # fmt: skip
    with anonymous(server) as client:
        assert client.get("/api/me").status_code == 401  # nobody is signed on
        assert client.get("/api/me", headers={"X-Forwarded-User": "../x"}).status_code == 401
        client.headers.update(ALICE)
        me = client.get("/api/me").json()
        assert (me["name"], me["groups"]) == ("alice@example.com", ["finance"])
        hand_in(client, CORPUS / "kv-cache.md")
        server.settled(client)
        question = "What does the key-value cache store?"
        answer = client.post("/api/indexes/team/ask", json={"question": question}).json()
        assert answer["answered"]
        document = answer["citations"][0]["document_id"]
        client.get("/api/indexes/team/page", params={"document_id": document, "page_number": 1})
        client.post("/api/indexes/team/search", json={"query": "cache"})
        # Bob sees nothing of hers, and his line says so.
        client.headers.update({"X-Forwarded-User": "bob", "X-Forwarded-Groups": ""})
        assert not client.post("/api/indexes/team/ask", json={"question": question}).json()["hits"]
        foreign = {"Origin": "https://evil.example"}
        assert client.get("/api/me", headers=foreign).status_code == 403
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(line["user"].split("@")[0], line["action"]) for line in lines] == [
        ("alice", "ask"), ("alice", "answer"), ("alice", "page"), ("alice", "search"),
        ("bob", "ask"), ("bob", "answer"),
    ]  # fmt: skip
    assert lines[0]["text"] == question
    assert lines[1]["outcome"] == "answered"
    assert [line["documents"] for line in lines[1:4]] == [[document]] * 3
    assert lines[5]["documents"] == []
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_headers_of_anybody_else_sign_nobody_on(start: Start, tmp_path: Path) -> None:
    server = start(
        tmp_path / "home", "--trusted-proxy", "192.0.2.1", "--user-header", "X-Forwarded-User"
    )
    with anonymous(server) as client:
        assert client.get("/api/me", headers=ALICE).status_code == 401


def test_a_change_of_the_users_file_counts_at_once(start: Start, tmp_path: Path) -> None:
    users = tmp_path / "users.toml"
    users.write_text(USERS)
    server = start(tmp_path / "home", "--users", users)

    def status(user: str) -> int:
        headers = {"Authorization": f"Bearer {TOKENS[user]}"}
        return httpx.get(f"{server.url}/api/me", headers=headers, trust_env=False).status_code

    assert status("alice") == 200
    kept, _, revoked = USERS.partition("[users.alice]")
    rest = revoked.partition("[users.")
    users.write_text(kept + "".join(rest[1:]))
    assert _eventually(lambda: status("alice") == 401)
    assert status("bob") == 200
    users.write_text("[users")  # a typing error shuts nobody out, and lets nobody in
    time.sleep(1.2)
    assert (status("bob"), status("alice")) == (200, 401)
    users.write_text(USERS)
    assert _eventually(lambda: status("alice") == 200)


def test_a_user_that_only_reads_changes_nothing(start: Start, tmp_path: Path) -> None:
    users = tmp_path / "users.toml"
    users.write_text(USERS.replace("[users.bob]", "[users.bob]\nread_only = true"))
    server = start(tmp_path / "home", "--users", users)
    with server.client(TOKENS["alice"]) as client:
        hand_in(client, CORPUS / "kv-cache.md", share="everyone")
        server.settled(client)
        (document,) = client.get("/api/indexes/team/documents").json()["documents"]
    with server.client(TOKENS["bob"]) as client:
        assert client.get("/api/me").json()["may_write"] is False
        body = {"question": "What does the key-value cache store?"}
        assert client.post("/api/indexes/team/ask", json=body).json()["answered"]
        files = [("file", ("note.md", b"A note."))]
        refused = client.post("/api/indexes/team/documents", files=files)
        assert (refused.status_code, refused.json()["error"]["message"]) == (
            403, "permission denied: this token may only read",
        )  # fmt: skip
        params = {"document_id": document["document_id"]}
        assert client.delete("/api/indexes/team/documents", params=params).status_code == 403


def test_nothing_is_answered_without_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserDataError, match="audit log cannot be written"):
        AuditLog(tmp_path / "nowhere" / "audit.jsonl").record("ask", "alice", "work", text="?")
    AuditLog().record("ask", "alice", "work", text="?")


def test_conversations_unused_for_long_are_deleted(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    history = home / "data" / "history"
    history.mkdir(parents=True)
    store = ConversationStore(history / user_file_name("you"))
    answer = Answer(question="What is old?", text="This.", answered=True, model="extractive")
    old, new = store.start("team"), store.start("team")
    for conversation in (old, new):
        store.add(conversation, answer)
    (history / "broken.sqlite").write_bytes(b"no database at all" * 100)
    with sqlite3.connect(history / user_file_name("you")) as database:
        database.execute(
            "UPDATE conversations SET changed_at = '2020-01-01T00:00:00+00:00' WHERE id = ?", (old,)
        )
    start(home, "--retention-days", "30")
    assert _eventually(lambda: [c.id for c in store.all()] == [new])


def _eventually(is_so: object) -> bool:
    assert callable(is_so)
    for _ in range(60):
        if is_so():
            return True
        time.sleep(0.1)
    return False
