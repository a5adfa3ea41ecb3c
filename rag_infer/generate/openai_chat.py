"""Chat models behind any OpenAI-compatible server: Ollama, llama.cpp, vLLM, hosted ones.

Imported only when a server is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from rag_infer.context.template import BoundedTemplate, Template, load_template
from rag_infer.errors import InputError, MissingDependencyError, ModelError
from rag_infer.generate.base import GenerateOptions, TokenUsage
from rag_infer.generate.chat_stream import DONE, completion_chunks, error_text, text_of
from rag_infer.generate.tool_call_parser import arguments_of
from rag_infer.redaction import mask_secrets
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan, ToolCall

UNKNOWN_WINDOW = 4096  # a server that tells no window has at least this, in practice
_WINDOW_KEYS = ("max_model_len", "context_length", "context_window", "max_context_length")
_MAX_MESSAGE_CHARACTERS = 200
# "Only user and assistant roles are supported", "System role not supported"
_SYSTEM_REFUSED = re.compile(r"system role|role.{0,20}system|only user and assistant", re.I)
_TOO_LONG = ("context", "too long", "maximum", "exceed")


class OpenAIChat:
    """A model of a server. ``window`` is as configured, else as the server tells, else 4096.

    Raises InputError for a key that is not set, MissingDependencyError without the extra
    ``openai``.
    """

    def __init__(self, profile: ModelProfile) -> None:
        try:
            import openai
        except ImportError:
            raise MissingDependencyError(
                "asking a server needs an optional package", extra="openai"
            ) from None
        self.name = profile.model
        self._where = profile.base_url or "https://api.openai.com/v1"
        self._client = openai.OpenAI(
            base_url=profile.base_url,
            api_key=(key := _key(profile)),
            timeout=profile.timeout,
            max_retries=profile.retries,
        )
        self._key = key  # servers quote it in their errors
        self._refused: set[str] = set()  # parts of a request that this server does not take
        self.template: Template = (
            load_template(profile.tokenizer) if profile.tokenizer else BoundedTemplate()
        )
        self.window = profile.window or self._window() or UNKNOWN_WINDOW

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        import httpx2
        import openai

        request = self._request(plan, options)
        calls: dict[int, dict[str, str]] = {}
        has_text = is_complete = is_started = False
        try:
            with self._open(request) as response:
                for chunk in completion_chunks(response.iter_bytes()):
                    is_started = True
                    if chunk is DONE:
                        # Some servers never give a reason why a text ends.
                        is_complete = is_complete or has_text
                        break
                    if (message := error_text(chunk)) is not None and not chunk.get("choices"):
                        raise ModelError(
                            f"the server answered: {mask_secrets(_one_line(message), [self._key])}",
                            where=self._where,
                        )
                    if (usage := _token_usage(chunk.get("usage"))) is not None:
                        options.on_usage(usage)
                    if options.should_stop():
                        return
                    for choice in chunk.get("choices") or ():
                        is_complete = is_complete or choice.get("finish_reason") is not None
                        delta = choice.get("delta") or choice.get("message") or {}
                        if text := text_of(delta.get("content")):
                            has_text = True
                            yield text
                        _collect(calls, delta.get("tool_calls") or ())
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            timed_out = isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException))
            if is_started and not timed_out:
                raise ModelError("the server broke off its answer", where=self._where) from error
            raise self._model_error(error) from error
        except openai.OpenAIError as error:
            raise self._model_error(error) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._invalid_response() from error  # JSON, but not of the protocol
        if not is_complete:
            raise self._invalid_response()
        for _, call in sorted(calls.items()):
            options.on_tool_call(
                ToolCall(call["name"], arguments_of(call["arguments"]), call["id"])
            )

    def _request(self, plan: ContextPlan, options: GenerateOptions) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [dict(message) for message in plan.messages],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if options.seed is not None:
            request["seed"] = options.seed
        if options.stop:
            request["stop"] = list(options.stop)
        if options.schema is not None:
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": dict(options.schema)},
            }
        if plan.tools:
            request["tools"] = [dict(tool) for tool in plan.tools]
        return request

    @contextmanager
    def _open(self, request: dict[str, Any]) -> Iterator[Any]:
        """A response; what the server refuses of the request is left out, then and later."""
        import openai

        with ExitStack() as stack:
            while True:
                create = self._client.chat.completions.with_streaming_response.create
                adapted = _adapted(request, self._refused)
                try:
                    response = stack.enter_context(create(**adapted))
                    break
                except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                    refused = _refused_part(adapted, _server_message(error))
                    if refused is None or refused in self._refused:
                        raise
                    self._refused.add(refused)
            yield response

    def _invalid_response(self) -> ModelError:
        return ModelError(
            "the server's answer is no whole chat completion",
            where=self._where,
            hint="is the address right? most end in /v1",
        )

    def _model_error(self, error: Exception) -> ModelError:
        import httpx2
        import openai

        message = mask_secrets(_one_line(_server_message(error)), [self._key])
        what, hint = f"the server answered: {message}", None
        if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
            what, hint = (
                "the server did not answer in time",
                "raise 'timeout' in its [models] table",
            )
        elif isinstance(error, openai.APIConnectionError):
            what, hint = "the server cannot be reached", "is it running?"
        elif isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
            what, hint = "the server refuses the key", "set api_key_env in its [models] table"
        elif isinstance(error, openai.NotFoundError):
            what, hint = f"the server has no model '{self.name}' at this address", None
        elif isinstance(error, openai.RateLimitError):
            what, hint = "the server is busy or the quota is used up", "try again later"
        elif isinstance(error, openai.InternalServerError):
            what, hint = f"the server failed ({error.status_code})", "look into its log"
        elif isinstance(error, openai.BadRequestError) and any(
            w in message.lower() for w in _TOO_LONG
        ):
            hint = "its window is smaller than configured: set 'window' in its [models] table"
        elif isinstance(error, openai.BadRequestError) and "tool" in message.lower():
            hint = "this model or server may know no tools: leave --tool out"
        return ModelError(what, where=self._where, hint=hint)

    def _window(self) -> int | None:
        """What the server's list of models says of this one's window, if anything."""
        import httpx2
        import openai

        try:
            models = list(self._client.with_options(max_retries=0, timeout=5).models.list())
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError):
            return None  # not every server has a list; what is wrong with this one shows when asked
        if len(models) == 1:  # llama.cpp answers to any name
            return _window_of(models[0])
        own = next((m for m in models if getattr(m, "id", None) == self.name), None)
        return _window_of(own)


def _window_of(model: Any) -> int | None:
    extra: dict[str, Any] = dict(getattr(model, "model_extra", None) or {})
    meta = extra.get("meta")
    candidates = [extra.get(key) for key in _WINDOW_KEYS]
    candidates.append(meta.get("n_ctx") if isinstance(meta, dict) else None)
    return next((n for n in candidates if type(n) is int and n > 0), None)


def _key(profile: ModelProfile) -> str:
    if profile.api_key:
        return profile.api_key
    name = profile.api_key_env or (None if profile.base_url else "OPENAI_API_KEY")
    if name is None:
        return "none"  # local servers take any
    if not (value := os.environ.get(name)):
        raise InputError(f"the environment variable {name} is not set", where=profile.name)
    return value


def _collect(calls: dict[int, dict[str, str]], pieces: Iterable[Any]) -> None:
    """Adds pieces of tool calls to what came of them before."""
    for piece in pieces:
        call = calls.setdefault(
            int(piece.get("index") or 0), {"id": "", "name": "", "arguments": ""}
        )
        call["id"] = call["id"] or piece.get("id") or ""
        function = piece.get("function") or {}
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""


def _adapted(request: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    """A request without what a server refuses; the system text then opens the first question."""
    adapted = {key: value for key, value in request.items() if key not in refused}
    if "max_tokens" in refused:
        adapted["max_completion_tokens"] = request["max_tokens"]
    if "system" in refused:
        system, *messages = request["messages"]
        user, *others = messages
        content = f"{system['content']}\n\n{user['content']}"
        adapted["messages"] = [{**user, "content": content}, *others]
    return adapted


def _refused_part(request: Mapping[str, Any], message: str) -> str | None:
    """Which part of a request an error message is about, if it can do without it."""
    if "max_completion_tokens" in message and "max_tokens" in request:
        return "max_tokens"
    for part in ("stream_options", "temperature", "top_p", "seed"):
        if part in request and re.search(rf"\b{part}\b", message):
            return part
    messages = request["messages"]
    has_system = len(messages) > 1 and messages[0]["role"] == "system"
    if has_system and messages[1]["role"] == "user" and _SYSTEM_REFUSED.search(message):
        return "system"
    return None


def _server_message(error: Exception) -> str:
    """What the server itself said, wherever it put it."""
    body = getattr(error, "body", None)
    if (message := error_text(body)) is not None:
        return message
    with suppress(Exception):  # a body that cannot be read or is not JSON
        if (message := error_text(error.response.json())) is not None:  # type: ignore[attr-defined]
            return message
    return str(getattr(error, "message", error))


def _one_line(message: str) -> str:
    return " ".join(message.split())[:_MAX_MESSAGE_CHARACTERS]


def _token_usage(usage: Any) -> TokenUsage | None:
    """The counts of a server; None unless it counted both prompt and output."""
    counts = usage if isinstance(usage, Mapping) else {}
    prompt, output = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(output, int):
        return None
    details = counts.get("prompt_tokens_details") or {}
    return TokenUsage(prompt=prompt, output=output, cached=int(details.get("cached_tokens") or 0))
