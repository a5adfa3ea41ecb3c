"""What went wrong at a model server, as an error of one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag_infer.errors import ModelError, PromptTooLongError, ServerBusyError
from rag_infer.generate.chat_stream import error_text
from rag_infer.redaction import mask_secrets

if TYPE_CHECKING:
    import openai

_MAX_MESSAGE_CHARACTERS = 200
_MAX_LISTED_MODELS = 12
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|maximum context|too (?:long|many tokens)"
    r"|exceeds? the available|prompt is too|input is too|context_length_exceeded|exceed_context",
    re.IGNORECASE,
)
_WINDOW_TEXT = re.compile(
    r"(?:maximum context (?:length|window)(?: is| of)?|n_ctx\W+|context size\W+)\D{0,12}(\d{3,8})",
    re.IGNORECASE,
)
_LOADING = re.compile(r"loading", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Who was asked: address, model, key (never shown), and the models that the server lists."""

    where: str
    model: str
    key: str
    models: Sequence[str] = ()

    def error(self, error: Exception) -> ModelError:
        """The error of the SDK as one of the library."""
        import httpx2
        import openai

        message = self.quoted(server_message(error))
        what, hint = f"the server answered: {message}", None
        if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
            what, hint = (
                "the server did not answer in time",
                "set a longer 'timeout' in a [models] table",
            )
        elif isinstance(error, openai.APIConnectionError):
            what, hint = "the server cannot be reached", "is it running? rag models lists those"
        elif isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
            what, hint = "the server refuses the key", "set api_key_env in its [models] table"
        elif isinstance(error, openai.NotFoundError):
            what = f"the server has no model '{self.model}' at this address"
            if self.model in self.models:
                hint = "it lists that name: most addresses end in /v1, Azure's in /openai/v1"
                return ModelError(what, where=self.where, hint=hint)
            others = ", ".join(self.models[:_MAX_LISTED_MODELS])
            hint = f"it has: {others}" if others else None
        elif isinstance(error, openai.RateLimitError):
            what, hint = "the server is busy or the quota is used up", "try again later"
            return self._busy(what, hint, error)
        elif isinstance(error, openai.InternalServerError) and is_loading(error):
            what, hint = "the server is still loading the model", "try again in a minute"
            return self._busy(what, hint, error)
        elif isinstance(error, openai.InternalServerError) and error.status_code == 503:
            return self._busy("the server is busy (503)", "try again later", error)
        elif isinstance(error, openai.InternalServerError):
            what, hint = f"the server failed ({error.status_code})", "look into its log"
        elif is_too_long(message):
            hint = "its window is smaller than configured: set 'window' in its [models] table"
            return PromptTooLongError(what, where=self.where, hint=hint)
        elif isinstance(error, openai.BadRequestError) and "tool" in message.lower():
            hint = "this model or server may know no tools: leave --tool out"
        return ModelError(what, where=self.where, hint=hint)

    def _busy(self, what: str, hint: str, error: openai.APIStatusError) -> ServerBusyError:
        busy = ServerBusyError(what, where=self.where, hint=hint)
        with suppress(ValueError):  # a date, which few servers send
            busy.retry_after_s = float(error.response.headers.get("retry-after", ""))
        return busy

    def quoted(self, message: str) -> str:
        """A server's message on one line, short, without the key."""
        return mask_secrets(" ".join(message.split())[:_MAX_MESSAGE_CHARACTERS], [self.key])


def is_too_long(message: str) -> bool:
    """Whether a message says that the prompt does not fit the window."""
    return _TOO_LONG.search(message) is not None


def stated_window(error: Exception | str) -> int | None:
    """The window that a server states while it refuses a prompt, in tokens."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        inner = body.get("error")
        values = (inner if isinstance(inner, Mapping) else body).get("n_ctx")
        if type(values) is int and values > 0:
            return values
    match = _WINDOW_TEXT.search(error if isinstance(error, str) else server_message(error))
    return int(match[1]) if match else None


def is_loading(error: Exception) -> bool:
    """Whether a server says that it is not ready yet."""
    return getattr(error, "status_code", None) == 503 and bool(
        _LOADING.search(server_message(error))
    )


def server_message(error: Exception) -> str:
    """What the server itself said, wherever it put it."""
    body: Any = getattr(error, "body", None)
    if (message := error_text(body)) is not None:
        return message
    with suppress(Exception):  # a body that cannot be read or is not JSON
        if (message := error_text(error.response.json())) is not None:  # type: ignore[attr-defined]
            return message
    return str(getattr(error, "message", error))
