"""Chat models of Ollama by its own API, which alone lets the client set the context window.

Behind its OpenAI-compatible API a prompt longer than the loaded window is cut at the front without
a word. Here ``num_ctx`` is sent with each request (https://docs.ollama.com/api).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_infer.context.template import EstimatedTemplate, Template, load_template
from rag_infer.errors import MissingDependencyError, ModelError
from rag_infer.generate.base import GenerateOptions, TokenUsage
from rag_infer.generate.chat_stream import error_text
from rag_infer.generate.model_list import list_models
from rag_infer.generate.sent_log import SentLog
from rag_infer.generate.tool_call_parser import arguments_of
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan, ToolCall

_DEFAULT_WINDOW = 8192  # tokens; memory grows with it
_CONNECT_TIMEOUT_S = 5.0
_TIMEOUT_S = 900.0  # of silence: the model is loaded and the prompt read meanwhile
_MAX_LISTED_MODELS = 12
_MAX_MESSAGE_CHARACTERS = 200


class OllamaChat:
    """A model of Ollama. ``window`` is what this client sets: as configured, else up to 8,192.

    Raises MissingDependencyError without the extra ``openai``, whose HTTP client it uses.
    """

    def __init__(self, profile: ModelProfile) -> None:
        try:
            import httpx2
        except ImportError:
            raise MissingDependencyError(
                "asking a server needs an optional package", extra="openai"
            ) from None
        self.name = profile.model
        self._where = str(profile.base_url).rstrip("/").removesuffix("/v1")
        silence = _TIMEOUT_S if profile.timeout is None else profile.timeout
        self._client = httpx2.Client(
            base_url=self._where,
            timeout=httpx2.Timeout(silence, connect=min(silence, _CONNECT_TIMEOUT_S)),
        )
        self.template: Template = (
            load_template(profile.tokenizer) if profile.tokenizer else EstimatedTemplate()
        )
        self.window = profile.window or self._own_window()

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        import httpx2

        SentLog().add(self._where, self.name, plan)
        is_complete = is_started = False
        calls: list[ToolCall] = []
        try:
            with self._client.stream(
                "POST", "/api/chat", json=self._request(plan, options)
            ) as response:
                if response.status_code != httpx2.codes.OK:
                    raise self._refusal(response.status_code, response.read())
                for line in response.iter_lines():
                    if not line.strip():
                        continue
                    is_started = True
                    value = json.loads(line)
                    if (message := error_text({"error": value.get("error")})) is not None:
                        raise ModelError(f"Ollama answered: {message}", where=self._where)
                    if options.should_stop():
                        return
                    part = value.get("message") or {}
                    if part.get("thinking"):
                        options.on_reasoning(part["thinking"])
                        yield ""
                    if part.get("content"):
                        yield part["content"]
                    calls += _calls(part.get("tool_calls") or ())
                    if value.get("done"):
                        is_complete = True
                        _finish(value, options)
        except httpx2.TimeoutException as error:
            raise ModelError(
                "Ollama did not answer in time",
                where=self._where,
                hint="set a longer 'timeout' in a [models] table",
            ) from error
        except httpx2.HTTPError as error:
            what = "Ollama broke off its answer" if is_started else "Ollama cannot be reached"
            hint = None if is_started else "is it running? start it with: ollama serve"
            raise ModelError(what, where=self._where, hint=hint) from error
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise ModelError("not an answer of Ollama", where=self._where) from error
        if not is_complete:
            raise ModelError("Ollama broke off its answer", where=self._where)
        for call in calls:
            options.on_tool_call(call)

    def _request(self, plan: ContextPlan, options: GenerateOptions) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "num_ctx": self.window,
            "num_predict": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
        }
        if options.seed is not None:
            settings["seed"] = options.seed
        if options.stop:
            settings["stop"] = list(options.stop)
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [_message(message) for message in plan.messages],
            "stream": True,
            "options": settings,
        }
        if options.schema is not None:
            request["format"] = dict(options.schema)
        if plan.tools:
            request["tools"] = [dict(tool) for tool in plan.tools]
        return request

    def _own_window(self) -> int:
        """As large as the model allows up to the default, or as it is loaded already."""
        properties = self._json("POST", "/api/show", {"model": self.name})
        facts = properties.get("model_info")
        lengths = [
            value
            for key, value in (facts if isinstance(facts, dict) else {}).items()
            if key.endswith(".context_length") and type(value) is int and value > 0
        ]
        window = min(_DEFAULT_WINDOW, *lengths) if lengths else _DEFAULT_WINDOW
        loaded = self._json("GET", "/api/ps").get("models")
        for row in loaded if isinstance(loaded, list) else ():
            length = row.get("context_length") if isinstance(row, dict) else None
            # A smaller window would load the model again; a larger one is there already.
            if type(length) is int and row.get("model") == self.name and length > window:
                return length
        return window

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        import httpx2

        try:
            value = self._client.request(method, path, json=body, timeout=10.0).json()
        except (httpx2.HTTPError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _refusal(self, status: int, body: bytes) -> ModelError:
        try:
            message = error_text(json.loads(body)) or ""
        except ValueError:
            message = ""
        if status == 404:
            others = list_models(f"{self._where}/v1") or ()
            get = f"get it with: ollama pull {self.name}"
            has = f"; it has: {', '.join(others[:_MAX_LISTED_MODELS])}" if others else ""
            what = f"Ollama has no model '{self.name}'"
            return ModelError(what, where=self._where, hint=get + has)
        hint = "this model knows no tools: leave --tool out" if "tools" in message else None
        what = f"Ollama answered {status}: {' '.join(message.split())[:_MAX_MESSAGE_CHARACTERS]}"
        return ModelError(what, where=self._where, hint=hint)


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the OpenAI protocol as Ollama has it: arguments of calls are objects."""
    converted = dict(message)
    if calls := converted.get("tool_calls"):
        converted["tool_calls"] = [
            {
                "function": {
                    "name": call["function"]["name"],
                    "arguments": arguments_of(call["function"]["arguments"]),
                }
            }
            for call in calls
        ]
    if "name" in converted:
        converted["tool_name"] = converted.pop("name")
    converted.pop("tool_call_id", None)
    return converted


def _calls(pieces: Sequence[Any]) -> list[ToolCall]:
    functions = [piece.get("function") or {} for piece in pieces]
    return [
        ToolCall(str(f.get("name") or ""), arguments_of(f.get("arguments") or {}))
        for f in functions
    ]


def _finish(value: Mapping[str, Any], options: GenerateOptions) -> None:
    prompt, output = value.get("prompt_eval_count"), value.get("eval_count")
    if isinstance(prompt, int) and isinstance(output, int):
        options.on_usage(TokenUsage(prompt, output))
    options.on_finish("length" if value.get("done_reason") == "length" else "stop")
