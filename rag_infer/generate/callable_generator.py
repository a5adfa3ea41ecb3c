"""Chat models of the caller: a plain function adapted to the generator protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rag_infer.context.template import BoundedTemplate, Template
from rag_infer.errors import InputError, ModelError
from rag_infer.generate.base import EXTRACTIVE, GenerateOptions, Generator
from rag_infer.settings import ModelProfile
from rag_infer.types import ContextPlan

ChatFunction = Callable[[list[dict[str, Any]]], str | Iterable[str]]
LlmSpec = str | ModelProfile | Generator | ChatFunction
_DEFAULT_WINDOW = 8192


class CallableGenerator:
    """A function from chat messages to text, as a generator.

    Args:
        function: Takes messages (``{"role": ..., "content": ...}``) and returns the text, or an
            iterable of its pieces.
        name: What answers name as their model.
        window: Context window in tokens. Prompts are bounded by their bytes, which no tokenizer
            exceeds.
    """

    def __init__(
        self, function: ChatFunction, *, name: str | None = None, window: int = _DEFAULT_WINDOW
    ) -> None:
        self._function = function
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        self.window = window
        self.template: Template = BoundedTemplate()

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The pieces of the text. Raises ModelError for what is not text."""
        try:
            output = self._function([dict(message) for message in plan.messages])
            if not isinstance(output, Iterable):
                raise self._not_text(output)
            for piece in (output,) if isinstance(output, str) else output:
                if not isinstance(piece, str):
                    raise self._not_text(piece)
                if options.should_stop():
                    return
                yield piece
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"the model failed: {type(error).__name__}: {error}",
                where=self.name,
                code="model_failed",
            ) from error

    def _not_text(self, value: object) -> ModelError:
        return ModelError(
            f"invalid output of the model: {type(value).__name__}, expected text",
            where=self.name,
            code="invalid_model_output",
        )


def as_generator(value: object) -> Generator:
    """A model of the caller as a generator.

    Raises:
        InputError: The value is neither a generator nor a function from messages to text.
    """
    missing = [m for m in ("name", "window", "template", "stream") if not hasattr(value, m)]
    if not missing:
        return value  # type: ignore[return-value]
    if callable(value) and not isinstance(value, type | Mapping):
        return CallableGenerator(value)
    raise InputError(
        f"{type(value).__name__} is not a language model: missing {', '.join(missing)}",
        hint="use the name of a model, an object with the members of rag_infer.Generator, or a "
        "function from chat messages to text",
        code="invalid_llm",
    )


def resolve_llm(llm: LlmSpec | None, profiles: dict[str, ModelProfile]) -> str | Generator:
    """The name of a model or a loaded one; a profile is added to `profiles`."""
    if llm is None:
        return EXTRACTIVE
    if isinstance(llm, str):
        return llm
    if isinstance(llm, ModelProfile):
        profiles[llm.name] = llm
        return llm.name
    return as_generator(llm)
