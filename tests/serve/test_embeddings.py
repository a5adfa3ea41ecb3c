"""``/v1/embeddings`` by OpenAI's client, ``/v1/rerank`` as its clients send it."""

from __future__ import annotations

import numpy as np
import openai
import pytest

from rag_infer.embed import load_embedder
from tests.serve.conftest import Server

TEXTS = ["The roof was repaired in May.", "Bread is baked at night.", "The key opens the cellar."]


def test_the_openai_client_gets_the_vectors_of_the_index(server: Server) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    done = client.embeddings.create(model="team", input=TEXTS)  # asks for base64
    plain = client.embeddings.create(model="team", input=TEXTS[0], encoding_format="float")
    vectors = np.array([row.embedding for row in done.data])
    expected = load_embedder().embed(TEXTS)
    assert np.abs(vectors - expected).max() < 2e-3
    assert np.abs(np.array(plain.data[0].embedding) - expected[0]).max() < 2e-3
    assert [row.index for row in done.data] == [0, 1, 2]
    assert 15 <= done.usage.prompt_tokens <= 30
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.embeddings.create(model="gpt", input="x")
    with pytest.raises(openai.UnprocessableEntityError):
        client.embeddings.create(model="team", input=["x"] * 257)


def test_texts_are_put_in_the_order_of_their_nearness(server: Server) -> None:
    documents = [TEXTS[1], {"text": TEXTS[0]}, TEXTS[2]]
    body = {"model": "team", "query": "when was the roof mended?", "documents": documents}
    with server.client() as client:
        reply = client.post("/v1/rerank", json={**body, "top_n": 2, "return_documents": True})
        results = reply.json()["results"]
        assert results[0]["index"] == 1
        assert results[0]["document"] == {"text": TEXTS[0]}
        assert len(results) == 2
        assert results[0]["relevance_score"] > results[1]["relevance_score"]
        assert client.post("/v1/rerank", json={**body, "documents": []}).status_code == 422
