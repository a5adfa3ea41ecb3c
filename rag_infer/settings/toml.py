"""Settings files: TOML tables read and held to what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag_infer.errors import InputError
from rag_infer.paths import config_folder
from rag_infer.settings.profiles import (
    OWN_TOOLS,
    PRECISIONS,
    RUNTIMES,
    ModelProfile,
    Price,
    ToolServer,
)

PROJECT_FILE = "rag.toml"
_MODEL: dict[str, tuple[type, ...]] = {
    "model": (str,), "base_url": (str,), "api_key": (str,), "api_key_env": (str,),
    "window": (int,), "tokenizer": (str,), "timeout": (int, float), "retries": (int,),
    "price": (dict,), "runtime": (str,), "precision": (str,),
}  # fmt: skip
_SERVER: dict[str, tuple[type, ...]] = {
    "command": (list,), "url": (str,), "env": (dict,), "tools": (list,), "timeout": (int, float),
}  # fmt: skip


def user_file() -> Path:
    """The user's own file, which need not be there."""
    return config_folder() / "config.toml"


def read(path: Path) -> dict[str, Any]:
    """What a settings file says; nothing where there is none. Raises InputError for no TOML."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise wrong(path, f"cannot be read ({error.strerror})") from error
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise wrong(path, f"is no TOML ({error})") from error


def models_of(tables: Any, path: Path) -> dict[str, ModelProfile]:
    """The profiles of ``[models.NAME]`` tables. Raises InputError, naming the key that is wrong."""
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise wrong(path, "'models' has to be tables", "for example [models.fast]")
    return {name: _model(name, table, path) for name, table in tables.items()}


def refuse_servers(models: Mapping[str, ModelProfile], path: Path) -> None:
    """A project's file may come from anybody: it must not say where questions and keys are sent."""
    for model in models.values():
        host = urlsplit(model.base_url or "http://localhost").hostname
        if host not in ("localhost", "127.0.0.1", "::1") or model.api_key_env:
            raise wrong(
                path,
                f"'models.{model.name}' names a server or a key, which a project's file may not",
                f"put it into {user_file()}",
            )


def _model(name: str, table: dict[str, Any], path: Path) -> ModelProfile:
    where = f"models.{name}"
    _hold(table, _MODEL, where, path)
    if "model" not in table:
        raise wrong(path, f"'{where}' names no model", 'add for example: model = "qwen3:4b"')
    for key, known in (("runtime", RUNTIMES), ("precision", PRECISIONS)):
        if key in table and table[key] not in known:
            raise wrong(path, f"'{where}.{key}' has to be one of: {listed(known)}")
    price = table.get("price")
    if price is not None:
        kinds = [f.name for f in fields(Price)]
        for key, value in price.items():
            if key not in kinds or not isinstance(value, (int, float)) or isinstance(value, bool):
                raise wrong(path, f"'{where}.price.{key}' is no price", f"of {listed(kinds)}")
        price = Price(**price)
    return ModelProfile(name=name, **{**table, "price": price})


def tools_of(value: Any, path: Path) -> tuple[str, ...]:
    """Names of tools. Raises InputError for a project's file that names others than our own."""
    names = _texts(value, "tools", path)
    foreign = [name for name in names if name not in OWN_TOOLS]
    if path.name == PROJECT_FILE and foreign:
        raise wrong(
            path,
            f"'tools' turns on '{foreign[0]}', which a project's file may not",
            f"it may: {listed(OWN_TOOLS)}; put others into {user_file()}",
        )
    return names


def servers_of(tables: Any, path: Path) -> dict[str, ToolServer]:
    """The servers of ``[mcp.NAME]`` tables. Raises InputError, always for a project's file."""
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise wrong(path, "'mcp' has to be tables", "for example [mcp.files]")
    if path.name == PROJECT_FILE:
        # It may come from anybody: it must not say what is started here.
        raise wrong(
            path, "'mcp' starts programs, which a project's file may not", f"use {user_file()}"
        )
    made = {}
    for name, table in tables.items():
        where = f"mcp.{name}"
        _hold(table, _SERVER, where, path)
        lists = {
            key: _texts(table[key], f"{where}.{key}", path)
            for key in ("command", "tools")
            if key in table
        }
        if bool(lists.get("command")) == ("url" in table):
            raise wrong(path, f"'{where}' needs either a command or a url")
        environment = {k: str(v) for k, v in table.get("env", {}).items()}
        made[name] = ToolServer(name=name, **{**table, **lists, "env": environment})
    return made


def _hold(
    table: dict[str, Any], known: Mapping[str, tuple[type, ...]], where: str, path: Path
) -> None:
    """Raises InputError for a key that is none, and for a value of another type than it has."""
    for key, value in table.items():
        if key not in known:
            raise wrong(path, f"'{where}' has no '{key}'", f"there are: {listed(known)}")
        if not isinstance(value, known[key]) or isinstance(value, bool):
            raise wrong(path, f"'{where}.{key}' has to be {called(known[key][-1])}")


def _texts(value: Any, key: str, path: Path) -> tuple[str, ...]:
    if not all(isinstance(each, str) for each in value):
        raise wrong(path, f"'{key}' has to be a list of texts")
    return tuple(value)


def wrong(path: Path, what: str, hint: str | None = None) -> InputError:
    """What is wrong in a file."""
    return InputError(what, where=str(path), hint=hint)


def listed(names: Any) -> str:
    """Names, one after the other."""
    return ", ".join(names)


def called(kind: type) -> str:
    """A type as people call it."""
    return {str: "text", bool: "true or false", int: "a whole number", float: "a number",
            dict: "a table", list: "a list"}[kind]  # fmt: skip
