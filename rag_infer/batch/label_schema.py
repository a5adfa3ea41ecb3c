"""What a model is to write of each record: one of some labels, or the fields of a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.extraction.fields import check_fields, fields_of_schema

_MAX_LABELS = 200
LABEL = "label"


@dataclass(frozen=True, slots=True)
class LabelTask:
    """What is asked of each record, and of which models.

    Attributes:
        schema: The JSON schema of the values: an object of plain properties, each of them there.
        escalate: The model that is asked where the first one is not sure; None: none.
        below: The confidence under which that is so.
        samples: How often a model is asked besides, where its server gives no probabilities.
        with_documents: Whether passages of the index are shown with each record.
    """

    schema: Mapping[str, Any] = field(default_factory=dict)
    escalate: str | None = None
    below: float = 0.7
    samples: int = 0
    with_documents: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The properties."""
        return tuple(self.schema["properties"])

    @property
    def quoted_names(self) -> tuple[str, ...]:
        """Properties whose values are words of the record, not a choice among given ones."""
        rules: Mapping[str, Mapping[str, Any]] = self.schema["properties"]
        return tuple(
            name for name, rule in rules.items()
            if "enum" not in rule and "string" in rule.get("type", "string")
        )  # fmt: skip


def schema_of_labels(labels: str) -> dict[str, Any]:
    """The schema of one label among several.

    Args:
        labels: Separated by commas.

    Raises:
        InputError: There are fewer than two, or too many.
    """
    choices = list(dict.fromkeys(part.strip() for part in labels.split(",") if part.strip()))
    if not 2 <= len(choices) <= _MAX_LABELS:
        raise InputError(f"2 to {_MAX_LABELS} labels are needed, separated by commas")
    return _closed({LABEL: {"type": "string", "enum": choices}}, [LABEL])


def schema_of_file(path: Path) -> dict[str, Any]:
    """The schema in a file. What it does not require may be null: the record need not say it.

    Raises:
        InputError: The file cannot be read, or describes no object of plain properties.
        MissingDependencyError: The extra ``schema`` is not installed.
    """
    from rag_infer.generate.json_schema import load_schema

    schema = load_schema(path)
    try:
        check_fields(fields_of_schema(schema))
    except InputError as error:
        raise InputError(error.what, where=str(path), hint=error.hint, code=error.code) from error
    required = [name for name in schema.get("required", ()) if name in schema["properties"]]
    return _closed(schema["properties"], required)


def _closed(properties: Mapping[str, Mapping[str, Any]], required: Sequence[str]) -> dict[str, Any]:
    """All properties are there, as strict servers want it; those not required may be null."""
    rules: dict[str, Any] = {}
    for name, rule in properties.items():
        kinds = rule.get("type", "string")
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        rules[name] = dict(rule) | {"type": kinds[0] if len(kinds) == 1 else kinds}
        if name not in required:
            rules[name]["type"] = [*dict.fromkeys([*kinds, "null"])]
            if "enum" in rule:
                rules[name]["enum"] = [*dict.fromkeys([*rule["enum"], None])]
    return {
        "type": "object", "properties": rules, "required": list(rules),
        "additionalProperties": False,
    }  # fmt: skip
