"""``rag serve`` and ``rag mcp``: the documents for a team, and for other programs."""

from __future__ import annotations

import secrets
import socket
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import GroupsOption, IndexOption, LlmOption
from rag_infer.cli.output import print_note
from rag_infer.cli.shard_option import shard_addresses
from rag_infer.cli.tracing_setup import start_traces
from rag_infer.errors import InputError, MissingDependencyError
from rag_infer.paths import data_folder

if TYPE_CHECKING:
    from rag_infer.serve.auth import UserStore
    from rag_infer.serve.config import ShardAddresses
    from rag_infer.shards.partition import Shard

_DEFAULT_RATE_LIMIT = 120  # questions of a user in a minute, where users have tokens
_BYTES_PER_MB = 1_000_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LogFormatOption(StrEnum):
    """How requests are logged."""

    TEXT = "text"
    JSON = "json"


def serve(
    index: Annotated[
        list[str] | None,
        typer.Option("--index", "-i", metavar="NAME_OR_PATH", help="Index to serve. Repeatable."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; all but loopback need a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="Port; 0 picks a free one.")
    ] = 8000,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="RAG_TOKEN", help="One token that all users share."),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option("--users", metavar="FILE", help="TOML file of users, tokens and groups."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", metavar="FOLDER", help="Folder of uploads and conversations."),
    ] = None,
    llm: LlmOption = None,
    max_upload_mb: Annotated[
        int, typer.Option("--max-upload-mb", min=1, help="Size limit of an upload, in MB.")
    ] = 200,
    max_pages: Annotated[
        int, typer.Option("--max-pages", min=1, help="Page limit of an upload.")
    ] = 5000,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            "--rate-limit",
            min=0,
            help="Questions per user and minute; 0: no limit. Default with tokens: 120.",
        ),
    ] = None,
    questions_per_day: Annotated[
        int,
        typer.Option(
            "--questions-per-day", metavar="N", min=0, help="Questions per user and day; 0: any."
        ),
    ] = 0,
    user_storage_mb: Annotated[
        int,
        typer.Option("--user-storage-mb", metavar="MB", min=1, help="Uploads of a user on disk."),
    ] = 10_000,
    user_documents: Annotated[
        int,
        typer.Option("--user-documents", metavar="N", min=1, help="Number of a user's uploads."),
    ] = 20_000,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Questions answered at the same time.")
    ] = 8,
    queue_size: Annotated[
        int, typer.Option("--queue-size", min=0, help="Questions that may wait.")
    ] = 64,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            metavar="ADDRESS",
            help="A reverse proxy whose forwarding headers count. Repeatable.",
        ),
    ] = None,
    user_header: Annotated[
        str | None,
        typer.Option(
            "--user-header", metavar="NAME", help="Header of the proxy with the signed-on person."
        ),
    ] = None,
    groups_header: Annotated[
        str | None,
        typer.Option(
            "--groups-header", metavar="NAME", help="Header of the proxy with that person's groups."
        ),
    ] = None,
    oidc_issuer: Annotated[
        str | None,
        typer.Option(
            "--oidc-issuer", metavar="URL", help="Identity provider that signs people on."
        ),
    ] = None,
    oidc_client_id: Annotated[
        str | None,
        typer.Option("--oidc-client-id", metavar="ID", help="What it knows this server as."),
    ] = None,
    oidc_client_secret: Annotated[
        str | None,
        typer.Option(
            "--oidc-client-secret",
            metavar="SECRET",
            envvar="RAG_OIDC_CLIENT_SECRET",
            help="Its secret for this server; better in the variable.",
        ),
    ] = None,
    oidc_user_claim: Annotated[
        str,
        typer.Option("--oidc-user-claim", metavar="CLAIM", help="What names a person."),
    ] = "email",
    oidc_groups_claim: Annotated[
        str,
        typer.Option("--oidc-groups-claim", metavar="CLAIM", help="What lists a person's groups."),
    ] = "groups",
    root_path: Annotated[
        str,
        typer.Option("--root-path", metavar="PATH", help="Path below which a proxy serves it."),
    ] = "",
    access_log: Annotated[
        LogFormatOption | None,
        typer.Option("--access-log", help="Log each request on standard output."),
    ] = None,
    retention_days: Annotated[
        int,
        typer.Option(
            "--retention-days", metavar="N", min=0, help="Delete conversations unused for N days."
        ),
    ] = 0,
    audit_log: Annotated[
        Path | None,
        typer.Option(
            "--audit-log", metavar="FILE", help="File of who asked what and saw which documents."
        ),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="URL", help="Where word of finished uploads is sent."),
    ] = None,
    webhook_secret: Annotated[
        str | None,
        typer.Option(
            "--webhook-secret",
            metavar="SECRET",
            envvar="RAG_WEBHOOK_SECRET",
            help="What signs it; better in the variable.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Score one of N parts of the index, for a router."
        ),
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(
            "--shards",
            metavar="URLS",
            help="Let these servers score: commas between shards, | between replicas of one.",
        ),
    ] = None,
    shard_key: Annotated[
        str | None,
        typer.Option(
            "--shard-key",
            metavar="KEY",
            envvar="RAG_SHARD_KEY",
            help="Secret of router and shards; better in the variable.",
        ),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Also open the page in the browser.")
    ] = False,
) -> None:
    """Serve a web page and an API. Only this machine can reach them unless --host is given."""
    try:
        from rag_infer.serve import auth, server
        from rag_infer.serve.config import ServerConfig, ServerLimits
        from rag_infer.serve.oidc import OidcProvider
        from rag_infer.serve.proxies import TrustedProxies, normalized_root_path
        from rag_infer.serve.sign_on import SignOnHeaders
        from rag_infer.serve.webhooks import WebhookTarget
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("rag serve needs optional packages", extra="serve") from None
    configured = settings.load()
    start_traces(configured)
    index_names = index or [configured.index]
    loopback = host in _LOOPBACK
    token = token or configured.token
    shard_key = shard_key or configured.shard_key
    own_shard, router_shards = _shard_options(shard, shards, shard_key, index_names)
    proxies = TrustedProxies(tuple(trusted_proxy or ()))
    sign_on = None if user_header is None else SignOnHeaders(user_header, groups_header)
    if (sign_on or groups_header) and not (proxies and sign_on):
        raise InputError(
            "people can be signed on by a trusted proxy only",
            where="--user-header",
            hint="name it: --trusted-proxy 127.0.0.1 --user-header X-Forwarded-User",
        )
    oidc = None
    if oidc_issuer is not None:
        oidc = OidcProvider(
            oidc_issuer,
            oidc_client_id or "rag-infer",
            oidc_client_secret,
            oidc_user_claim,
            oidc_groups_claim,
        )
    if own_shard is not None:
        user_store = auth.single_user(shard_key or "", "--shard-key")
    else:
        has_sign_on = sign_on is not None or oidc is not None
        user_store = _user_store(users, token, is_open=loopback, has_sign_on=has_sign_on)
    if proxies and user_store.is_open:
        raise InputError(
            "a proxy lets other machines in, so users need a token",
            where="--trusted-proxy",
            hint="add --users FILE or --token TOKEN",
        )
    config = ServerConfig(
        indexes={_index_name(name): name for name in index_names},
        data_dir=data_dir or default_data_dir(),
        users=user_store,
        llm=llm or configured.llm,
        model_profiles=settings.profiles(configured, llm or configured.llm),
        prompts=configured.prompts,
        tools=tuple(name for name in configured.tools if name in settings.OWN_TOOLS),
        limits=ServerLimits(
            concurrency=concurrency,
            queue_size=queue_size,
            requests_per_minute=(0 if user_store.is_open else _DEFAULT_RATE_LIMIT)
            if rate_limit is None
            else rate_limit,
            questions_per_day=questions_per_day,
            stored_bytes_per_user=user_storage_mb * _BYTES_PER_MB,
            stored_files_per_user=user_documents,
            max_upload_bytes=max_upload_mb * _BYTES_PER_MB,
            max_upload_pages=max_pages,
        ),
        is_loopback=loopback,
        root_path=normalized_root_path(root_path),
        proxies=proxies,
        sign_on=sign_on,
        oidc=oidc,
        shard=own_shard,
        shards=router_shards,
        audit_log=audit_log,
        webhook=WebhookTarget(webhook, webhook_secret) if webhook else None,
        retention_days=retention_days,
        access_log=None if access_log is None else access_log.value,
    )
    server_socket = _listening_socket(host, port)
    address = f"[{host}]" if ":" in host else host
    url = f"http://{address}:{server_socket.getsockname()[1]}{config.root_path}/"
    print_note(f"listening  {url}", "plain")
    if open_browser:
        _open_browser(url)
    server.run(config, server_socket)


def _listening_socket(host: str, port: int, option: str = "--port") -> socket.socket:
    """Raises InputError where it cannot listen."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server_socket = socket.create_server((host, port), family=family, backlog=2048)
        # asyncio sets this only where a socket names its protocol, and create_server names none.
        # Without it an answer's last bytes wait 40 ms for the client's acknowledgement.
        server_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise InputError(
            f"cannot listen on this address: {str(error.strerror).partition(' (')[0]}",
            where=f"{host}:{port}",
            hint=f"choose another with {option}",
        ) from None
    return server_socket


def _user_store(
    users: Path | None, token: str | None, *, is_open: bool, has_sign_on: bool
) -> UserStore:
    """Who may send requests; ``is_open``: everybody where no token was said."""
    from rag_infer.serve import auth
    from rag_infer.serve.user_reload import WatchedUserStore

    if users is not None:
        return WatchedUserStore(users)
    if has_sign_on and token is None:
        return auth.UserStore({})  # only those who are signed on
    if token is None and is_open:
        return auth.UserStore()
    shared_token = token or secrets.token_urlsafe(24)
    if token is None:
        print_note(f"token      {shared_token}", "plain")
    return auth.single_user(shared_token)


def _shard_options(
    shard: str | None, shards: str | None, key: str | None, index_names: list[str]
) -> tuple[Shard | None, ShardAddresses | None]:
    """Which shard the server is, and which ones it asks.

    Raises:
        InputError: The options do not fit together.
    """
    from rag_infer.serve.config import ShardAddresses
    from rag_infer.shards.partition import parse_shard

    if shard is None and shards is None:
        return None, None
    option = "--shards" if shard is None else "--shard"
    if shard is not None and shards is not None:
        raise InputError("a server is a shard or a router, not both", where=option)
    if key is None:
        raise InputError(
            "shards and their router share a key", where=option, hint="set RAG_SHARD_KEY"
        )
    if len(index_names) > 1:
        raise InputError("shards are of one index", where=option, hint="give one --index")
    if shard is None:
        return None, ShardAddresses(shard_addresses(shards or ""), key)
    try:
        return parse_shard(shard), None
    except InputError as error:
        raise InputError(error.what, where=option, hint=error.hint) from error


def _open_browser(url: str) -> None:
    """Opens a browser; the socket listens already, so the page comes as soon as it is served."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def open_page(index: IndexOption = None, llm: LlmOption = None) -> None:
    """Open the documents in the browser.

    Serves the page on this machine until Ctrl-C.
    """
    serve(index=[index] if index else None, llm=llm, port=_free_port(8000), open_browser=True)


def _free_port(preferred: int) -> int:
    """This port, or 0 for any where another program listens on it."""
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", preferred)) == 0 else preferred


def mcp(
    index: IndexOption = None,
    llm: LlmOption = None,
    http: Annotated[
        int | None,
        typer.Option(
            "--http",
            metavar="PORT",
            min=0,
            max=65_535,
            help="Serve HTTP on this port instead of stdio.",
        ),
    ] = None,
    as_group: GroupsOption = None,
    users: Annotated[
        Path | None,
        typer.Option(
            "--users", metavar="FILE", help="With --http: TOML file of users, tokens and groups."
        ),
    ] = None,
) -> None:
    """Serve the documents to MCP clients. The tools are search, ask, read_page and summarize."""
    try:
        from rag_infer.serve import mcp as mcp_server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("rag mcp needs an optional package", extra="mcp") from None
    if users is not None and (http is None or as_group):
        raise typer.BadParameter("goes with --http, and not with --as-group", param_hint="--users")
    configured = settings.load()
    start_traces(configured)
    listener = None if http is None else _listening_socket("127.0.0.1", http, "--http")
    address = "" if listener is None else f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    sign_on = None
    if users is not None:
        from rag_infer.serve.mcp_sign_on import McpSignOn
        from rag_infer.serve.user_reload import WatchedUserStore

        sign_on = McpSignOn(WatchedUserStore(users), address)
    server = mcp_server.create_server(
        index or configured.index,
        llm or configured.llm,
        settings.profiles(configured, llm or configured.llm),
        frozenset(as_group) if as_group else None,
        sign_on,
    )
    if listener is None:
        server.run("stdio")
    else:
        print_note(f"listening  {address}", "plain")
        mcp_server.serve_http(server, listener)


def _index_name(name: str) -> str:
    return Path(name).expanduser().resolve().name if "/" in name else name


def default_data_dir() -> Path:
    """Where a server keeps uploads, conversations and feedback if nothing else is said."""
    return data_folder() / "serve"
