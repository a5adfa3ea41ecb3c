"""Generators that a program hands in: any object of the protocol, or a plain function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rag_infer.context.template import BoundedTemplate, Template
from rag_infer.errors import InputError, ModelError
from rag_infer.generate import GenerateOptions, Generator
from rag_infer.types import ContextPlan

GenerationFunction = Callable[[list[dict[str, Any]]], str | Iterable[str]]
_DEFAULT_WINDOW_TOKENS = 8192


def as_generator(llm: Generator | GenerationFunction | str) -> Generator | str:
    """What ``Index.ask(llm=...)`` accepts, as a generator or the name of one.

    Args:
        llm: A name, an object with the methods of ``Generator``, or a function that takes
            messages (``{"role": ..., "content": ...}``) and returns text or an iterator of text.

    Raises:
        InputError: for anything else.
    """
    if isinstance(llm, str | Generator):
        return llm
    if callable(llm):
        return FunctionGenerator(llm)
    raise InputError(
        f"{type(llm).__name__} is not a language model: expected a name, a function from messages "
        "to text, or an object with name, window, template and stream"
    )


class FunctionGenerator:
    """A function from messages to text as a generator.

    Its context window is the attribute ``window`` of the function, or 8,192 tokens. As its tokens
    are not known, the length of a prompt is an upper bound (``ContextPlan.is_upper_bound``).
    """

    def __init__(self, function: GenerationFunction) -> None:
        self._function = function
        self.name = str(getattr(function, "name", getattr(function, "__qualname__", "function")))
        self.window = int(getattr(function, "window", _DEFAULT_WINDOW_TOKENS))
        self._template = BoundedTemplate()

    @property
    def template(self) -> Template:
        """Counts an upper bound of tokens."""
        return self._template

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The function's text, piece by piece. Raises ModelError when it does not return text."""
        messages = [_plain_message(message) for message in plan.messages]
        result = self._function(messages)
        pieces = [result] if isinstance(result, str) else result
        try:
            iterator = iter(pieces)
        except TypeError as error:
            raise ModelError(
                f"returned {type(result).__name__} instead of text", where=self.name
            ) from error
        for piece in iterator:
            if not isinstance(piece, str):
                raise ModelError(
                    f"returned {type(piece).__name__} instead of text", where=self.name
                )
            if options.should_stop():
                return
            yield piece


def _plain_message(message: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if value is not None}
