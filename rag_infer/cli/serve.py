"""``rag serve`` and ``rag mcp``: the same documents for a team, and for other programs.

Knows: options, the line that says where it listens.
Does not know: requests.
"""

from __future__ import annotations

import secrets
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import IndexOption, LlmOption
from rag_infer.errors import InputError, MissingDependencyError
from rag_infer.paths import data_folder

_PER_MINUTE = 120
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    index: Annotated[
        list[str] | None,
        typer.Option("--index", "-i", metavar="NAME_OR_PATH", help="Which; may be repeated."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Any but this machine's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535)] = 8000,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="RAG_TOKEN", help="One for all who may ask."),
    ] = None,
    users: Annotated[
        Path | None, typer.Option("--users", metavar="FILE", help="Users, tokens, groups (TOML).")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FOLDER", help="Uploads and histories.")
    ] = None,
    llm: LlmOption = None,
    max_upload: Annotated[int, typer.Option("--max-upload", min=1, help="In MB.")] = 200,
    max_pages: Annotated[int, typer.Option("--max-pages", min=1, help="Of one upload.")] = 5000,
    per_minute: Annotated[
        int | None,
        typer.Option(
            "--per-minute", min=0, help="Questions of each person; 0: no bound. With tokens 120."
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, help="How many questions are worked on at once.")
    ] = 8,
    queue: Annotated[int, typer.Option("--queue", min=0, help="How many questions may wait.")] = 64,
) -> None:
    """Serve a page and an API: upload, ask, see the source; to this machine unless --host."""
    try:
        from rag_infer.serve import auth, server
        from rag_infer.serve.config import ServerConfig, ServerLimits
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("serving needs optional packages", extra="serve") from None
    chosen = settings.load()
    named = index or [chosen.index]
    loopback = host in _LOOPBACK
    if users is not None:
        known = auth.load_users(users)
    elif token is not None or not loopback:
        made = token or secrets.token_urlsafe(24)
        known = auth.single_user(made)
        if token is None:
            _tell(f"token      {made}")
    else:
        known = auth.UserStore()
    config = ServerConfig(
        indexes={_short(name): name for name in named},
        data_dir=data or _data(),
        users=known,
        llm=llm or chosen.llm,
        model_profiles=settings.profiles(chosen, llm or chosen.llm),
        tools=tuple(name for name in chosen.tools if name in settings.OWN_TOOLS),
        limits=ServerLimits(
            concurrency=at_once,
            queue_size=queue,
            requests_per_minute=(0 if known.is_open else _PER_MINUTE)
            if per_minute is None
            else per_minute,
            max_upload_bytes=max_upload * 1_000_000,
            max_upload_pages=max_pages,
        ),
        is_loopback=loopback,
    )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=2048)
        # asyncio sets this only where a socket names its protocol, and create_server names none.
        # Without it an answer's last bytes wait 40 ms for the client's acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise InputError(
            f"cannot listen there ({error.strerror})", where=f"{host}:{port}", hint="use --port"
        ) from None
    shown = f"[{host}]" if ":" in host else host
    _tell(f"listening  http://{shown}:{listening.getsockname()[1]}/")
    server.run(config, listening)


def mcp(
    index: IndexOption = None,
    llm: LlmOption = None,
    http: Annotated[
        int | None,
        typer.Option("--http", metavar="PORT", help="Over HTTP on this machine, not stdio."),
    ] = None,
    as_group: Annotated[
        list[str] | None,
        typer.Option("--as-group", metavar="GROUP", help="See only what this group may read."),
    ] = None,
) -> None:
    """Serve search, ask and read_page to MCP clients, over stdio or HTTP."""
    try:
        from rag_infer.serve import mcp as tools
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("MCP needs an optional package", extra="mcp") from None
    chosen = settings.load()
    server = tools.create_server(
        index or chosen.index,
        llm or chosen.llm,
        settings.profiles(chosen, llm or chosen.llm),
        frozenset(as_group) if as_group else None,
    )
    if http is None:
        server.run("stdio")
    else:
        _tell(f"listening  http://127.0.0.1:{http}/mcp")
        server.run("streamable-http", host="127.0.0.1", port=http)


def _short(name: str) -> str:
    return Path(name).expanduser().resolve().name if "/" in name else name


def _data() -> Path:
    return data_folder() / "serve"


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
