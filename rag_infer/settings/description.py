"""The settings in effect as rows of text, for people; secrets are masked."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rag_infer.redaction import MASK, mask_command, mask_secrets
from rag_infer.settings.locations import indexes_folder
from rag_infer.settings.profiles import ModelProfile, Price
from rag_infer.settings.prompts import Prompts
from rag_infer.settings.schema import SCALAR_KEYS, SECRET_KEYS, Settings
from rag_infer.settings.validation import comma_separated


def describe(settings: Settings) -> list[tuple[str, str, str]]:
    """Every setting as (key, value, where it comes from); secrets are masked."""
    rows = []
    for key in SCALAR_KEYS:
        value = getattr(settings, key)
        if key == "indexes" and value is None:
            value = indexes_folder(settings)
        rows.append((key, _value_text(key, value), settings.sources.get(key, "default")))
    for name, model in sorted(settings.models.items()):
        source = settings.sources[f"models.{name}"]
        for key, value in _set_fields(model):
            if isinstance(value, Price):
                prices = [(f"{key}.{kind}", price) for kind, price in _set_fields(value)]
                rows += [(f"models.{name}.{kind}", str(price), source) for kind, price in prices]
            elif key != "name":
                rows.append((f"models.{name}.{key}", _value_text(key, value), source))
    for name, server in sorted(settings.mcp.items()):
        address = mask_secrets(server.url or "") or " ".join(mask_command(server.command))
        rows.append((f"mcp.{name}", address, settings.sources[f"mcp.{name}"]))
    for key, text in _set_fields(settings.prompts):
        rows.append((f"prompts.{key}", " ".join(text.split()), settings.sources["prompts"]))
    return rows


def _set_fields(profile: ModelProfile | Price | Prompts) -> list[tuple[str, Any]]:
    named = [(f.name, getattr(profile, f.name)) for f in fields(profile)]
    return [(key, value) for key, value in named if value is not None]


def _value_text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key in SECRET_KEYS:
        return MASK
    if isinstance(value, bool):
        return str(value).lower()
    return comma_separated(value) if isinstance(value, tuple) else mask_secrets(str(value))
