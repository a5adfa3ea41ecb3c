"""A router and its shards as processes of their own answer as one machine does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from rag_infer import Filter, Index, TextDocument
from rag_infer.client import AsyncClient
from rag_infer.index.snapshot import Snapshot
from tests.serve.conftest import TOKENS, USERS, Server, Start

KEY = "a-key-of-shards-0123456789"
QUESTION = "How many days does the board have to approve the budget?"
TEXTS = {
    "rules": ("The board has fourteen days to approve the budget.", ()),
    "menu": ("The canteen serves soup on Monday and fish on Friday.", ()),
    "wages": ("The team has thirty days to approve the wages of the board.", ("team",)),
}


@dataclass(frozen=True)
class Cluster:
    router: Server
    shards: list[Server]
    index: Index

    def post(self, action: str, token: str, **body: Any) -> httpx.Response:
        with self.router.client(TOKENS[token]) as client:
            return client.post(f"/api/indexes/team/{action}", json=body)

    def missing_shard(self) -> int:
        """The number of the shard that has the menu."""
        from rag_infer.shards.partition import segments_by_shard

        with Snapshot(self.index.path) as snapshot:
            location = snapshot.find("menu")
            assert location is not None
            cut = segments_by_shard(snapshot.manifest, 2)
            return next(n for n, numbers in enumerate(cut) if location.segment in numbers)


@pytest.fixture(scope="module")
def cluster(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    home = tmp_path_factory.mktemp("shards") / "home"
    index = Index.open(home / "indexes" / "team", create=True)
    for name, (text, groups) in TEXTS.items():  # a segment each
        index.add_documents([TextDocument(name, text, groups=list(groups))])
    users = home / "users.toml"
    users.write_text(USERS, "utf-8")
    shards = [start(home, "--shard", f"{n}/2", "--shard-key", KEY) for n in (1, 2)]
    addresses = ",".join(shard.url for shard in shards)
    router = start(home, "--shards", addresses, "--shard-key", KEY, "--users", users)
    return Cluster(router, shards, index)


def test_hits_and_answers_are_those_of_one_machine(cluster: Cluster) -> None:
    for token, groups in (("alice", ["team"]), ("bob", [])):
        filter_ = Filter(groups=[*groups, f"user:{token}"])
        expected = cluster.index.search(QUESTION, 5, filter=filter_)
        reply = cluster.post("search", token, query=QUESTION, top_k=5).json()
        assert [(h["document_id"], h["score"], h["lexical"]) for h in reply["hits"]] == [
            (h.document_id, h.score, h.lexical) for h in expected
        ]
        assert reply["warnings"] == []
        assert ("wages" in {h["document_id"] for h in reply["hits"]}) == bool(groups)
    answer = cluster.index.ask(QUESTION, filter=Filter(groups=["user:bob"]))
    reply = cluster.post("ask", "bob", question=QUESTION).json()
    assert "fourteen" in answer.text
    assert (reply["text"], reply["grade"]) == (answer.text, answer.grade)
    assert reply["warnings"] == list(answer.warnings)


def test_a_shard_serves_nothing_but_its_router(cluster: Cluster) -> None:
    shard = cluster.shards[0]
    with shard.client() as client:
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.post("/api/shard/statistics?shard=1/2", content=b"{}").status_code == 401
    with shard.client("another-key-0123456789") as client:
        assert client.post("/api/shard/statistics?shard=1/2", content=b"{}").status_code == 401
    with shard.client(KEY) as client:
        assert client.post("/api/shard/statistics?shard=1/2", content=b"{}").status_code == 400
        assert client.post("/api/shard/statistics?shard=2/2", content=b"{}").status_code == 421
        for path in ("/", "/api/indexes", "/openapi.json", "/v1/models"):
            assert client.get(path).status_code == 404
    with cluster.router.client(TOKENS["alice"]) as client:
        assert client.post("/api/shard/statistics?shard=1/2", content=b"{}").status_code == 404


async def search_as_client(url: str) -> None:
    async with AsyncClient(url, token=TOKENS["bob"]) as client:
        await client.search("canteen soup")


def test_a_killed_shard_is_said_in_the_answer(cluster: Cluster) -> None:
    with cluster.router.client() as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        number = cluster.missing_shard()
        cluster.shards[number].process.kill()
        cluster.shards[number].process.wait()
        reply = cluster.post("ask", "bob", question="What does the canteen serve on Friday?")
        (warning,) = [w for w in reply.json()["warnings"] if "shard" in w]
        assert warning.startswith("1 of 2 shards of the index is missing")
        assert reply.json()["text"] != "The documents do not answer this."
        messages = [{"role": "user", "content": "What does the canteen serve on Friday?"}]
        with cluster.router.client(TOKENS["bob"]) as openai:
            chat = {"model": "team", "messages": messages}
            content = openai.post("/v1/chat/completions", json=chat).json()["choices"][0]
        assert "a part of the index does not answer at the moment" in content["message"]["content"]
        rules = cluster.post("ask", "bob", question=QUESTION).json()
        assert "fourteen" in rules["text"]  # it might have been changed by what is missing
        assert (rules["answered"], rules["grade"]) == (True, "probable")
        assert rules["reason"] == "a part of the index does not answer at the moment"
        hits = cluster.post("search", "bob", query="canteen soup").json()
        assert "menu" not in {h["document_id"] for h in hits["hits"]}
        assert f"shard {number + 1} " in hits["warnings"][0]
        with pytest.warns(UserWarning, match=f"shard {number + 1} "):
            asyncio.run(search_as_client(cluster.router.url))
        with cluster.router.client(TOKENS["alice"]) as operator:
            assert "rag_shards_missing 1.0" in operator.get("/metrics").text
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "partial")
        other = cluster.shards[1 - number].process
        other.kill()
        other.wait()
        assert cluster.post("search", "bob", query="canteen soup").status_code == 503
        assert client.get("/readyz").status_code == 503
