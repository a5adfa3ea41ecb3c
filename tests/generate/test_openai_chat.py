"""A real server on loopback, well-behaved or not, and the real SDK against it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rag_infer.context.plan import Budget, plan
from rag_infer.errors import InputError, ModelError
from rag_infer.generate import GenerateOptions, TokenUsage, load_generator
from rag_infer.generate.openai_chat import UNKNOWN_WINDOW, OpenAIChat
from rag_infer.settings import ModelProfile
from tests.generate.model_server import Behave, event, reply, server, streamed, well


def chat(url: str, **more: Any) -> OpenAIChat:
    return OpenAIChat(
        ModelProfile("fast", "m", base_url=url, **{"retries": 0, "timeout": 2.0, **more})
    )


def said(model: OpenAIChat, **options: Any) -> str:
    content = plan(model.template, Budget(model.window, 64), "Does it run?")
    return "".join(model.stream(content, GenerateOptions(**options)))


def test_a_whole_answer_with_its_figures() -> None:
    counted: list[TokenUsage] = []
    with server(well) as (url, requests):
        model = chat(url, api_key="k")
        assert said(model, on_usage=counted.append, seed=7, stop=("\n",)) == "It runs [1]."
    assert model.window == 2048
    assert counted == [TokenUsage(40, 3, 30)]
    assert requests[0]["messages"][-1]["role"] == "user"
    assert (requests[0]["seed"], requests[0]["stop"], requests[0]["key"]) == (7, ["\n"], "Bearer k")


def test_the_window_is_as_configured_else_as_told_else_small() -> None:
    with server(well, window=None) as (url, _):
        assert chat(url).window == UNKNOWN_WINDOW
        assert chat(url, window=999).window == 999


def test_a_busy_server_is_asked_again() -> None:
    times: list[int] = []

    def busy_once(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        times.append(1)
        if len(times) == 1:
            reply(to, 503, {"error": {"message": "loading"}})
        else:
            well(to, body)

    with server(busy_once) as (url, _):
        assert said(chat(url, retries=2)) == "It runs [1]."


def test_the_asker_can_leave_in_the_middle() -> None:
    with server(well) as (url, _):
        assert said(chat(url), should_stop=lambda: True) == ""


def status(code: int, message: str) -> Behave:
    return lambda to, _: reply(to, code, {"error": {"message": message, "code": code}})


def slow(to: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    threading.Event().wait(1.5)


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        (status(401, "bad key"), "refuses the key"),
        (status(404, "no such model"), "has no model 'm'"),
        (status(429, "slow down"), "busy"),
        (status(500, "oops"), "failed (500)"),
        (status(400, "maximum context length is 10 tokens"), "set 'window'"),
        (status(400, "bad temperature"), "bad temperature"),
        (
            lambda to, _: reply(to, 200, "<html>hello</html>", "text/html"),
            "no whole chat completion",
        ),
        (lambda to, _: reply(to, 200, {"hello": 1}), "no whole chat completion"),
        (lambda to, _: streamed(to, b"data: {not json\n\n"), "no whole chat completion"),
        (lambda to, _: streamed(to, b'data: {"a": 1}\n\n'), "no whole chat completion"),
        (lambda to, _: streamed(to, event("It "), end=False), "no whole chat completion"),
        (lambda to, _: streamed(to, b'data: {"error": {"message": "gone"}}\n\n'), "gone"),
        (
            lambda to, _: streamed(to, event("It "), event("", "error", error={"message": "gone"})),
            "gone",
        ),
        (slow, "did not answer in time"),
    ],
)
def test_each_way_to_fail_is_told_in_one_line(behave: Behave, says: str) -> None:
    with server(behave) as (url, _):
        model = chat(url, timeout=0.5)
        with pytest.raises(ModelError) as raised:
            said(model)
    line = str(raised.value)
    assert says in line
    assert url in line
    assert "\n" not in line


def test_a_stream_that_is_cut_is_told() -> None:
    def cut(to: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        to.send_response(200)
        to.send_header("Content-Type", "text/event-stream")
        to.send_header("Content-Length", "9999")
        to.end_headers()
        to.wfile.write(event("It "))
        to.close_connection = True

    with server(cut) as (url, _), pytest.raises(ModelError, match="broke off"):
        said(chat(url))


def test_a_server_that_is_down_is_told() -> None:
    with server(well) as (url, _):
        pass
    with pytest.raises(ModelError, match="cannot be reached; is it running"):
        said(chat(url))


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(InputError, match="SOME_KEY is not set"):
        chat("http://127.0.0.1:1/v1", api_key_env="SOME_KEY")


def test_the_environment_can_name_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(well) as (url, requests):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "from-env")
        model = load_generator("openai:m")
        assert isinstance(model, OpenAIChat)
        assert said(model) == "It runs [1]."
    assert requests[0]["key"] == "Bearer from-env"


def test_a_schema_is_sent_along() -> None:
    with server(well) as (url, requests):
        said(chat(url), schema={"type": "object"})
    assert requests[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("max_tokens", "'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        ("temperature", "'temperature' does not support 0 with this model"),
        ("stream_options", [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]),
        ("system", "Only user and assistant roles are supported!"),
    ],
)
def test_what_a_server_refuses_is_left_out_and_remembered(part: str, message: Any) -> None:
    def strict(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if part in body or (part == "system" and body["messages"][0]["role"] == "system"):
            reply(to, 422 if isinstance(message, list) else 400, {"detail": message})
        else:
            well(to, body)

    with server(strict) as (url, requests):
        model = chat(url)
        assert said(model) == "It runs [1]."
        assert said(model) == "It runs [1]."
    assert len(requests) == 3  # refused once, then never sent again
    assert "You answer questions" in requests[-1]["messages"][0]["content"]


def test_answers_without_a_reason_in_lists_or_not_streamed_are_answers() -> None:
    parts = [{"type": "text", "text": "It runs."}]
    body = {"choices": [{"message": {"content": "It runs."}, "finish_reason": "stop"}]}
    for behave in (
        lambda to, _: streamed(to, event("It "), event("runs.")),
        lambda to, _: streamed(to, event(parts)),  # type: ignore[arg-type]
        lambda to, _: reply(to, 200, body),
    ):
        with server(behave) as (url, _):
            assert said(chat(url)) == "It runs."


def test_usage_that_is_incomplete_is_not_reported() -> None:
    counts: list[TokenUsage] = []
    with server(lambda to, _: streamed(to, event("It runs.", "stop", usage={"x": 1}))) as (url, _):
        said(chat(url), on_usage=counts.append)
    assert counts == []


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "stop"), ("end_turn", "stop"), ("length", "length"), ("MAX_TOKENS", "length"),
        ("model_length", "length"), ("SAFETY", "content_filter"), ("refusal", "content_filter"),
        ("tool_calls", None), ("something new", None), (3, None),
    ],
)  # fmt: skip
def test_the_reasons_of_other_vendors_are_read(reason: Any, expected: str | None) -> None:
    reasons: list[str] = []
    with server(lambda to, _: streamed(to, event("Yes."), event("", reason))) as (url, _):
        assert said(chat(url), on_finish=reasons.append) == "Yes."
    assert reasons == ([] if expected is None else [expected])


def test_a_refusal_apart_from_the_content_is_text() -> None:
    chunk = b'data: {"choices": [{"delta": {"content": null, "refusal": "I cannot."}}]}\n\n'
    with server(lambda to, _: streamed(to, chunk, event("", "stop"))) as (url, _):
        assert said(chat(url)) == "I cannot."
