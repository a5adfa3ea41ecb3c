"""Chat models behind any OpenAI-compatible server: Ollama, llama.cpp, vLLM, hosted ones.

Imported only when a server is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from rag_infer.context.template import EstimatedTemplate, Template, load_template
from rag_infer.errors import InputError, MissingDependencyError, ModelError, PromptTooLongError
from rag_infer.generate.base import GenerateOptions
from rag_infer.generate.chat_request import (
    adapted_request,
    collect_calls,
    completion_request,
    refused_part,
)
from rag_infer.generate.chat_stream import (
    DONE,
    completion_chunks,
    error_text,
    finish_reason,
    tell_log_probabilities,
    text_of,
    token_usage,
)
from rag_infer.generate.model_list import is_loopback
from rag_infer.generate.sent_log import SentLog
from rag_infer.generate.server_errors import (
    ServerContext,
    is_loading,
    is_too_long,
    server_message,
    stated_window,
)
from rag_infer.generate.server_properties import server_properties
from rag_infer.generate.tool_call_parser import arguments_of
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan, ToolCall

UNKNOWN_WINDOW = 4096  # tokens; a server that tells no window has at least this, in practice
_MIN_WINDOW = 512  # tokens
_CONNECT_TIMEOUT_S = 10.0
_TIMEOUT_S = 60.0  # of silence
_LOCAL_TIMEOUT_S = 900.0
_MAX_LOADING_S = 180.0  # a server may take as long to load a model
_LOADING_PAUSE_S = 1.0
_MAX_PAUSE_S = 20.0


class OpenAIChat:
    """A model of a server. ``window`` is as configured, else as the server tells, else 4096.

    ``window_note`` says so where it is a guess. Raises InputError for a key that is not set,
    MissingDependencyError without the extra ``openai``.
    """

    def __init__(self, profile: ModelProfile) -> None:
        try:
            import httpx2
            import openai
        except ImportError:
            raise MissingDependencyError(
                "asking a server needs an optional package", extra="openai"
            ) from None
        self.name = profile.model
        self._where = profile.base_url or "https://api.openai.com/v1"
        # Reading a long prompt without a graphics card takes minutes in which nothing arrives.
        silence = _LOCAL_TIMEOUT_S if is_loopback(self._where) else _TIMEOUT_S
        silence = silence if profile.timeout is None else profile.timeout
        connect = min(silence, _CONNECT_TIMEOUT_S)
        self._client = openai.OpenAI(
            base_url=profile.base_url,
            api_key=(key := _key(profile)),
            timeout=httpx2.Timeout(silence, connect=connect),
            max_retries=0,
        )
        self._retries = profile.retries
        self._refused: set[str] = set()  # parts of a request that this server does not take
        properties = server_properties(self._where, self.name, key)
        self._context = ServerContext(self._where, self.name, key, properties.models)
        self.template: Template = (
            load_template(profile.tokenizer) if profile.tokenizer else properties.template
        )
        window = profile.window or properties.window
        self.window = window or UNKNOWN_WINDOW
        self.window_note = (
            None
            if window
            else f"the server tells no context window: {UNKNOWN_WINDOW} tokens are assumed; set "
            "'window' in a [models] table to use more"
        )

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        import httpx2
        import openai

        request = self._logged_request(plan, options)
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
                    message = error_text(chunk)
                    # Some gateways put the error beside an empty choice.
                    if message is not None and (not chunk.get("choices") or chunk.get("error")):
                        what = f"the server answered: {self._context.quoted(message)}"
                        if is_too_long(message) and not has_text:
                            self._too_long(plan.tokens, message)
                            raise PromptTooLongError(what, where=self._where)
                        raise ModelError(what, where=self._where)
                    if (usage := token_usage(chunk.get("usage"))) is not None:
                        options.on_usage(usage)
                    if options.should_stop():
                        return
                    for choice in chunk.get("choices") or ():
                        if (finish := choice.get("finish_reason")) is not None:
                            is_complete = True
                            if (reason := finish_reason(finish)) is not None:
                                options.on_finish(reason)
                        tell_log_probabilities(choice, options)
                        delta = choice.get("delta") or choice.get("message") or {}
                        if reasoning := text_of(
                            delta.get("reasoning_content") or delta.get("reasoning")
                        ):
                            options.on_reasoning(reasoning)
                            yield ""
                        if text := text_of(delta.get("content")) or text_of(delta.get("refusal")):
                            has_text = True
                            yield text
                        collect_calls(calls, delta.get("tool_calls") or ())
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            timed_out = isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException))
            if is_started and not timed_out:
                raise ModelError("the server broke off its answer", where=self._where) from error
            raise self._context.error(error) from error
        except openai.OpenAIError as error:
            failure = self._context.error(error)
            if isinstance(failure, PromptTooLongError):
                self._too_long(plan.tokens, error)
            raise failure from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._invalid_response() from error  # JSON, but not of the protocol
        if not is_complete:
            raise self._invalid_response()
        for _, call in sorted(calls.items()):
            options.on_tool_call(
                ToolCall(call["name"], arguments_of(call["arguments"]), call["id"])
            )

    def _logged_request(self, plan: ContextPlan, options: GenerateOptions) -> dict[str, Any]:
        SentLog().add(self._where, self.name, plan)
        return self._request(plan, options)

    def _request(self, plan: ContextPlan, options: GenerateOptions) -> dict[str, Any]:
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        return completion_request(self.name, plan, options) | streamed

    @contextmanager
    def _open(self, request: dict[str, Any]) -> Iterator[Any]:
        """A response; what the server refuses of the request is left out, then and later."""
        import openai

        create = self._client.chat.completions.with_streaming_response.create
        failures = 0
        loading_until = time.monotonic() + _MAX_LOADING_S
        with ExitStack() as stack:
            while True:
                adapted = adapted_request(request, self._refused)
                try:
                    response = stack.enter_context(create(**adapted))
                    break
                except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                    refused = refused_part(adapted, server_message(error))
                    if refused is None or refused in self._refused:
                        raise
                    self._refused.add(refused)
                except openai.APITimeoutError:
                    raise  # the server would begin the same prompt again
                except (
                    openai.APIConnectionError,
                    openai.RateLimitError,
                    openai.InternalServerError,
                ) as error:
                    if is_loading(error) and time.monotonic() < loading_until:
                        time.sleep(_LOADING_PAUSE_S)
                        continue
                    failures += 1
                    if failures > self._retries:
                        raise
                    time.sleep(_retry_pause(error, failures))
            yield response

    def _invalid_response(self) -> ModelError:
        return ModelError(
            "the server's answer is no whole chat completion",
            where=self._where,
            hint="is the address right? most end in /v1",
        )

    def _too_long(self, tokens: int, error: Exception | str) -> None:
        """Takes in that a prompt of so many tokens, by the template, did not fit."""
        window = stated_window(error)
        if window is not None and window < self.window:
            self.window = window
        elif isinstance(self.template, EstimatedTemplate):
            self.template.correct(tokens, self.window)
        else:
            self.window = max(_MIN_WINDOW, self.window * 3 // 4)


def _retry_pause(error: Exception, failures: int) -> float:
    """Seconds to wait: what the server asks for, within reason, else twice as long each time."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    with suppress(TypeError, ValueError):
        return min(float(headers.get("retry-after", "")), _MAX_PAUSE_S)
    return min(0.5 * 2.0 ** (failures - 1), _MAX_PAUSE_S)


def _key(profile: ModelProfile) -> str:
    if profile.api_key:
        return profile.api_key
    name = profile.api_key_env or (None if profile.base_url else "OPENAI_API_KEY")
    if name is None:
        return "none"  # local servers take any
    if not (value := os.environ.get(name)):
        raise InputError(f"the environment variable {name} is not set", where=profile.name)
    return value
