"""Who may read a document, told and changed over HTTP by several users."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.serve.conftest import TOKENS, USERS, Server, Start, hand_in

ACCESS = "/api/indexes/team/access"
TEXT = "# Lift\n\nThe warranty of the lift is 30 months.\n"


@pytest.fixture(scope="module")
def several(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of alice (an operator) and carol, who are in a team, and of bob, who is not."""
    home = tmp_path_factory.mktemp("groups") / "home"
    home.mkdir()
    (home / "users.toml").write_text(USERS)
    return start(home, "--users", home / "users.toml", "--audit-log", home / "audit.jsonl")


def document(server: Server, owner: httpx.Client, folder: Path, name: str, **query: str) -> str:
    path = folder / name
    path.write_text(TEXT)
    hand_in(owner, path, **query)
    server.settled(owner)
    listed = owner.get("/api/indexes/team/documents").json()["documents"]
    return next(str(d["document_id"]) for d in listed if d["name"] == name)


def test_an_owner_lets_others_read_and_takes_it_back(several: Server, tmp_path: Path) -> None:
    carol, bob, alice = (several.client(TOKENS[name]) for name in ("carol", "bob", "alice"))
    id_ = document(several, carol, tmp_path, "private.md")
    params = {"document_id": id_}
    before = carol.get(ACCESS, params=params).json()
    assert before == {
        "owner": "carol", "is_everyone": False, "groups": [], "people": ["carol"],
        "may_change": True, "choices": ["team"],
    }  # fmt: skip
    assert alice.get(ACCESS, params=params).status_code == 404  # an operator is no reader
    assert alice.put(ACCESS, json={**params, "everyone": True}).status_code == 404

    after = carol.put(ACCESS, json={**params, "groups": ["team"]}).json()
    assert (after["groups"], after["people"]) == (["team"], [])
    assert alice.get(ACCESS, params=params).status_code == 200
    assert bob.get(ACCESS, params=params).status_code == 404
    foreign = carol.put(ACCESS, json={**params, "groups": ["board"]})
    assert (foreign.status_code, "not in the group" in foreign.text) == (403, True)
    assert carol.put(ACCESS, json={**params, "groups": ["user:bob"]}).status_code == 400

    carol.put(ACCESS, json={**params, "everyone": True})
    view = bob.get(ACCESS, params=params).json()
    assert (view["is_everyone"], view["may_change"]) == (True, False)
    assert bob.put(ACCESS, json={**params, "groups": []}).status_code == 403
    carol.put(ACCESS, json=params)
    assert bob.get(ACCESS, params=params).status_code == 404
    answer = bob.post("/api/indexes/team/ask", json={"question": "How long is the warranty?"})
    assert "30" not in answer.json()["text"]
    lines = (several.home / "audit.jsonl").read_text().splitlines()
    changes = [json.loads(line) for line in lines if '"access"' in line]
    assert [(c["user"], c["text"]) for c in changes] == [
        ("carol", "team"), ("carol", ""), ("carol", "user:carol"),
    ]  # fmt: skip


def test_an_operator_changes_what_they_read_and_sees_who_does(
    several: Server, tmp_path: Path
) -> None:
    alice, bob = several.client(TOKENS["alice"]), several.client(TOKENS["bob"])
    carol = several.client(TOKENS["carol"])
    id_ = document(several, carol, tmp_path, "shared.md", share="team")
    params = {"document_id": id_}
    view = alice.get(ACCESS, params=params).json()
    assert (view["people"], view["may_change"]) == (["alice", "carol"], True)
    assert view["choices"] == ["operators", "team"]
    # To a group that she is not in: then she reads it no longer herself.
    moved = alice.put(ACCESS, json={**params, "groups": ["board"]}).json()
    assert (moved["groups"], moved["may_change"]) == (["board"], False)
    for client in (alice, bob):
        assert client.get(ACCESS, params=params).status_code == 404


def test_differing_statements_are_compared_within_what_one_may_read(
    several: Server, tmp_path: Path
) -> None:
    carol, bob = several.client(TOKENS["carol"]), several.client(TOKENS["bob"])
    for name, rate in (("faq.md", 42), ("handbook.md", 38)):
        path = tmp_path / name
        path.write_text(f"# Travel\n\nMeals on business trips are paid up to GBP {rate} a day.\n")
        hand_in(carol, path)
    several.settled(carol)
    paths = {"paths": ["*faq.md", "*handbook.md"]}
    report = carol.post("/api/indexes/team/conflicts", json=paths).json()
    (conflict,) = report["conflicts"]
    values = {s["citation"]["name"]: s["value"] for s in conflict["statements"]}
    assert values == {"faq.md": "GBP 42", "handbook.md": "GBP 38"}
    hidden = bob.post("/api/indexes/team/conflicts", json=paths).json()
    assert (hidden["conflicts"], hidden["documents"]) == ([], 0)
