"""What servers tell of their window and tokens, and what is estimated where they do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag_infer.context.bounded_template import EstimatedTemplate, estimate_tokens
from rag_infer.context.plan import Budget, plan
from rag_infer.errors import PromptTooLongError
from rag_infer.generate import GenerateOptions
from rag_infer.generate.openai_chat import OpenAIChat
from rag_infer.generate.server_properties import (
    LLAMA_CPP,
    LM_STUDIO,
    OTHER,
    VLLM,
    server_properties,
)
from rag_infer.settings import ModelProfile
from tests.generate.model_server import reply, server, well


@contextmanager
def pages(values: dict[str, Any]) -> Iterator[str]:
    """A server that answers paths with JSON; a function gets the body that was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            value = values.get(self.path)
            value = value(body) if callable(value) else value
            reply(self, 404 if value is None else 200, value or {})

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/v1"
    finally:
        running.shutdown()
        running.server_close()


def words(body: dict[str, Any]) -> list[int]:
    text = body.get("content") or body.get("prompt") or ""
    return [0] * len(text.split())


def models(owner: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "m", "owned_by": owner, **more}]}


def test_llama_cpp_renders_and_counts() -> None:
    with pages(
        {
            "/v1/models": models("llamacpp"),
            "/props": {"default_generation_settings": {"n_ctx": 3000}},
            "/tokenize": lambda body: {"tokens": words(body)},
            "/apply-template": lambda body: {
                "prompt": "".join(f"<|{m['role']}|> {m['content']} " for m in body["messages"])
            },
        }
    ) as url:
        properties = server_properties(url, "any name", "none")
        prompt = plan(properties.template, Budget(3000, 100), "Does it run?")
    assert (properties.kind, properties.window) == (LLAMA_CPP, 3000)
    assert not prompt.is_upper_bound
    assert prompt.prompt.startswith("<|system|>")
    assert prompt.tokens == len(prompt.prompt.split())


def test_vllm_counts_and_the_template_is_bounded() -> None:
    with pages(
        {
            "/v1/models": models("vllm", max_model_len=2000),
            "/tokenize": lambda body: {"count": len(words(body))},
        }
    ) as url:
        properties = server_properties(url, "m", "none")
        assert properties.template.counts(["a b c"]) == [3]
    assert (properties.kind, properties.window) == (VLLM, 2000)
    assert properties.template.bound


def test_a_server_that_tells_nothing_is_estimated_and_the_person_told() -> None:
    with pages({"/v1/models": models("somebody")}) as url:
        properties = server_properties(url, "m", "none")
        model = OpenAIChat(ModelProfile("x", "m", base_url=url))
    assert (properties.kind, properties.window) == (OTHER, None)
    assert isinstance(properties.template, EstimatedTemplate)
    assert "no context window" in (model.window_note or "")


@pytest.mark.parametrize(
    "page",
    [
        {"/api/v0/models": {"data": [{"id": "m", "loaded_context_length": 6000}]}},
        {
            "/api/v1/models": {
                "models": [
                    {"key": "other", "loaded_instances": []},
                    {
                        "key": "m",
                        "max_context_length": 32768,
                        "loaded_instances": [{"id": "m", "config": {"context_length": 6000}}],
                    },
                ]
            }
        },
    ],
)
def test_lm_studio_tells_the_window_that_is_loaded(page: dict[str, Any]) -> None:
    with pages({"/v1/models": models("organization_owner"), **page}) as url:
        properties = server_properties(url, "m", "none")
    assert (properties.kind, properties.window) == (LM_STUDIO, 6000)


@pytest.mark.parametrize("page", [{"models": 3}, {"models": [3, {"loaded_instances": 3}]}, []])
def test_what_lm_studio_would_not_say_is_unknown(page: Any) -> None:
    with pages({"/v1/models": models("x"), "/api/v1/models": page}) as url:
        assert server_properties(url, "m", "none").window is None


def test_nobody_there_is_no_error() -> None:
    assert server_properties("http://127.0.0.1:9/v1", "m", "none").window is None


@pytest.mark.parametrize("text", ["word " * 300, "Mitarbeiterinnen und Mitarbeiter " * 40])
def test_an_estimate_is_far_below_the_bytes(text: str) -> None:
    assert len(text) / 5 <= estimate_tokens(text) < len(text) / 1.5


def test_a_refused_prompt_teaches_the_window() -> None:
    message = "This model's maximum context length is 2048 tokens. However, you requested 4100."
    refuse = True

    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        reply(to, 400, {"error": {"message": message}}) if refuse else well(to, body)

    with server(behave, window=None) as (url, _):
        model = OpenAIChat(ModelProfile("x", "m", base_url=url, window=8000))
        prompt = plan(model.template, Budget(model.window, 64), "Does it run?")
        with pytest.raises(PromptTooLongError):
            list(model.stream(prompt, GenerateOptions()))
    assert model.window == 2048
