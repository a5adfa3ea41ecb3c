"""One user never sees another's documents, history, jobs or counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag_infer.errors import InputError
from rag_infer.serve.auth import load_users
from tests.serve.conftest import CORPUS, TOKENS, USERS, Server, Start, hand_in

ASK = "/api/indexes/team/ask"
DOCUMENTS = "/api/indexes/team/documents"
SECRET = "The passphrase of the vault in Tromso is kittiwake.\n"
PLAN = "The offsite of the team takes place in Bergen in March.\n"


@pytest.fixture(scope="module")
def shared(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    home = tmp_path_factory.mktemp("shared")
    users = home / "users.toml"
    users.write_text(USERS)
    server = start(home / "home", "--users", users)
    (home / "secret.md").write_text(SECRET)
    (home / "plan.md").write_text(PLAN)
    with server.client(TOKENS["alice"]) as alice:
        hand_in(alice, home / "secret.md", CORPUS / "retrieval-handbook.pdf")
        hand_in(alice, home / "plan.md", share="team")
        assert {job["state"] for job in server.settled(alice)} == {"done"}
    return server


@pytest.fixture
def alice(shared: Server) -> Iterator[httpx.Client]:
    with shared.client(TOKENS["alice"]) as client:
        yield client


@pytest.fixture
def bob(shared: Server) -> Iterator[httpx.Client]:
    with shared.client(TOKENS["bob"]) as client:
        yield client


def names(client: httpx.Client) -> set[str]:
    return {row["name"] for row in client.get(DOCUMENTS).json()["documents"]}


def test_each_sees_what_is_theirs(shared: Server, alice: httpx.Client, bob: httpx.Client) -> None:
    with shared.client(TOKENS["carol"]) as carol:
        assert names(alice) == {"secret.md", "plan.md", "retrieval-handbook.pdf"}
        assert names(carol) == {"plan.md"}
        assert names(bob) == set()
        question = {"question": "Where does the offsite of the team take place?"}
        assert "Bergen" in carol.post(ASK, json=question).json()["text"]
        answer = bob.post(ASK, json=question).json()
        assert not answer["answered"]
        assert answer["hits"] == []


def test_counts_tell_nothing(alice: httpx.Client, bob: httpx.Client) -> None:
    assert alice.get("/api/indexes").json()["indexes"] == [{"name": "team", "documents": 3}]
    assert bob.get("/api/indexes").json()["indexes"] == [{"name": "team", "documents": 0}]
    assert alice.get("/metrics").status_code == 200
    assert bob.get("/metrics").status_code == 403


def test_what_one_may_not_see_looks_as_what_is_not_there(
    alice: httpx.Client, bob: httpx.Client
) -> None:
    ids = {row["name"]: row["document_id"] for row in alice.get(DOCUMENTS).json()["documents"]}
    there, nowhere = ids["retrieval-handbook.pdf"], "/uploads/alice/nothing.pdf"
    for path in ("page", "page-image"):
        request = [
            bob.get(f"/api/indexes/team/{path}", params={"document_id": name, "page_number": 1})
            for name in (there, nowhere)
        ]
        assert [reply.status_code for reply in request] == [404, 404]
        assert request[0].json() == request[1].json()
    gone = [bob.delete(DOCUMENTS, params={"document_id": d}) for d in (there, nowhere)]
    assert [reply.status_code for reply in gone] == [404, 404]
    assert gone[0].json() == gone[1].json()
    narrowed = {"query": "kittiwake", "paths": ["/uploads/alice/*"]}
    assert bob.post("/api/indexes/team/search", json=narrowed).json() == {
        "hits": [],
        "warnings": [],
    }


def test_jobs_and_history_are_ones_own(alice: httpx.Client, bob: httpx.Client) -> None:
    request = {"question": "What is the passphrase of the vault?", "conversation": "new"}
    answer = alice.post(ASK, json=request).json()
    assert "kittiwake" in answer["text"]
    assert len(alice.get("/api/conversations").json()["conversations"]) == 1
    assert bob.get("/api/conversations").json() == {"conversations": []}
    said = {"conversation": answer["conversation"], "is_right": True}
    assert bob.post("/api/feedback", json=said).status_code == 404
    assert alice.post("/api/feedback", json=said).status_code == 200
    assert len(alice.get("/api/feedback").json()["feedback"]) == 1
    assert bob.get("/api/feedback").json() == {"feedback": []}
    here = f"/api/conversations/{answer['conversation']}"
    assert bob.get(here).status_code == bob.delete(here).status_code == 404
    going_on = {"question": "And then?", "conversation": answer["conversation"]}
    assert bob.post(ASK, json=going_on).status_code == 404
    job = alice.get("/api/jobs").json()["jobs"][0]["id"]
    assert bob.get("/api/jobs").json() == {"jobs": []}
    assert bob.get(f"/api/jobs/{job}").status_code == 404


def test_a_file_of_the_same_name_is_another_document(
    shared: Server, alice: httpx.Client, tmp_path: Path
) -> None:
    with shared.client(TOKENS["carol"]) as carol:
        (tmp_path / "secret.md").write_text("Carol keeps her bicycle in the cellar.\n")
        hand_in(carol, tmp_path / "secret.md")
        shared.settled(carol)
        request = {"query": "kittiwake bicycle", "top_k": 20}
        of_carol = carol.post("/api/indexes/team/search", json=request).text
        of_alice = alice.post("/api/indexes/team/search", json=request).text
    assert "bicycle" in of_carol
    assert "kittiwake" not in of_carol
    assert "kittiwake" in of_alice
    assert "bicycle" not in of_alice


def test_a_group_that_one_is_not_in_is_refused(bob: httpx.Client) -> None:
    files = [("file", ("note.md", b"hello"))]
    reply = bob.post(DOCUMENTS, files=files, params={"share": "team"})
    assert reply.status_code == 400
    assert "not in this group" in reply.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no users defined"),
        ("[users.'a/b']\ntoken = '0123456789abcdef'", "invalid name"),
        ("[users.everyone]\ntoken = '0123456789abcdef'", "reserved"),
        ("[users.you]\ntoken = '0123456789abcdef'", "reserved"),
        ("[users.a]\ntoken = 'short'", "16 characters"),
        ("[users.a]\ntoken = '0123456789abcdef'\ngroups = ['user:b']", "groups"),
        ("[users.a]\ntoken = '0123456789abcdef'\n[users.b]\ntoken = '0123456789abcdef'", "another"),
        ("[users", "invalid TOML"),
    ],
)
def test_a_users_file_that_is_wrong_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "users.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_users(tmp_path / "users.toml")
