"""The example of an internal tool works, and is made of public names."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "internal_tool.py"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    monkeypatch.setenv("TOOL_INDEX", str(tmp_path / "tickets"))
    spec = importlib.util.spec_from_file_location("internal_tool", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tool_streams_with_history_and_filters(tool: ModuleType) -> None:
    from fastapi.testclient import TestClient

    with TestClient(tool.app) as client:
        for number, (team, text) in enumerate(
            [
                ("ops", "The database of Larn was restored in 1971 by Ingrid Voss."),
                ("hr", "The holiday of Larn was moved to May by Tomasz Lind."),
            ],
            1,
        ):
            ticket = {"id": f"T-{number}", "text": text, "team": team}
            assert client.put("/tickets", json=ticket).json() == number
        assert (
            client.put("/tickets", json={"id": "", "text": "x", "team": "ops"}).status_code == 400
        )
        question = {"text": "Who restored the database of Larn?", "team": "ops"}
        *pieces, answer = client.post("/ask", json=question).text.splitlines()
        body = json.loads(answer)
        assert "Ingrid Voss" in body["text"]
        assert "".join(json.loads(piece)["text"] for piece in pieces) == body["text"]
        other = client.post("/ask", json=question | {"team": "hr"}).text.splitlines()[-1]
        assert "Ingrid Voss" not in other
    assert len(tool.conversations[("ops", "default")]) == 1


def test_the_tool_uses_public_names_alone() -> None:
    assert set(re.findall(r"rag_infer[.\w]*", EXAMPLE.read_text("utf-8"))) == {"rag_infer"}
