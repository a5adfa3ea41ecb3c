"""What is chosen, by whom: a flag, the environment, a project's file, the user's file, a default.

Knows: every setting, where its value comes from, where indexes live.
Does not know: what a setting is used for.

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
from urllib.parse import urlsplit

from rag_infer.errors import InputError

DEFAULT_INDEX = "default"
OPENVINO = "openvino"
RUNTIMES = ("transformers", OPENVINO)
PRECISIONS = ("int8", "int4")
PROJECT_FILE = "rag.toml"
OWN_TOOLS = ("calculator", "search", "table")  # that come with the package and change nothing
_NAME = re.compile(r"[\w][\w .+-]*")
_NO = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in whatever currency the user thinks in."""

    input: float = 0.0
    output: float = 0.0
    cached: float | None = None  # None: as ``input``

    def of(self, prompt: int, cached: int, output: int) -> float:
        """What so many tokens cost, ``cached`` of them among those of the prompt."""
        kept = self.input if self.cached is None else self.cached
        return ((prompt - cached) * self.input + cached * kept + output * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model by a name of one's own (``[models.NAME]``), chosen with ``--llm NAME``.

    With ``base_url`` it is served by an OpenAI-compatible server, whose key is ``api_key`` or is in
    the environment variable that ``api_key_env`` names; without, ``model`` is a folder or hub id.
    ``window`` is in tokens, ``tokenizer`` a folder or ``tokenizer.json`` to count them with.
    ``runtime`` is what runs a folder: transformers or openvino, whose weights have ``precision``.
    ``timeout`` is in seconds without a sign of life; ``retries`` are those before the first one.
    """

    name: str
    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_env: str | None = None
    window: int | None = None
    tokenizer: str | None = None
    timeout: float = 60.0
    retries: int = 2
    price: Price | None = None
    runtime: str | None = None
    precision: str = "int8"


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server by a name of one's own (``[mcp.NAME]``), whose tools ``--tool NAME`` offers.

    Either ``command``, a program with its arguments that is started when it is needed, or ``url``.
    ``env`` are variables for the program, ``tools`` those that may be used (all if empty),
    ``timeout`` is in seconds for each request.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    tools: tuple[str, ...] = ()
    timeout: float = 20.0


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
_MODEL: dict[str, tuple[type, ...]] = {
    "model": (str,), "base_url": (str,), "api_key": (str,), "api_key_env": (str,),
    "window": (int,), "tokenizer": (str,), "timeout": (int, float), "retries": (int,),
    "price": (dict,), "runtime": (str,), "precision": (str,),
}  # fmt: skip
_SERVER: dict[str, tuple[type, ...]] = {
    "command": (list,), "url": (str,), "env": (dict,), "tools": (list,), "timeout": (int, float),
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
        for key, value in _read(path).items():
            if key == "models":
                made = _models(value, path)
                if path.name == PROJECT_FILE:
                    _refuse_servers(made, path)
                models |= made
                sources |= {f"models.{name}": str(path) for name in made}
                continue
            if key == "mcp":
                servers |= _servers(value, path)
                sources |= {f"mcp.{name}": str(path) for name in servers}
                continue
            if key not in _PLAIN:
                raise _wrong(
                    path, f"has no setting '{key}'", f"there are: {_listed(_PLAIN)}, models, mcp"
                )
            if not isinstance(value, _PLAIN[key]):
                raise _wrong(path, f"'{key}' has to be {_called(_PLAIN[key])}")
            values[key] = _tools(value, path) if key == "tools" else value
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
        raise InputError(f"no runtime '{chosen}'", hint=f"there are: {_listed(RUNTIMES)}")
    # Quotes need no model, and a server runs its own.
    apart = llm == "extractive" or llm.startswith("openai:")
    if chosen and not apart and not (own and own.base_url):
        known[llm] = replace(own or ModelProfile(llm, llm), runtime=chosen)
    return known


def user_file() -> Path:
    """The user's own file, which need not be there."""
    import platformdirs

    return Path(platformdirs.user_config_dir("rag-infer")) / "config.toml"


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
            told = "********" if one.name == "api_key" else str(value)
            rows.append((f"models.{name}.{one.name}", told, source))
        if model.price is not None:
            for kind in ("input", "output", "cached"):
                if (cost := getattr(model.price, kind)) is not None:
                    rows.append((f"models.{name}.price.{kind}", str(cost), source))
    for name, server in sorted(settings.mcp.items()):
        told = server.url or " ".join(server.command)
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
    import platformdirs

    return Path(platformdirs.user_data_dir("rag-infer")) / "indexes"


def index_path(name_or_path: str | Path) -> Path:
    """The folder of an index: a plain name lies in ``indexes_folder()``, anything else is a path.

    Raises InputError for an empty name or one that is neither.
    """
    text = str(name_or_path)
    if not text.strip():
        raise InputError("an index needs a name or a path", hint="for example --index notes")
    is_path = isinstance(name_or_path, Path) or "/" in text or os.sep in text
    if is_path or text in {".", ".."} or text.startswith("~"):
        return Path(text).expanduser()
    if not _NAME.fullmatch(text):
        raise InputError("is neither an index name nor a path", where=text)
    return indexes_folder() / text


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _wrong(path, f"cannot be read ({error.strerror})") from error
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise _wrong(path, f"is no TOML ({error})") from error


def _models(tables: Any, path: Path) -> dict[str, ModelProfile]:
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise _wrong(path, "'models' has to be tables", "for example [models.fast]")
    return {name: _model(name, table, path) for name, table in tables.items()}


def _refuse_servers(models: Mapping[str, ModelProfile], path: Path) -> None:
    """A project's file may come from anybody: it must not say where questions and keys are sent."""
    for model in models.values():
        host = urlsplit(model.base_url or "http://localhost").hostname
        if host not in ("localhost", "127.0.0.1", "::1") or model.api_key_env:
            raise _wrong(
                path,
                f"'models.{model.name}' names a server or a key, which a project's file may not",
                f"put it into {user_file()}",
            )


def _model(name: str, table: dict[str, Any], path: Path) -> ModelProfile:
    where = f"models.{name}"
    for key, value in table.items():
        if key not in _MODEL:
            raise _wrong(path, f"'{where}' has no '{key}'", f"there are: {_listed(_MODEL)}")
        if not isinstance(value, _MODEL[key]) or isinstance(value, bool):
            raise _wrong(path, f"'{where}.{key}' has to be {_called(_MODEL[key][-1])}")
    if "model" not in table:
        raise _wrong(path, f"'{where}' names no model", 'add for example: model = "qwen3:4b"')
    for key, known in (("runtime", RUNTIMES), ("precision", PRECISIONS)):
        if key in table and table[key] not in known:
            raise _wrong(path, f"'{where}.{key}' has to be one of: {_listed(known)}")
    price = table.get("price")
    if price is not None:
        kinds = [f.name for f in fields(Price)]
        for key, value in price.items():
            if key not in kinds or not isinstance(value, (int, float)) or isinstance(value, bool):
                raise _wrong(path, f"'{where}.price.{key}' is no price", f"of {_listed(kinds)}")
        price = Price(**price)
    return ModelProfile(name=name, **{**table, "price": price})


def _tools(value: Any, path: Path) -> tuple[str, ...]:
    names = _texts(value, "tools", path)
    foreign = [name for name in names if name not in OWN_TOOLS]
    if path.name == PROJECT_FILE and foreign:
        raise _wrong(
            path,
            f"'tools' turns on '{foreign[0]}', which a project's file may not",
            f"it may: {_listed(OWN_TOOLS)}; put others into {user_file()}",
        )
    return names


def _servers(tables: Any, path: Path) -> dict[str, ToolServer]:
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise _wrong(path, "'mcp' has to be tables", "for example [mcp.files]")
    if path.name == PROJECT_FILE:
        # It may come from anybody: it must not say what is started here.
        raise _wrong(
            path, "'mcp' starts programs, which a project's file may not", f"use {user_file()}"
        )
    made = {}
    for name, table in tables.items():
        where = f"mcp.{name}"
        for key, value in table.items():
            if key not in _SERVER:
                raise _wrong(path, f"'{where}' has no '{key}'", f"there are: {_listed(_SERVER)}")
            if not isinstance(value, _SERVER[key]) or isinstance(value, bool):
                raise _wrong(path, f"'{where}.{key}' has to be {_called(_SERVER[key][-1])}")
        lists = {
            key: _texts(table[key], f"{where}.{key}", path)
            for key in ("command", "tools")
            if key in table
        }
        if bool(lists.get("command")) == ("url" in table):
            raise _wrong(path, f"'{where}' needs either a command or a url")
        environment = {k: str(v) for k, v in table.get("env", {}).items()}
        made[name] = ToolServer(name=name, **{**table, **lists, "env": environment})
    return made


def _texts(value: Any, key: str, path: Path) -> tuple[str, ...]:
    if not all(isinstance(each, str) for each in value):
        raise _wrong(path, f"'{key}' has to be a list of texts")
    return tuple(value)


def _wrong(path: Path, what: str, hint: str | None = None) -> InputError:
    return InputError(what, where=str(path), hint=hint)


def _listed(names: Any) -> str:
    return ", ".join(names)


def _called(kind: type) -> str:
    return {str: "text", bool: "true or false", int: "a whole number", float: "a number",
            dict: "a table", list: "a list"}[kind]  # fmt: skip
