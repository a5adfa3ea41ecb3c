"""Ollama's own protocol, spoken by a server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag_infer.context.plan import Budget, plan
from rag_infer.errors import ModelError
from rag_infer.generate import GenerateOptions, TokenUsage, load_generator
from rag_infer.generate.ollama_chat import OllamaChat
from rag_infer.types import ToolCall
from tests.generate.model_server import reply


@contextmanager
def ollama(*lines: dict[str, Any], loaded: int | None = None) -> Iterator[list[dict[str, Any]]]:
    """Answers with these lines; what ``/api/chat`` was asked."""
    requests: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            row = {"model": "qwen3:4b", "context_length": loaded}
            value: Any = {"models": [row] if loaded else []}
            if self.path == "/v1/models":
                value = {"data": [{"id": "qwen3:4b"}]}
            reply(self, 200, value)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if body["model"] != "qwen3:4b":
                reply(self, 404, {"error": f"model '{body['model']}' not found"})
            elif self.path == "/api/show":
                reply(self, 200, {"model_info": {"qwen3.context_length": 40960}})
            else:
                requests.append(body)
                reply(self, 200, "".join(json.dumps(line) + "\n" for line in lines))

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", f"127.0.0.1:{running.server_port}")
        yield requests
    running.shutdown()
    running.server_close()


def part(text: str, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text, **more}, "done": False}


DONE = {
    "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "length",
    "prompt_eval_count": 40, "eval_count": 3,
}  # fmt: skip


def ask(**options: Any) -> str:
    model = load_generator("ollama:qwen3:4b")
    assert isinstance(model, OllamaChat)
    prompt = plan(model.template, Budget(model.window, 64), "Does it run?")
    return "".join(model.stream(prompt, GenerateOptions(max_tokens=64, **options)))


def test_the_window_is_set_with_each_request_and_reasoning_told_apart() -> None:
    usage: list[TokenUsage] = []
    reasons: list[str] = []
    thoughts: list[str] = []
    with ollama(part("", thinking="hm"), part("It "), part("runs."), DONE) as requests:
        text = ask(on_usage=usage.append, on_finish=reasons.append, on_reasoning=thoughts.append)
    assert text == "It runs."
    assert requests[0]["options"]["num_ctx"] == 8192
    assert requests[0]["options"]["num_predict"] == 64
    assert (usage, reasons, thoughts) == ([TokenUsage(40, 3)], ["length"], ["hm"])


def test_a_larger_window_that_is_loaded_is_used() -> None:
    with ollama(DONE, loaded=16384):
        assert load_generator("ollama:qwen3:4b").window == 16384


def test_calls_of_tools() -> None:
    calls: list[ToolCall] = []
    call = {"function": {"name": "calculator", "arguments": {"expression": "1+1"}}}
    with ollama(part("", tool_calls=[call]), DONE):
        ask(on_tool_call=calls.append)
    assert calls == [ToolCall("calculator", {"expression": "1+1"})]


def test_failures_say_what_to_do() -> None:
    with ollama(DONE), pytest.raises(ModelError, match="ollama pull gemma; it has: qwen3:4b"):
        model = load_generator("ollama:gemma")
        list(model.stream(plan(model.template, Budget(2000, 64), "Hm?"), GenerateOptions()))
    with ollama(part("It ")), pytest.raises(ModelError, match="broke off"):
        ask()
    with ollama({"error": "out of memory"}), pytest.raises(ModelError, match="out of memory"):
        ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", "127.0.0.1:9")
        with pytest.raises(ModelError, match="ollama serve"):
            ask()
