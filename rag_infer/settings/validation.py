"""Values from files and the environment, validated by pydantic; errors name source and key.

pydantic is imported only when there is something to validate: it costs 0.1 s of a cold start.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from rag_infer.errors import InputError
from rag_infer.settings.profiles import ModelProfile, Price, ToolServer
from rag_infer.settings.prompts import Prompts
from rag_infer.settings.schema import SCALAR_KEYS, Settings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MESSAGES = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "dataclass_type": "must be a table",
    "missing": "is missing",
}
_NAMED_TABLES: dict[str, type] = {"models": ModelProfile, "mcp": ToolServer}


def validate(table: Mapping[str, Any], source: str, *, strict: bool = True) -> Settings:
    """Settings with the values of one source.

    Args:
        table: Values by key, as TOML gives them.
        source: The file or environment variable, for errors.
        strict: Whether a value must have its type; a text from the environment is converted.

    Returns:
        The settings; keys that the table does not have are at their defaults.

    Raises:
        InputError: A key is unknown or a value is not valid; one line names source and key.
    """
    for key in table:
        if key not in (*SCALAR_KEYS, *_NAMED_TABLES, "prompts"):
            raise error(source, f"there is no setting '{key}'", _known(Settings))
    from pydantic import ValidationError

    # As JSON, because strict validation of Python objects refuses a list for a tuple.
    text = json.dumps(_with_names(table, source), default=str)
    try:
        return _validator().validate_json(text, strict=strict)
    except ValidationError as failure:
        raise _plain_error(failure.errors()[0], source) from failure
    except InputError as failure:  # a range that a profile checks itself
        raise error(source, f"'{failure.where}' {failure.what}") from failure


@cache
def _validator() -> TypeAdapter[Settings]:
    """Built once: it takes as long as reading a hundred files."""
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)


def _with_names(table: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The table, with the name of each profile inside the profile."""
    result = dict(table)
    for key in _NAMED_TABLES.keys() & table.keys():
        profiles = table[key]
        if not isinstance(profiles, dict):
            raise error(source, f"'{key}' must be a table", f"for example [{key}.NAME]")
        for name, profile in profiles.items():
            if isinstance(profile, dict) and "name" in profile:
                raise error(source, f"'{key}.{name}' has no key 'name'", "NAME is in the heading")
        result[key] = {
            name: {**profile, "name": name} if isinstance(profile, dict) else profile
            for name, profile in profiles.items()
        }
    return result


def _plain_error(details: Mapping[str, Any], source: str) -> InputError:
    """One error of pydantic, in the words of the other errors."""
    location = [str(part) for part in details["loc"]]
    kind = details["type"]
    if kind == "unexpected_keyword_argument":
        *parents, key = location
        owners = {**_NAMED_TABLES, "prompts": Prompts}
        owner = Price if parents[-1] == "price" else owners[parents[0]]
        return error(source, f"'{'.'.join(parents)}' has no key '{key}'", _known(owner))
    key = ".".join(location)
    if location[-1].isdigit():  # within a list
        return error(source, f"each value in '{'.'.join(location[:-1])}' {_MESSAGES[kind]}")
    if kind == "literal_error":
        return error(source, f"'{key}' must be {details['ctx']['expected'].replace(chr(39), '')}")
    if kind == "missing" and location[-1] == "model":
        return error(source, f"'{key}' is missing", 'add for example: model = "qwen3:4b"')
    return error(source, f"'{key}' {_MESSAGES.get(kind) or details['msg'].lower()}")


def _known(owner: type) -> str:
    internal = {"name", "sources"}
    return f"there are: {comma_separated(f.name for f in fields(owner) if f.name not in internal)}"


def error(source: object, what: str, hint: str | None = None) -> InputError:
    """An error in a file or an environment variable."""
    return InputError(what, where=str(source), hint=hint)


def comma_separated(names: Iterable[str]) -> str:
    """Names in one line."""
    return ", ".join(names)
