"""Follow-up questions are written anew by a model where there is one, and searched for."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.generate.transformers_chat import TransformersChat
from tests.ask_arguments import ask as ask_index
from tests.factories import save_model
from tests.generate.test_openai_chat import chat, event, server, streamed

RENTS = {
    "hall.md": "# The hall of Larn\n\nThe rent of the hall is 30 crowns a month.\n",
    "mill.md": "# The mill of Ost\n\nThe rent of the mill is 75 crowns a month.\n",
}
HISTORY = [
    {"role": "user", "content": "What is the rent of the hall of Larn?"},
    {"role": "assistant", "content": "The rent of the hall is 30 crowns a month. [1]"},
]
ANEW = "What is the rent of the mill of Ost?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("follow")
    for name, text in RENTS.items():
        (home / name).write_text(text)
    index = Index.open(home / "index", create=True)
    index.add(*(home / name for name in RENTS))
    return index


def ask(
    index: Index, rewritten: str, question: str = "And the mill?", **options: Any
) -> tuple[Any, Any]:
    """The answer, and what the server was asked; it says ``anew`` when asked for a question."""
    requests: list[list[dict[str, str]]] = []

    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        requests.append(body["messages"])
        again = "Write the question again" in body["messages"][-1]["content"]
        reply = rewritten if again else "It is 75 crowns a month [1]."
        streamed(to, event(reply), event(None, "stop"))

    with server(behave, window=8192) as (url, _):
        return ask_index(index, question, llm=chat(url), history=HISTORY, **options), requests


def test_the_model_writes_it_and_it_is_searched_for(index: Index) -> None:
    answer, requests = ask(index, f'Question: "{ANEW}"\n')
    assert answer.rewritten_question == ANEW
    assert answer.question == "And the mill?"
    assert answer.hits[0].document_id == "mill.md"
    assert len(requests) == 2
    # Both prompts begin alike, so that a model which keeps a prefix reads it once.
    assert requests[0][:-1] == requests[1][:-1]
    assert answer.usage.output_tokens > 0


@pytest.mark.parametrize(
    "rewritten",
    [
        "",
        "zig zag zog blip",
        "As an AI language model, allow me to politely decline helping.",
        "?!",
    ],
)
def test_what_is_no_such_question_is_not_searched_for(index: Index, rewritten: str) -> None:
    answer, requests = ask(index, rewritten)
    assert answer.rewritten_question is None
    assert answer.hits  # words of the turn before are carried over instead
    assert len(requests) == 2


def test_nobody_waits_for_a_question_that_stands_alone(index: Index) -> None:
    standalone = "What monthly rent does the mill of Ost ask of a tenant every month in crowns?"
    answer, requests = ask(index, ANEW, standalone)
    assert len(requests) == 1
    assert answer.rewritten_question is None
    _, requests = ask(index, ANEW, rewrite=False)
    assert len(requests) == 1


def test_noise_of_a_local_model_changes_nothing(index: Index, tmp_path: Path) -> None:
    model = TransformersChat(str(save_model(tmp_path / "tiny")))
    answer = ask_index(index, "And the mill?", llm=model, history=HISTORY, max_tokens=8)
    assert answer.rewritten_question is None
    assert answer.usage.cached_tokens > 0
