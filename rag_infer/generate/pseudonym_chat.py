"""A model of a server that is asked with pseudonyms in place of personal data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rag_infer.context.template import Template
from rag_infer.generate.base import GenerateOptions, Generator
from rag_infer.generate.pseudonyms import Pseudonyms
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan, ToolCall

_SPARE_SHARE = 32  # of the window: a pseudonym may have more tokens than what it stands for
_CONTENT = ("content", "text", "arguments")


class PseudonymChat:
    """Hides what the profile says before the model reads it, and puts it back into its text.

    Args:
        model: The model.
        profile: Its profile.

    Raises:
        MissingDependencyError: The extra ``pseudonyms`` is not installed.
    """

    def __init__(self, model: Generator, profile: ModelProfile) -> None:
        self._model = model
        self._profile = profile
        self.name = model.name
        self._pseudonyms()

    @property
    def window(self) -> int:
        """The window of the model, less what pseudonyms may take."""
        return self._model.window - self._model.window // _SPARE_SHARE

    @window.setter
    def window(self, tokens: int) -> None:
        self._model.window = tokens

    @property
    def window_note(self) -> str | None:
        """What is to be said of the window."""
        note: str | None = getattr(self._model, "window_note", None)
        return note

    @property
    def template(self) -> Template:
        """How the model wants to be asked."""
        return self._model.template

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The answer to a plan. Raises ModelError when it breaks off."""
        pseudonyms = self._pseudonyms()
        hidden = replace(
            plan,
            messages=tuple(_hidden(message, pseudonyms) for message in plan.messages),
            prompt=pseudonyms.hide(plan.prompt),
        )

        def call_tool(call: ToolCall) -> None:
            arguments = _mapped(call.arguments, pseudonyms.reveal)
            options.on_tool_call(replace(call, arguments=arguments))

        with_data = replace(
            options,
            on_tool_call=call_tool,
            on_reasoning=lambda text: options.on_reasoning(pseudonyms.reveal(text)),
        )
        yield from pseudonyms.revealed(self._model.stream(hidden, with_data))

    def _pseudonyms(self) -> Pseudonyms:
        profile = self._profile
        return Pseudonyms(profile.hide, profile.hide_names, profile.hide_region)


def _hidden(message: Mapping[str, Any], pseudonyms: Pseudonyms) -> Mapping[str, Any]:
    """A message with pseudonyms in its texts; roles, names of tools and ids stay as they are."""
    return {
        key: _mapped(value, pseudonyms.hide)
        if key in _CONTENT
        else _hidden_parts(value, pseudonyms)
        for key, value in message.items()
    }


def _hidden_parts(value: Any, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, Mapping):
        return _hidden(value, pseudonyms)
    if isinstance(value, list | tuple):
        return [_hidden_parts(item, pseudonyms) for item in value]
    return value


def _mapped(value: Any, change: Any) -> Any:
    """A value of JSON with all of its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value
