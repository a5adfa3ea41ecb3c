"""Every route of a server that was started in a folder of hostile modules imports none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_infer.serve import app
from tests.hostile import HostileFolder
from tests.read.fixtures import WRITERS
from tests.serve.conftest import CORPUS, Start, hand_in

QUESTION = "Why is decoding limited by memory bandwidth?"
PDF = "retrieval-handbook.pdf"


def test_no_route_imports_a_module_of_the_working_folder(start: Start, tmp_path: Path) -> None:  # noqa: PLR0915
    home, files = tmp_path / "home", tmp_path / "files"
    home.mkdir()
    files.mkdir()
    hostile = HostileFolder(home, tmp_path / "marks")
    for name, write in WRITERS.items():
        (files / name).write_bytes(write("Tea", ["Green tea is brewed at 80 degrees."]))
    (files / "orders.csv").write_text("region,price\nNorth,1200\nSouth,300\n")
    (files / "kv-cache.md").write_bytes((CORPUS / "kv-cache.md").read_bytes())
    (files / PDF).write_bytes((CORPUS / PDF).read_bytes())

    with hostile, (server := start(home)).client() as client:
        tested = set()

        def request(method: str, route: str, path: str | None = None, **more: Any) -> Any:
            tested.add((method, route))
            reply = client.request(method, path or route, **more)
            assert reply.status_code in (200, 202), (route, reply.text)
            return reply

        job = hand_in(client, *sorted(files.iterdir()))["accepted"][0]["id"]
        tested.add(("post", "/api/indexes/{index}/documents"))
        states = {job["name"]: job["state"] for job in server.settled(client)}
        assert set(states.values()) == {"done"}, states
        index, team = "/api/indexes/{index}", "/api/indexes/team"
        reply = request("get", f"{index}/documents", f"{team}/documents")
        ids = {document["name"]: document["document_id"] for document in reply.json()["documents"]}
        position = {"document_id": ids[PDF], "page_number": 1, "start": 0, "end": 40}
        page = request("get", f"{index}/page", f"{team}/page", params=position).json()
        assert page["image"]["boxes"]
        image = request("get", f"{index}/page-image", f"{team}/page-image", params=position).content
        assert image.startswith(b"\x89PNG")
        payload = {"question": QUESTION, "conversation": "new"}
        answer = request("post", f"{index}/ask", f"{team}/ask", json=payload).json()
        total = {"question": "What is the total price in orders.csv?", "stream": True}
        assert "1,500" in request("post", f"{index}/ask", f"{team}/ask", json=total).text
        request("post", f"{index}/search", f"{team}/search", json={"query": QUESTION})
        request("post", f"{index}/extract", f"{team}/extract", json={"fields": ["temperature"]})
        request("post", f"{index}/conflicts", f"{team}/conflicts", json={})
        document = {"document_id": ids[PDF]}
        request("get", f"{index}/access", f"{team}/access", params=document)
        body = {**document, "everyone": True}
        request("put", f"{index}/access", f"{team}/access", json=body)
        request("post", f"{index}/summarize", f"{team}/summarize", json=document)
        for route in ("/api/me", "/api/indexes", "/api/jobs", "/api/conversations", "/v1/models",
                      "/healthz", "/readyz", "/metrics"):  # fmt: skip
            request("get", route)
        request("get", "/api/jobs/{job_id}", f"/api/jobs/{job}")
        said = {"conversation": answer["conversation"], "is_right": True}
        feedback = request("post", "/api/feedback", json=said).json()["id"]
        request("get", "/api/feedback")
        request("delete", "/api/feedback/{feedback_id}", f"/api/feedback/{feedback}")
        thread = f"/api/conversations/{answer['conversation']}"
        request("get", "/api/conversations/{conversation}", thread)
        request("patch", "/api/conversations/{conversation}", thread, json={"title": "Memory"})
        for format_ in ("markdown", "docx"):
            path = f"{thread}/export?format={format_}"
            request("get", "/api/conversations/{conversation}/export", path)
        turn = {"conversation": answer["conversation"], "turn": 1}
        share = request("post", "/api/shares", json=turn).json()["id"]
        request("get", "/api/shares")
        request("get", "/api/shares/{share_id}", f"/api/shares/{share}")
        request("delete", "/api/shares/{share_id}", f"/api/shares/{share}")
        request("delete", "/api/conversations/{conversation}", thread)
        request("get", "/v1/models/{model}", "/v1/models/team")
        chat = {"model": "team", "messages": [{"role": "user", "content": QUESTION}]}
        request("post", "/v1/chat/completions", json=chat)
        request("post", "/v1/responses", json={"model": chat["model"], "input": "temperature?"})
        request("post", "/v1/embeddings", json={"model": "team", "input": QUESTION})
        texts = {"model": "team", "query": QUESTION, "documents": ["Tea", "Memory"]}
        request("post", "/v1/rerank", json=texts)
        request("get", f"{index}/suggestions", f"{team}/suggestions")
        removed = {"document_id": ids["a.docx"]}
        request("delete", f"{index}/documents", f"{team}/documents", params=removed)
        for file in Path(app.__file__).with_name("page").iterdir():
            request("get", "/" if file.name == "index.html" else f"/{file.name}")

        paths = client.get("/openapi.json").json()["paths"]
        routes = {(method, path) for path, methods in paths.items() for method in methods}
        assert routes <= tested, f"a new route: request it here: {routes - tested}"
        server.stop()
