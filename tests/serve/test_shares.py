"""Links to answers, titles, searches and exports of conversations: over HTTP, by several users."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import httpx
import pytest

from tests.serve.conftest import TOKENS, USERS, Server, Start, hand_in

QUESTION = "How long is the warranty of the lift?"


@pytest.fixture(scope="module")
def shared(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of alice and carol, who are in a team, and of bob, who is not."""
    home = tmp_path_factory.mktemp("shares") / "home"
    home.mkdir()
    (home / "users.toml").write_text(USERS)
    return start(home, "--users", home / "users.toml")


def write(folder: Path, text: str) -> Path:
    path = folder / "lift.md"
    path.write_text(text)
    return path


def ask(client: httpx.Client) -> tuple[str, int]:
    body = {"question": QUESTION, "conversation": "new"}
    answer = client.post("/api/indexes/team/ask", json=body).json()
    assert answer["answered"], answer["text"]
    return answer["conversation"], answer["turn"]


def test_a_link_is_for_those_who_may_read_its_sources(shared: Server, tmp_path: Path) -> None:
    alice, bob, carol = (shared.client(TOKENS[name]) for name in ("alice", "bob", "carol"))
    text = "# Lift\n\nThe warranty of the lift is 30 months.\n"
    hand_in(alice, write(tmp_path, text), share="team")
    shared.settled(alice)
    conversation, turn = ask(alice)
    share = alice.post("/api/shares", json={"conversation": conversation, "turn": turn}).json()
    link = f"/api/shares/{share['id']}"

    opened = carol.get(link).json()
    assert opened["owner"] == "alice"
    assert "30 months" in opened["turn"]["answer"]
    assert opened["turn"]["sources"][0]["name"] == "lift.md"
    assert opened["changed"] == []
    assert bob.get(link).status_code == 404
    assert shared.client().get(link).status_code == 401
    body = {"conversation": conversation, "turn": turn}
    assert carol.post("/api/shares", json=body).status_code == 404  # of alice's conversation

    hand_in(alice, write(tmp_path, text.replace("30", "24")), share="team")
    shared.settled(alice)
    assert carol.get(link).json()["changed"] == [1]
    assert carol.delete(link).status_code == 404
    alice.delete(f"/api/conversations/{conversation}")
    assert carol.get(link).status_code == 404  # the text went with the conversation
    assert alice.delete(link).status_code == 200


def test_conversations_are_renamed_searched_and_exported(shared: Server, tmp_path: Path) -> None:
    alice, bob = shared.client(TOKENS["alice"]), shared.client(TOKENS["bob"])
    hand_in(alice, write(tmp_path, "# Lift\n\nThe warranty of the lift is 30 months.\n"))
    shared.settled(alice)
    conversation, _ = ask(alice)
    path = f"/api/conversations/{conversation}"
    assert alice.patch(path, json={"title": "  Straße & Aufzug "}).json()["title"] == (
        "Straße & Aufzug"
    )
    assert alice.patch(path, json={"title": " "}).status_code == 400
    assert bob.patch(path, json={"title": "mine"}).status_code == 404
    assert bob.get(f"{path}/export").status_code == 404

    def titles(words: str) -> list[str]:
        reply = alice.get("/api/conversations", params={"words": words}).json()
        return [c["title"] for c in reply["conversations"]]

    for words in ("STRASSE", "30 months", "lift warranty", ""):
        assert titles(words) == ["Straße & Aufzug"], words
    assert titles("escalator") == []

    markdown = alice.get(f"{path}/export").text
    assert markdown.startswith(f"# Straße & Aufzug\n\n## {QUESTION}\n")
    assert "> [1] lift.md" in markdown
    word = docx.Document(io.BytesIO(alice.get(f"{path}/export?format=docx").content))
    texts = [paragraph.text for paragraph in word.paragraphs]
    assert texts[:2] == ["Straße & Aufzug", QUESTION]
    assert any(text.startswith("[1] lift.md") and "months" in text for text in texts), texts


def test_a_better_passage_is_one_that_its_user_may_read(shared: Server, tmp_path: Path) -> None:
    alice, bob = shared.client(TOKENS["alice"]), shared.client(TOKENS["bob"])
    hand_in(alice, write(tmp_path, "# Lift\n\nThe warranty of the lift is 30 months.\n"))
    hand_in(bob, write(tmp_path, "# Lift\n\nThe warranty of the lift is 12 months.\n"))
    shared.settled(alice)
    shared.settled(bob)
    conversation, turn = ask(alice)

    def passage(client: httpx.Client) -> dict[str, int | str]:
        documents = client.get("/api/indexes/team/documents").json()["documents"]
        own = next(d["document_id"] for d in documents if d["is_own"])
        return {"document_id": own, "page_number": 1, "start": 0, "end": 6}

    body = {"conversation": conversation, "turn": turn, "is_right": False}
    reply = alice.post("/api/feedback", json=body | {"passage": passage(alice)})
    assert reply.status_code == 200, reply.text
    assert alice.post("/api/feedback", json=body | {"passage": passage(bob)}).status_code == 404
    right = body | {"passage": passage(alice), "is_right": True}
    assert alice.post("/api/feedback", json=right).status_code == 400
