"""What a model server tells of itself: its kind, its models, the context window, how it counts.

llama.cpp gives the window (``/props``), the rendered prompt (``/apply-template``) and its tokens
(``/tokenize``); vLLM the window and tokens; LM Studio the window; Ollama has an API of its own
(``ollama_chat``). Each question has a short time-out: what is not answered is estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rag_infer.context.bounded_template import SEPARATOR
from rag_infer.context.template import BoundedTemplate, EstimatedTemplate, Message, Template, Tool
from rag_infer.generate.model_list import is_loopback

LLAMA_CPP, VLLM, LM_STUDIO, OTHER = "llama.cpp", "vLLM", "LM Studio", "other"
_WINDOW_KEYS = (
    "max_model_len", "loaded_context_length", "context_length", "context_window",
    "max_context_length",
)  # fmt: skip
_CONNECT_TIMEOUT_S = 3.0
_READ_TIMEOUT_S = 10.0
_HOSTED_WINDOW = 16_384  # tokens; every model that OpenAI serves today has at least that
_PROBE = "Xq0 Xq1"
_MAX_CACHED_COUNTS = 8192

Ask = Callable[[str, Mapping[str, Any] | None], Any]
"""Asks a path of a server, by POST where there is a body; the JSON value, None without one."""


@dataclass(frozen=True, slots=True)
class ServerProperties:
    """``window`` is None where nothing tells it; ``template`` counts as exactly as it can."""

    kind: str
    models: tuple[str, ...]
    window: int | None
    template: Template


def server_properties(base_url: str, model: str, key: str) -> ServerProperties:
    """Asks a server about itself and one of its models. Never fails: unknown stays unknown."""
    import httpx2

    root = base_url.rstrip("/").removesuffix("/v1")
    client = httpx2.Client(
        headers={"Authorization": f"Bearer {key}"},
        timeout=httpx2.Timeout(_READ_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
        trust_env=not is_loopback(base_url),
    )

    def ask(path: str, body: Mapping[str, Any] | None = None) -> Any:
        with suppress(httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            url = path if path.startswith("http") else f"{root}{path}"
            response = client.get(url) if body is None else client.post(url, json=body)
            if response.status_code == httpx2.codes.OK:
                return response.json()
        return None

    rows = _rows(ask(f"{base_url.rstrip('/')}/models"))
    names = tuple(str(row["id"]) for row in rows)
    # llama.cpp answers to any name, so that the only model of a list is the one that is meant.
    row = rows[0] if len(rows) == 1 else next((r for r in rows if r["id"] == model), {})
    window, owner = _window(row), str(row.get("owned_by") or "")
    if owner == "llamacpp" or (not rows and is_loopback(base_url)):
        defaults = _object(_object(ask("/props")).get("default_generation_settings"))
        window = _positive(defaults.get("n_ctx")) or window
        if window is not None and (counter := _llama_counter(ask)) is not None:
            if _renders(ask):
                return ServerProperties(LLAMA_CPP, names, window, RenderedTemplate(ask, counter))
            return ServerProperties(LLAMA_CPP, names, window, BoundedTemplate(counter))
    if owner == "vllm" and (counter := _vllm_counter(ask, model)) is not None:
        return ServerProperties(VLLM, names, window, BoundedTemplate(counter))
    may_be_lm_studio = is_loopback(base_url) and rows and window is None
    if may_be_lm_studio and (window := _lm_studio_window(ask, model)) is not None:
        return ServerProperties(LM_STUDIO, names, window, EstimatedTemplate())
    if window is None and urlsplit(base_url).hostname == "api.openai.com":
        window = _HOSTED_WINDOW
    return ServerProperties(OTHER, names, window, EstimatedTemplate())


def _lm_studio_window(ask: Ask, model: str) -> int | None:
    """The window of a model as LM Studio tells it, by its old API or by that of version 0.4."""
    own = next((r for r in _rows(ask("/api/v0/models", None)) if r["id"] == model), {})
    if (window := _window(own)) is not None:
        return window
    models = _object(ask("/api/v1/models", None)).get("models")
    for row in map(_object, models if isinstance(models, list) else ()):
        instances = row.get("loaded_instances")
        for instance in map(_object, instances if isinstance(instances, list) else ()):
            if model in (row.get("key"), instance.get("id")):
                return _window(_object(instance.get("config")))
    return None


class RenderedTemplate(BoundedTemplate):
    """The template of a llama.cpp server, rendered and counted by the server itself."""

    bound = False

    def __init__(self, ask: Ask, counter: Callable[[str], int]) -> None:
        super().__init__(counter)
        self._ask = ask
        self._counts: dict[str, int] = {}

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        body: dict[str, Any] = {"messages": [dict(message) for message in messages]}
        if tools:
            body["tools"] = [dict(tool) for tool in tools]
        prompt = _object(self._ask("/apply-template", body)).get("prompt")
        # A template may refuse what it does not know (a role, tools): then it is bounded.
        return prompt if isinstance(prompt, str) else super().render(messages, tools)

    def count(self, prompt: str) -> int:
        if SEPARATOR in prompt:  # not rendered by the server
            return super().count(prompt)
        return self.counts([prompt])[0]

    def counts(self, texts: Sequence[str]) -> list[int]:
        for text in texts:
            if text not in self._counts:
                self._counts[text] = self._counter(text)
        values = [self._counts[text] for text in texts]
        if len(self._counts) > _MAX_CACHED_COUNTS:
            self._counts.clear()
        return values


def _llama_counter(ask: Ask) -> Callable[[str], int] | None:
    def count(text: str) -> int:
        # Control tokens of a rendered prompt count as what they are.
        answer = ask("/tokenize", {"content": text, "add_special": False, "parse_special": True})
        tokens = _object(answer).get("tokens")
        return len(tokens) if isinstance(tokens, list) else len(text.encode())

    return count if count(_PROBE) < len(_PROBE) else None


def _vllm_counter(ask: Ask, model: str) -> Callable[[str], int] | None:
    def count(text: str) -> int:
        answer = ask("/tokenize", {"model": model, "prompt": text, "add_special_tokens": False})
        number = _positive(_object(answer).get("count"))
        return number if number is not None else len(text.encode())

    return count if count(_PROBE) < len(_PROBE) else None


def _renders(ask: Ask) -> bool:
    answer = ask("/apply-template", {"messages": [{"role": "user", "content": _PROBE}]})
    return _PROBE in str(_object(answer).get("prompt"))


def _rows(listed: Any) -> list[dict[str, Any]]:
    rows = _object(listed).get("data")
    if not isinstance(rows, list):
        return []
    return [row for row in map(_object, rows) if isinstance(row.get("id"), str)]


def _window(row: Mapping[str, Any]) -> int | None:
    values = [row.get(key) for key in _WINDOW_KEYS]
    values.append(_object(row.get("meta")).get("n_ctx"))
    return next((n for n in map(_positive, values) if n is not None), None)


def _positive(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
