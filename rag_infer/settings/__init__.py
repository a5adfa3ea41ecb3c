"""What is chosen, by whom: a flag, the environment, a project's file, the user's file, a default.

Flags are the command's; everything else is here. ``rag.toml`` in the present folder goes before
``config.toml`` in the user's, and both are the same TOML:

    index = "notes"
    llm = "fast"

    [models.fast]
    base_url = "http://localhost:11434/v1"
    model = "qwen3:4b"
    window = 8192

    [models.fast.price]      # for a million tokens
    input = 0.1
    output = 0.4

    [mcp.files]              # a server of tools, for --tool files; in the user's file alone
    command = ["npx", "some-mcp-server"]
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.paths import data_folder
from rag_infer.redaction import MASK, mask_command, mask_secrets
from rag_infer.settings.profiles import (
    OPENVINO,
    OWN_TOOLS,
    PRECISIONS,
    RUNTIMES,
    ModelProfile,
    Price,
    ToolServer,
)
from rag_infer.settings.toml import (
    PROJECT_FILE,
    called,
    listed,
    models_of,
    read,
    refuse_servers,
    servers_of,
    tools_of,
    user_file,
    wrong,
)

__all__ = [
    "DEFAULT_INDEX", "OPENVINO", "OWN_TOOLS", "PRECISIONS", "PROJECT_FILE", "RUNTIMES",
    "ModelProfile", "Price", "Settings", "ToolServer", "index_path", "indexes_folder", "load",
    "profiles", "shown", "user_file",
]  # fmt: skip

DEFAULT_INDEX = "default"
_NAME = re.compile(r"[\w][\w .+-]*")
_NO = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. ``sources`` tells where each value comes from, in words."""

    index: str = DEFAULT_INDEX
    indexes: str | None = None
    embedder: str | None = None
    llm: str = "extractive"
    runtime: str | None = None
    reranker: str | None = None
    log: bool = True
    tools: tuple[str, ...] = ()
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    mcp: Mapping[str, ToolServer] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


_PLAIN: dict[str, type] = {
    "index": str, "indexes": str, "embedder": str, "llm": str, "runtime": str, "reranker": str,
    "log": bool, "tools": list,
}  # fmt: skip


def load() -> Settings:
    """The settings as they stand now.

    Raises InputError, naming file and key, for a file that is no TOML, a key that is none, or a
    value of the wrong type.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    models: dict[str, ModelProfile] = {}
    servers: dict[str, ToolServer] = {}
    for path in (user_file(), Path(PROJECT_FILE)):
        for key, value in read(path).items():
            if key == "models":
                made = models_of(value, path)
                if path.name == PROJECT_FILE:
                    refuse_servers(made, path)
                models |= made
                sources |= {f"models.{name}": str(path) for name in made}
                continue
            if key == "mcp":
                servers |= servers_of(value, path)
                sources |= {f"mcp.{name}": str(path) for name in servers}
                continue
            if key not in _PLAIN:
                raise wrong(
                    path, f"has no setting '{key}'", f"there are: {listed(_PLAIN)}, models, mcp"
                )
            if not isinstance(value, _PLAIN[key]):
                raise wrong(path, f"'{key}' has to be {called(_PLAIN[key])}")
            values[key] = tools_of(value, path) if key == "tools" else value
            sources[key] = str(path)
    for key in _PLAIN:
        name = f"RAG_{key.upper()}"
        if given := os.environ.get(name):
            values[key] = _from_environment(key, given)
            sources[key] = name
    return Settings(**values, models=models, mcp=servers, sources=sources)


def _from_environment(key: str, given: str) -> Any:
    if key == "log":
        return given.lower() not in _NO
    if key == "tools":
        return tuple(name.strip() for name in given.split(",") if name.strip())
    return given


def profiles(settings: Settings, llm: str, runtime: str | None = None) -> dict[str, ModelProfile]:
    """The profiles, with that of ``llm`` run by ``runtime``: a flag, its own profile, the setting.

    Raises InputError for a runtime that is none.
    """
    known = dict(settings.models)
    own = known.get(llm)
    chosen = runtime or (own and own.runtime) or settings.runtime
    if chosen is not None and chosen not in RUNTIMES:
        raise InputError(f"no runtime '{chosen}'", hint=f"there are: {listed(RUNTIMES)}")
    # Quotes need no model, and a server runs its own.
    apart = llm == "extractive" or llm.startswith("openai:")
    if chosen and not apart and not (own and own.base_url):
        known[llm] = replace(own or ModelProfile(llm, llm), runtime=chosen)
    return known


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """Every setting as (name, value, where it comes from); secrets are masked."""
    rows = []
    for key in _PLAIN:
        value = getattr(settings, key)
        if key == "indexes" and value is None:
            value = indexes_folder(settings)
        told = "" if value is None else str(value).lower() if key == "log" else str(value)
        if key == "tools":
            told = ", ".join(value)
        rows.append((key, told, settings.sources.get(key, "default")))
    for name, model in sorted(settings.models.items()):
        source = settings.sources[f"models.{name}"]
        for one in fields(ModelProfile):
            value = getattr(model, one.name)
            if value is None or one.name in ("name", "price"):
                continue
            told = MASK if one.name == "api_key" else mask_secrets(str(value))
            rows.append((f"models.{name}.{one.name}", told, source))
        if model.price is not None:
            for kind in ("input", "output", "cached"):
                if (cost := getattr(model.price, kind)) is not None:
                    rows.append((f"models.{name}.price.{kind}", str(cost), source))
    for name, server in sorted(settings.mcp.items()):
        told = mask_secrets(server.url or "") or " ".join(mask_command(server.command))
        rows.append((f"mcp.{name}", told, settings.sources[f"mcp.{name}"]))
    return rows


def indexes_folder(settings: Settings | None = None) -> Path:
    """As configured, else ``./indexes`` where there is such a folder, else the user's data."""
    given = (settings or load()).indexes
    if given:
        return Path(given).expanduser()
    here = Path("indexes")
    if here.is_dir():
        return here
    return data_folder() / "indexes"


def index_path(name_or_path: str | Path) -> Path:
    """The folder of an index: a plain name lies in ``indexes_folder()``, anything else is a path.

    Raises InputError for an empty name or one that is neither.
    """
    text = str(name_or_path)
    if not text.strip():
        raise InputError("an index needs a name or a path", code="index_name_required")
    is_path = isinstance(name_or_path, Path) or "/" in text or os.sep in text
    if is_path or text in {".", ".."} or text.startswith("~"):
        return Path(text).expanduser()
    if not _NAME.fullmatch(text):
        raise InputError("is neither an index name nor a path", where=text)
    return indexes_folder() / text
