"""Settings files: TOML, and what a project's file may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag_infer.paths import config_folder
from rag_infer.settings.profiles import OWN_TOOLS
from rag_infer.settings.schema import USER_FILE_KEYS, Settings
from rag_infer.settings.validation import comma_separated, error, validate

PROJECT_FILE = "rag.toml"
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def user_file() -> Path:
    """The user's own file, which need not exist."""
    return config_folder() / "config.toml"


def read(path: Path) -> tuple[dict[str, Any], Settings | None]:
    """A settings file.

    Returns:
        What it says, by key, and the validated settings; None where there is no file or an empty
        one.

    Raises:
        InputError: It cannot be read, is not TOML, or a key or value of it is not valid.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}, None
    except OSError as failure:
        raise error(path, f"cannot be read ({failure.strerror})") from failure
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8"))
    except ValueError as failure:
        raise error(path, f"is not valid TOML ({failure})") from failure
    if not table:
        return {}, None
    if path.name == PROJECT_FILE:
        _refuse_user_keys(table, path)
    settings = validate(table, str(path))
    if path.name == PROJECT_FILE:
        _refuse_servers(settings, path)
    for name, server in settings.mcp.items():
        if bool(server.command) == bool(server.url):
            raise error(path, f"'mcp.{name}' needs either a command or a url")
    return table, settings


def _refuse_user_keys(table: dict[str, Any], path: Path) -> None:
    for key in table:
        if key in USER_FILE_KEYS:
            raise error(path, f"a project's file may not set '{key}'", f"put it into {user_file()}")


def _refuse_servers(settings: Settings, path: Path) -> None:
    """A project's file may come from anybody: it must not say where questions and keys are sent."""
    for name, model in settings.models.items():
        host = urlsplit(model.base_url or "http://localhost").hostname
        if host not in _LOCAL_HOSTS or model.api_key_env:
            raise error(
                path,
                f"a project's file may not name a server or a key, as 'models.{name}' does",
                f"put it into {user_file()}",
            )
    if "://" in settings.index:
        raise error(
            path,
            "a project's file may not name a bucket, as 'index' does",
            f"put it into {user_file()}, or use --index",
        )
    for tool in settings.tools:
        if tool not in OWN_TOOLS:
            raise error(
                path,
                f"a project's file may not turn on '{tool}' in 'tools'",
                f"it may: {comma_separated(OWN_TOOLS)}; put others into {user_file()}",
            )
