"""The Responses API as OpenAI's own client meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serve.conftest import Server

openai = pytest.importorskip("openai", reason="the extra openai is not installed")

if TYPE_CHECKING:
    from openai import OpenAI

QUESTION = "Why is decoding limited by memory bandwidth?"


@pytest.fixture
def client(server: Server) -> OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def test_an_answer_with_its_citations(client: OpenAI, server: Server) -> None:
    response = client.responses.create(model="team", input=QUESTION)
    assert response.status == "completed"
    (message,) = response.output
    assert message.type == "message"
    (part,) = message.content
    assert part.type == "output_text"
    assert "memory bandwidth" in response.output_text
    cited = part.annotations[0]
    assert cited.type == "url_citation"
    assert part.text[cited.start_index : cited.end_index] == "[1]"
    assert cited.url.startswith(server.url)
    assert response.model_extra is not None
    assert response.model_extra["rag"]["answered"] is True
    assert response.usage is not None
    assert response.usage.total_tokens == 0  # no model was asked


def test_the_events_add_up_to_the_response(client: OpenAI) -> None:
    with client.responses.stream(model="team:extractive", input=QUESTION) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == final.output_text
    assert final.output[0].content[0].annotations  # type: ignore[union-attr]
    assert events[-1].type == "response.completed"


def test_earlier_turns_are_the_history(client: OpenAI) -> None:
    response = client.responses.create(
        model="team",
        instructions="Answer in few words.",
        input=[
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "All weights are read for each token."},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What does the key-value cache store?"},
                    {"type": "input_image", "image_url": "data:image/png;base64,", "detail": "low"},
                ],
            },
        ],
    )
    assert response.model_extra is not None
    assert response.model_extra["rag"]["answered"] is True
    assert "are not read" in response.output_text


def test_what_is_wrong_is_told(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.responses.create(model="nowhere", input="x")
    with pytest.raises(openai.BadRequestError, match="earlier turns in 'input'"):
        client.responses.create(model="team", input="x", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match="last item"):
        client.responses.create(model="team", input=[{"role": "assistant", "content": "x"}])
