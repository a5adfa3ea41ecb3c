"""A client generated from the server's OpenAPI document works, with typed results."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.serve.conftest import USERS, Server, Start

pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
CONFIG = """
post_hooks: []
package_name_override: served_client
content_type_overrides: {image/png: application/octet-stream}
"""
EXPORT = "/api/conversations/{conversation}/export"  # a file, no JSON
QUESTION = "Why is decoding limited by memory bandwidth?"


@pytest.fixture(scope="module")
def generated(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The package that the generator makes of /openapi.json."""
    folder = tmp_path_factory.mktemp("generated")
    with server.client() as client:
        (folder / "openapi.json").write_text(json.dumps(client.get("/openapi.json").json()))
    (folder / "config.yml").write_text(CONFIG)
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json",
        "--config", "config.yml", "--meta", "none", "--output-path", "served_client",
        "--fail-on-warning",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("served_client")
    sys.path.remove(str(folder))


def operation(name: str) -> Any:
    (path,) = Path(importlib.import_module("served_client").__file__ or "").parent.glob(
        f"api/*/{name}_*.py"
    )
    return importlib.import_module(f"served_client.api.{path.parent.name}.{path.stem}")


def test_a_generated_client_asks_and_reads_the_source(generated: Any, server: Server) -> None:
    models = importlib.import_module("served_client.models")
    client = generated.Client(base_url=server.url, raise_on_unexpected_status=True)
    body = models.AskRequest(question=QUESTION)
    answer = operation("ask_api_indexes").sync(client=client, index="team", body=body)
    assert isinstance(answer, models.ConversationAnswerResponse)
    assert answer.answered
    citation = answer.citations[0]
    page = operation("page_api").sync(
        client=client,
        index="team",
        document_id=citation.document_id,
        page_number=citation.page_number,
    )
    assert page.text[citation.start : citation.end] == citation.quote
    listed = operation("documents_api").sync(client=client, index="team")
    assert {document.name for document in listed.documents} >= {"kv-cache.md"}
    error = operation("page_api").sync(
        client=client, index="team", document_id="nothing.md", page_number=1
    )
    assert "not in the index" in error.error.message


def test_every_operation_has_a_schema_of_its_success(server: Server) -> None:
    with server.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method, operation_ in methods.items():
            content = next(r for code, r in operation_["responses"].items() if code[0] == "2")
            if path in ("/metrics", "/api/indexes/{index}/page-image", EXPORT):
                continue
            schema = content["content"]["application/json"]["schema"]
            assert "$ref" in schema, (method, path)


def test_the_specification_says_that_a_token_is_needed(start: Start, tmp_path: Path) -> None:
    (tmp_path / "users.toml").write_text(USERS)
    server = start(
        tmp_path / "home", "--users", tmp_path / "users.toml", "--trusted-proxy", "127.0.0.1",
        "--root-path", "/rag",
    )  # fmt: skip
    with server.client() as client:
        document = client.get("/openapi.json").json()
    scheme = document["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert document["security"] == [{"token": []}]
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert document["servers"] == [{"url": "/rag"}]


def test_a_server_for_its_machine_alone_speaks_of_no_token(server: Server) -> None:
    with server.client() as client:
        document = client.get("/openapi.json").json()
    assert "security" not in document
