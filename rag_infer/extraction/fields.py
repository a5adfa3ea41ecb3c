"""Fields that are extracted: their names, their questions, and the type of their values.

A field is a name ("expiry date"), a name with a question of its own
("notice=How long is the notice period?"), or a property of a JSON Schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag_infer.argument_checks import check_type
from rag_infer.cite.typed_values import ValueKind, asked_value
from rag_infer.errors import InputError
from rag_infer.types import JsonResult

ValueType = Literal["text", "date", "money", "number", "percent", "duration", "boolean"]

MAX_FIELDS = 40
_MAX_NAME_CHARS = 120
_MAX_QUESTION_CHARS = 2_000
_MAX_SCHEMA_BYTES = 1_000_000
# What the last word of a name says of its values; tried before the forms of questions.
_LAST_WORDS: tuple[tuple[ValueType, frozenset[str]], ...] = (
    ("date", frozenset("date day deadline expiry expiration datum ablaufdatum".split())),
    ("duration", frozenset("period duration laufzeit kündigungsfrist frist".split())),
    ("percent", frozenset("percentage percent discount rabatt".split())),
    ("money", frozenset(
        "amount total price fee fees rent cost costs salary budget deposit premium cap sum "
        "gesamtbetrag betrag preis miete gehalt kaution subtotal".split())),
    ("number", frozenset("count quantity headcount anzahl qty".split())),
)  # fmt: skip
_NUMBER_OF = re.compile(r"^(?:number|anzahl) (?:of|der)\b", re.IGNORECASE)
_TOTAL = re.compile(r"\b(?:total|amount|balance|sum) (?:due|payable|owed|to pay)$", re.IGNORECASE)
_TYPE_OF_KIND: dict[ValueKind, ValueType] = {
    "money": "money",
    "percent": "percent",
    "duration": "duration",
    "date": "date",
    "count": "number",
    "measure": "number",
}
_TYPE_OF_FORMAT: dict[str, ValueType] = {
    "date": "date",
    "date-time": "date",
    "duration": "duration",
    "money": "money",
    "currency": "money",
    "percent": "percent",
}
_QUESTION_WORD = re.compile(
    r"^(?:what|who|whom|whose|when|where|which|why|how|is|are|does|do|has|have|can|may|must|will)\b",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class ExtractionField(JsonResult):
    """A field whose value is looked for in each document.

    Attributes:
        name: Its name in results.
        label: Its name in words, as a form would have it.
        questions: Questions that are asked of each document, the first one first.
        type: The type of its values.
        is_strict: A value that is not of the type leaves the cell empty. So it is with a schema;
            a type that is only taken from the name does not exclude a sure answer in words.
        choices: The values that it may have, as a schema lists them; none: any.
    """

    name: str
    label: str
    questions: tuple[str, ...]
    type: ValueType = "text"
    is_strict: bool = False
    choices: tuple[str, ...] = ()


def field_of_text(text: str) -> ExtractionField:
    """The field of ``name`` or ``name=question``.

    Raises:
        InputError: The name is empty or too long.
    """
    check_type("a field", text, str)
    name, separator, question = (part.strip() for part in text.partition("="))
    if separator and not question:
        raise InputError(f"the field '{name}' has an empty question", code="invalid_field")
    return _field(name, question)


def fields_of_schema(schema: Mapping[str, Any]) -> tuple[ExtractionField, ...]:
    """One field for each property of a JSON Schema.

    ``title`` names the field in words, ``description`` is its question or explains it. ``type``
    (string, number, integer, boolean), ``format`` (date, duration, and money or percent besides)
    and ``enum`` say which values count.

    Raises:
        InputError: The schema describes no object with properties, or has no known type.
    """
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not properties:
        raise InputError(
            "the schema has no properties",
            hint='for example: {"properties": {"expiry date": {"format": "date"}}}',
            code="invalid_schema",
        )
    return tuple(_field_of_property(name, rule) for name, rule in properties.items())


def load_fields(path: Path) -> tuple[ExtractionField, ...]:
    """The fields of a file with a JSON Schema.

    Raises:
        InputError: The file cannot be read, or holds no such schema.
    """
    try:
        if path.stat().st_size > _MAX_SCHEMA_BYTES:
            raise InputError("too large for a schema", where=str(path))
        schema = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(error.strerror or str(error), where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=str(path)) from error
    try:
        return fields_of_schema(schema)
    except InputError as error:
        raise InputError(error.what, where=str(path), hint=error.hint, code=error.code) from error


def check_fields(fields: Sequence[ExtractionField]) -> None:
    """Raises InputError for no field, too many, or two of one name."""
    if not fields:
        raise InputError(
            "there is no field to extract",
            hint='name one, for example "expiry date"',
            code="no_fields",
        )
    if len(fields) > MAX_FIELDS:
        raise InputError(f"{len(fields)} fields, at most {MAX_FIELDS}", code="too_many_fields")
    names = [field.name for field in fields]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f"the field '{repeated}' is there twice", code="invalid_field")


def _field_of_property(name: object, rule: object) -> ExtractionField:
    if not isinstance(name, str) or not isinstance(rule, Mapping):
        raise InputError(f"the schema's property {name!r} is not an object", code="invalid_schema")
    title, description = rule.get("title"), rule.get("description")
    label = title if isinstance(title, str) and title.strip() else _in_words(name)
    text = " ".join(description.split()) if isinstance(description, str) else ""
    plain = _field(label, text if _QUESTION_WORD.match(text) or text.endswith("?") else "")
    questions = plain.questions
    if text and text not in questions:
        explained = text[0].lower() + text[1:].rstrip(".")
        questions = (*questions, f"What is {explained}?")
    choices = rule.get("enum", ())
    if not isinstance(choices, list | tuple):
        raise InputError(f"the schema's property '{name}' has an enum that is no list")
    value_type, is_strict = _type_of_rule(name, rule, plain.type)
    return ExtractionField(
        name, plain.label, questions, value_type, is_strict, tuple(str(c) for c in choices)
    )


def _type_of_rule(
    name: str, rule: Mapping[str, Any], of_label: ValueType
) -> tuple[ValueType, bool]:
    types = rule.get("type", "string")
    names = [types] if isinstance(types, str) else list(types) if isinstance(types, list) else []
    kinds = [kind for kind in names if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 else "string"
    value_format = rule.get("format")
    if isinstance(value_format, str) and value_format in _TYPE_OF_FORMAT:
        return _TYPE_OF_FORMAT[value_format], True
    match kind:
        case "boolean":
            return "boolean", True
        case "number" | "integer":
            return (of_label if of_label in ("money", "percent") else "number"), True
        case "string":
            return ("text" if "type" in rule else of_label), False
        case _:
            raise InputError(
                f"the schema's property '{name}' is of the type {kind}",
                hint="use string, number, integer or boolean",
                code="invalid_schema",
            )


def _field(name: str, question: str = "") -> ExtractionField:
    label = " ".join(name.split())
    if not re.search(r"\w", label) or len(label) > _MAX_NAME_CHARS:
        raise InputError(
            f"a field has a name of 1 to {_MAX_NAME_CHARS} characters", code="invalid_field"
        )
    if len(question) > _MAX_QUESTION_CHARS:
        raise InputError(f"the question of the field '{label}' is too long", code="invalid_field")
    value_type = _type_of_label(label, question)
    return ExtractionField(
        label, label, (question,) if question else (f"What is the {label}?",), value_type
    )


def _type_of_label(label: str, question: str) -> ValueType:
    if _NUMBER_OF.match(label):
        return "number"
    if _TOTAL.search(label):
        return "money"
    last = label.lower().split()[-1].strip("?.:")
    for value_type, names in _LAST_WORDS:
        if last in names:
            return value_type
    return _TYPE_OF_KIND.get(asked_value(question or f"What is the {label}?"), "text")


def _in_words(name: str) -> str:
    return " ".join(_CAMEL.sub(" ", name).replace("_", " ").replace("-", " ").split()).lower()
