"""What the terminal shows of passages."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_infer import Index
from rag_infer.answering.events import collect_answer
from rag_infer.cli.answer_view import StreamView, preview_start
from rag_infer.cli.app import application
from tests.generate.model_server import event, server, streamed

TEXT = "Leave by the nearest exit. Meet at the shelter. The backup battery lasts 90 minutes."


@pytest.mark.parametrize(
    ("query", "begin"),
    [("backup battery", "The backup"), ("where to meet", "Meet"), ("zebra", "Leave")],
)
def test_a_preview_begins_with_what_was_searched_for(query: str, begin: str) -> None:
    assert TEXT[preview_start(query, TEXT) :].startswith(begin)


WITHDRAWN = "The landlord is Mr Brown of Leeds [1]."


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The deposit for the flat is 900 euros. It is due on 1 May.", id="lease.md")
    return index


def test_a_file_gets_no_text_that_is_withdrawn(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        streamed(to, event(WITHDRAWN), event(None, "stop"))

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with server(behave, window=8192) as (url, _):
        options = ["--index", str(index.path), "--llm", f"{url}#m"]
        result = CliRunner().invoke(application(), ["ask", "Who is the landlord?", *options])
    assert result.exit_code == 0, result.output
    assert not result.stdout.startswith("The landlord")
    assert "what the model wrote: The landlord is Mr Brown of Leeds" in result.output


def test_a_terminal_is_told_that_a_text_is_withdrawn(index: Index) -> None:
    screen = Screen()
    view = StreamView(screen, screen)
    events = index.stream("Who is the landlord?", llm=lambda _: WITHDRAWN)
    answer = collect_answer(events, on_text=view.write_text, on_step=view.write_step)
    before, _, after = screen.getvalue().partition("(not part of the answer)")
    assert before.splitlines()[0] == WITHDRAWN
    assert after.endswith(f"\n\n{answer.text}")
