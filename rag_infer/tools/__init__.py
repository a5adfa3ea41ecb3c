"""What an answer may ask for on its way: typed functions, with a schema that a model can read.

Knows: what a tool is, how a Python function becomes one.
Does not know: models, prompts, indexes; which tools there are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, get_type_hints

from rag_infer.errors import InputError
from rag_infer.types import Hit

__all__ = ["Tool", "ToolOutput", "tool", "untitled"]


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool gives back when text is not all.

    ``hits`` are passages of the index that the text shows word for word, so that they can be cited
    by page; ``documents`` are those that the text was made from.
    """

    text: str
    hits: tuple[Hit, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call.

    ``parameters`` is a JSON Schema of an object. ``call`` takes the arguments as they came, checks
    them and returns text, an ``ToolOutput`` or anything that can be written as JSON; what it
    raises is told to the model.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    call: Callable[[Mapping[str, Any]], Any]

    @property
    def definition(self) -> dict[str, Any]:
        """As the OpenAI protocol and chat templates have it."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}


def tool(function: Callable[..., Any], *, name: str | None = None) -> Tool:
    """A tool of a typed function: its name, docstring and signature, checked by pydantic.

    ``Annotated[int, Field(description="...", ge=1)]`` describes and bounds a parameter. A function
    may be ``async``. Raises InputError for one without a docstring, or with a parameter that has no
    type or takes any number of arguments.
    """
    from pydantic import ConfigDict, create_model

    called = name or function.__name__
    about = inspect.getdoc(function)
    if not about:
        raise _wrong(called, "has no docstring, which tells a model what it is for")
    try:
        # Of its parameters alone: what it returns is nobody's business, and may be a local name.
        typed = {k: v for k, v in inspect.get_annotations(function).items() if k != "return"}
        bare = SimpleNamespace(__annotations__=typed)
        hints = get_type_hints(bare, getattr(function, "__globals__", {}), include_extras=True)
    except NameError as error:
        raise _wrong(called, f"has a type that is not known ({error})") from error
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise _wrong(called, f"takes any number of arguments (*{parameter.name})")
        if parameter.name not in hints:
            raise _wrong(called, f"has no type for '{parameter.name}'")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    model = create_model(called, __config__=ConfigDict(extra="forbid"), **fields)

    def call(arguments: Mapping[str, Any]) -> Any:
        checked = model.model_validate(dict(arguments))
        return function(**{field: getattr(checked, field) for field in fields})

    return Tool(called, about, untitled(model.model_json_schema()), call)


def untitled(schema: Any) -> Any:
    """A schema without the titles that pydantic makes of names: they cost tokens and say nothing.

    A parameter that is itself called "title" is a schema, no text, and stays.
    """
    if isinstance(schema, dict):
        return {
            key: untitled(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [untitled(value) for value in schema] if isinstance(schema, list) else schema


def _wrong(name: str, what: str) -> InputError:
    return InputError(
        what, where=f"tool {name}", hint="a tool is a typed function with a docstring"
    )
