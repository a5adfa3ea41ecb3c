"""The settings in effect: a default, the user's file, a project's file, the environment.

The later one wins. Flags of the command line win over all of them; they are the commands' own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.settings.profiles import RUNTIMES, ModelProfile, Runtime, ToolServer
from rag_infer.settings.prompts import Prompts
from rag_infer.settings.schema import (
    SCALAR_KEYS,
    Settings,
    environment_variable,
)
from rag_infer.settings.toml import PROJECT_FILE, read, user_file
from rag_infer.settings.validation import comma_separated, validate

_FALSE = frozenset({"0", "false", "no", "off"})


def load() -> Settings:
    """The settings in effect now.

    Returns:
        Settings whose `sources` say where each value comes from.

    Raises:
        InputError: A file is not TOML, a key is unknown or a value is not valid; one line that
            names file, or environment variable, and key.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    models: dict[str, ModelProfile] = {}
    servers: dict[str, ToolServer] = {}
    prompts = Prompts()
    for path in (user_file(), Path(PROJECT_FILE)):
        table, settings = read(path)
        if settings is None:
            continue
        models |= settings.models
        servers |= settings.mcp
        sources |= {f"models.{name}": str(path) for name in settings.models}
        sources |= {f"mcp.{name}": str(path) for name in settings.mcp}
        if "prompts" in table:
            prompts, sources["prompts"] = settings.prompts, str(path)
        for key in table.keys() & set(SCALAR_KEYS):
            values[key] = getattr(settings, key)
            sources[key] = str(path)
    for key in SCALAR_KEYS:
        variable = environment_variable(key)
        if text := os.environ.get(variable):
            values[key] = _from_environment(key, text)
            sources[key] = variable
    return Settings(**values, models=models, mcp=servers, prompts=prompts, sources=sources)


def _from_environment(key: str, text: str) -> Any:
    default = getattr(Settings(), key)
    if default is None or isinstance(default, str):
        return text
    if isinstance(default, bool):
        return text.lower() not in _FALSE
    if isinstance(default, tuple):
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return getattr(validate({key: text}, environment_variable(key), strict=False), key)


def profiles(settings: Settings, llm: str, runtime: str | None = None) -> dict[str, ModelProfile]:
    """The model profiles, with the runtime of the selected model filled in.

    Args:
        settings: The settings in effect.
        llm: The selected model.
        runtime: What `--runtime` says. Else the profile's own counts, else the setting.

    Raises:
        InputError: There is no such runtime.
    """
    models = dict(settings.models)
    profile = models.get(llm)
    requested = runtime or (profile and profile.runtime) or settings.runtime
    # Quotes need no model, and a server runs its own.
    needs_no_runtime = llm == "extractive" or llm.startswith("openai:")
    if requested and not needs_no_runtime and not (profile and profile.base_url):
        models[llm] = replace(profile or ModelProfile(llm, llm), runtime=_runtime(requested))
    elif requested:
        _runtime(requested)
    return models


def _runtime(name: str) -> Runtime:
    for runtime in RUNTIMES:
        if runtime == name:
            return runtime
    raise InputError(f"there is no runtime '{name}'", hint=f"use: {comma_separated(RUNTIMES)}")
