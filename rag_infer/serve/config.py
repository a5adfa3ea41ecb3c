"""What a server is started with: what it serves, to whom, within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_infer.generate import EXTRACTIVE
from rag_infer.serve.access_log import LogFormat
from rag_infer.serve.auth import UserStore
from rag_infer.serve.oidc import OidcProvider
from rag_infer.serve.proxies import TrustedProxies
from rag_infer.serve.sign_on import SignOnHeaders
from rag_infer.serve.webhooks import WebhookTarget
from rag_infer.settings import ModelProfile, Prompts
from rag_infer.shards.partition import Shard


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bounds that keep one user, one file or one address from costing the others anything."""

    concurrency: int = 8
    """Questions at work."""
    queue_size: int = 64
    """Questions that may wait."""
    queue_per_user: int = 48
    """Questions of one user, at work and waiting."""
    requests_per_minute: int = 0
    """Questions of one user; 0 is no bound."""
    questions_per_day: int = 0
    """Questions of one user in a day of UTC; 0 is no bound."""
    requests_per_second: float = 100.0
    """Requests of any kind of one user of a users file; more wait for their turn."""
    request_burst: int = 20
    """Requests of one user that need not wait."""
    request_delay_s: float = 5.0
    """A request that would wait longer for its turn is refused."""
    max_json_bytes: int = 1_000_000
    """Size of a request other than an upload."""
    max_upload_bytes: int = 200_000_000
    """Size of a request with files."""
    max_upload_pages: int = 5_000
    """Pages or records of an uploaded file."""
    upload_workers: int = 3
    """Uploads that are read at the same time; one user has at most all but one of them."""
    uploads_queued: int = 1_000
    """Uploads that may wait."""
    uploads_queued_per_user: int = 200
    """Uploads of one user that may wait."""
    upload_requests_per_user: int = 8
    """Requests with files of one user at the same time."""
    stored_bytes_per_user: int = 10_000_000_000
    """Uploaded files of one user on disk."""
    stored_files_per_user: int = 20_000
    """Uploaded files of one user."""
    min_free_bytes: int = 500_000_000
    """Space on disk that uploads leave free."""
    image_workers: int = 2
    """Page images drawn at the same time."""
    images_queued: int = 24
    """Page images that may wait."""
    images_per_user: int = 6
    """Page images of one user, at work and waiting."""
    image_timeout_s: int = 8
    """Time for one page image."""
    lookups: int = 8
    """Lookups (documents, pages, conversations) at work."""
    lookups_queued: int = 256
    """Lookups that may wait."""
    lookups_per_user: int = 64
    """Lookups of one user, at work and waiting."""
    header_timeout_s: float = 10.0
    """Time for the headers of a request, and for its first byte."""
    body_timeout_s: float = 20.0
    """Time without any byte of a body."""
    idle_timeout_s: int = 15
    """Time between two requests of a connection."""
    connections: int = 1_000
    """Open connections; fewer where the system allows fewer files."""
    connections_per_address: int = 200
    """Open connections of one address."""


@dataclass(frozen=True, slots=True)
class ShardAddresses:
    """Where the shards of an index are, each with its replicas, and the key that they ask for."""

    addresses: Sequence[Sequence[str]]
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What a server is started with."""

    indexes: Mapping[str, str | Path]
    """Where each index is, by the name it is served under."""
    data_dir: Path
    """Folder of uploads and conversations."""
    users: UserStore = field(default_factory=UserStore)
    """Who may send requests; an empty store lets everybody in."""
    llm: str = EXTRACTIVE
    """The default model."""
    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    """Further models, by name."""
    prompts: Prompts = field(default_factory=Prompts)
    """Wordings of prompts, where a request has none of its own."""
    tools: tuple[str, ...] = ()
    """Names of the built-in tools that models may call."""
    limits: ServerLimits = field(default_factory=ServerLimits)
    is_loopback: bool = True
    """Whether only this machine can connect."""
    root_path: str = ""
    """The path that a proxy serves it under, such as `/rag`."""
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    """Proxies whose headers count."""
    sign_on: SignOnHeaders | None = None
    """Headers of the proxies that name the person who is signed on."""
    oidc: OidcProvider | None = None
    """The identity provider that signs people on."""
    retention_days: int = 0
    """Days without a turn after which a conversation is deleted; 0: never."""
    shard: Shard | None = None
    """Which shard this server is; it then serves its router alone."""
    shards: ShardAddresses | None = None
    """The shards that score the chunks of the index, in place of this server."""
    audit_log: Path | None = None
    """File of who asked what and was shown which documents."""
    webhook: WebhookTarget | None = None
    """Where word of finished uploads goes."""
    access_log: LogFormat | None = None
    """Whether each request is logged, and how."""
