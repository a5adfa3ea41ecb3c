"""Chat models behind any OpenAI-compatible server: Ollama, llama.cpp, vLLM, hosted ones.

Imported only when a server is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from rag_infer.context.template import BoundedTemplate, Template, load_template
from rag_infer.errors import InputError, MissingDependencyError, ModelError
from rag_infer.generate.base import GenerateOptions, TokenUsage
from rag_infer.generate.tool_call_parser import arguments_of
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan, ToolCall

UNKNOWN_WINDOW = 4096  # a server that tells no window has at least this, in practice
_WINDOW_KEYS = ("max_model_len", "context_length", "context_window", "max_context_length")
_TOO_LONG = ("context", "too long", "maximum", "exceed")


class OpenAIChat:
    """A model of a server. ``window`` is as configured, else as the server tells, else 4096.

    Raises InputError for a key that is not set, MissingExtraError without the extra ``openai``.
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
            api_key=_key(profile),
            timeout=profile.timeout,
            max_retries=profile.retries,
        )
        self.template: Template = (
            load_template(profile.tokenizer) if profile.tokenizer else BoundedTemplate()
        )
        self.window = profile.window or self._window() or UNKNOWN_WINDOW

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        import httpx2
        import openai

        asked: dict[str, Any] = {
            "model": self.name,
            "messages": [dict(message) for message in plan.messages],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if options.seed is not None:
            asked["seed"] = options.seed
        if options.stop:
            asked["stop"] = list(options.stop)
        if options.schema is not None:
            asked["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": dict(options.schema)},
            }
        if plan.tools:
            asked["tools"] = [dict(tool) for tool in plan.tools]
        calls: dict[int, dict[str, str]] = {}
        began = ended = False
        try:
            with self._client.chat.completions.create(**asked) as events:
                for event in events:
                    began = True
                    if event.usage is not None:
                        options.on_usage(_counted(event.usage))
                    if options.should_stop():
                        return
                    for choice in event.choices or ():
                        ended = ended or choice.finish_reason is not None
                        if choice.delta is not None and choice.delta.content:
                            yield choice.delta.content
                        if choice.delta is not None:
                            _collect(calls, choice.delta.tool_calls or ())
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            if began and not isinstance(error, openai.APITimeoutError):
                raise ModelError("the server broke off its answer", where=self._where) from error
            raise self._told(error) from error
        except openai.OpenAIError as error:
            raise self._told(error) from error
        except (ValueError, TypeError, AttributeError) as error:
            # What is no event of the protocol is parsed into whatever it looks like.
            raise self._nonsense() from error
        if not ended:
            raise self._nonsense()
        for _, call in sorted(calls.items()):
            options.on_tool_call(
                ToolCall(call["name"], arguments_of(call["arguments"]), call["id"])
            )

    def _nonsense(self) -> ModelError:
        return ModelError(
            "the server's answer is no whole chat completion",
            where=self._where,
            hint="is the address right? most end in /v1",
        )

    def _told(self, error: Exception) -> ModelError:
        import openai

        said = " ".join(str(getattr(error, "message", error)).split())[:200]
        what, hint = f"the server answered: {said}", None
        if isinstance(error, openai.APITimeoutError):
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
            w in said.lower() for w in _TOO_LONG
        ):
            hint = "its window is smaller than configured: set 'window' in its [models] table"
        elif isinstance(error, openai.BadRequestError) and "tool" in said.lower():
            hint = "this model or server may know no tools: leave --tool out"
        return ModelError(what, where=self._where, hint=hint)

    def _window(self) -> int | None:
        """What the server's list of models says of this one's window, if anything."""
        import httpx2
        import openai

        try:
            listed = list(self._client.with_options(max_retries=0, timeout=5).models.list())
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError):
            return None  # not every server has a list; what is wrong with this one shows when asked
        own = next((m for m in listed if getattr(m, "id", None) == self.name), None)
        told: dict[str, Any] = dict(getattr(own, "model_extra", None) or {})
        meta = told.get("meta")
        candidates = [told.get(key) for key in _WINDOW_KEYS]
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
    """Adds pieces of calls of tools to what came of them before."""
    for piece in pieces:
        call = calls.setdefault(int(piece.index or 0), {"id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or piece.id or ""
        if piece.function is not None:
            call["name"] += piece.function.name or ""
            call["arguments"] += piece.function.arguments or ""


def _counted(usage: Any) -> TokenUsage:
    details = getattr(usage, "prompt_tokens_details", None)
    return TokenUsage(
        prompt=int(usage.prompt_tokens or 0),
        output=int(usage.completion_tokens or 0),
        cached=int(getattr(details, "cached_tokens", None) or 0),
    )
