"""Every setting, with its type, default and meaning.

The docstring of each field is its description in the configuration reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from rag_infer.settings.profiles import PYDANTIC_CONFIG, ModelProfile, Runtime, ToolServer
from rag_infer.settings.prompts import Prompts

DEFAULT_INDEX = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings in effect."""

    __pydantic_config__ = PYDANTIC_CONFIG

    index: str = DEFAULT_INDEX
    """Index to use where `--index` is not given: a name or a path."""
    indexes: str | None = None
    """Folder of named indexes; default: `./indexes` if it exists, else the user's data folder."""
    embedder: str | None = None
    """Embedding model of new indexes: `minilm`, `multilingual`, a folder or a hub id (`minilm`)."""
    llm: str = "extractive"
    """What answers: `extractive`, a profile, `openai:MODEL`, a folder or a hub id."""
    runtime: Runtime | None = None
    """What runs a local chat model; default: the quickest of the machine (`rag doctor`)."""
    reranker: str | None = None
    """Cross-encoder that reorders the candidates of a search: a folder or a hub id."""
    verifier: str | None = None
    """NLI cross-encoder that checks claims: a folder or a hub id; default: the bundled verifier."""
    evaluation_seconds: int = 10
    """After `rag index`, the questions of the last `rag eval` are asked again if they took no more
    seconds than this; 0: never."""
    log: bool = True
    """Whether questions are recorded for `rag logs`, on this machine only."""
    tools: tuple[str, ...] = ()
    """Tools that a model may call: `calculator`, `search`, `table`, or names of MCP servers."""
    allow_downloads: bool = False
    """Whether a model that is not on this machine may be downloaded from the model hub."""
    private: bool = False
    """Whether nothing may leave this machine: no connection but to itself is opened."""
    prefix_cache_mb: int = 2048
    """Memory, in MB, for the state of a local chat model between two questions; 0: none."""
    prefix_disk_mb: int = 0
    """Disk space, in MB, for that state between two processes; 0: none. It holds document text."""
    bucket_cache: str | None = None
    """Folder of the copies of indexes in buckets; default: in the user's cache folder."""
    bucket_cache_gb: int = 20
    """Disk space, in GB, for the copies of indexes in buckets, all together."""
    cluster_wait_s: int = 600
    """Seconds that a command waits for room on a cluster."""
    traces: bool = False
    """Whether each question is traced by OpenTelemetry, to `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    trace_texts: bool = False
    """Whether traces hold the texts of questions, passages and answers too."""
    token: str | None = field(default=None, repr=False)
    """Token that all users of `rag serve` share; default: none on this machine, else a new one."""
    shard_key: str | None = field(default=None, repr=False)
    """Secret that a router and the shards of its index share (`rag serve --shards`)."""
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    """Models under names of the user's own."""
    mcp: Mapping[str, ToolServer] = field(default_factory=dict)
    """Servers of tools under names of the user's own."""
    prompts: Prompts = field(default_factory=Prompts)
    """Wordings of prompts in place of the package's own."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each value comes from that is not a default: a file or an environment variable."""


_TABLES = {"models", "mcp", "prompts", "sources"}
SCALAR_KEYS = tuple(f.name for f in fields(Settings) if f.name not in _TABLES)
"""Settings that have a single value, and so an environment variable too."""

SECRET_KEYS = frozenset({"token", "shard_key", "api_key"})
"""Values that are never shown."""

USER_FILE_KEYS = frozenset(
    "allow_downloads bucket_cache bucket_cache_gb private prefix_cache_mb prefix_disk_mb "
    "traces trace_texts token shard_key mcp prompts".split()
)
"""Settings that a project's file may not make: it may come from anybody, and these start programs,
reach the network, fill memory or disk, let people in, or tell a model what to do."""


def environment_variable(key: str) -> str:
    """The environment variable of a setting."""
    return f"RAG_{key.upper()}"
