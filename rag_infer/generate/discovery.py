"""Model servers that run on this machine, looked for at the ports that they use by default.

Only loopback addresses are asked, and OLLAMA_HOST and OPENAI_BASE_URL where they name one: a
connection that is refused costs about a millisecond, and nothing leaves the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rag_infer.generate.base import EXTRACTIVE, SERVER
from rag_infer.generate.model_list import is_loopback, list_models, ollama_url, with_scheme
from rag_infer.generate.model_spec import OLLAMA
from rag_infer.model_store import CHAT, pulled_models
from rag_infer.redaction import mask_secrets
from rag_infer.settings import Settings

# Default ports: https://docs.ollama.com, llama.cpp's server README, LM Studio, vLLM.
_DEFAULT_SERVERS = (
    ("llama.cpp", "http://127.0.0.1:8080/v1"),
    ("LM Studio", "http://127.0.0.1:1234/v1"),
    ("vLLM", "http://127.0.0.1:8000/v1"),
)
_VARIABLE = "OPENAI_BASE_URL"
_NOT_CHAT = re.compile(r"embed|rerank|\bbge\b|minilm|whisper|\btts\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server of models that answered. ``models`` are the names it lists."""

    name: str
    base_url: str
    models: tuple[str, ...]

    @property
    def specs(self) -> tuple[str, ...]:
        """What ``--llm`` takes for each model, models of other kinds (embedding) left out."""
        # The address of a variable may hold a password, and is known without it.
        prefixes = {"Ollama": OLLAMA, _VARIABLE: SERVER}
        prefix = prefixes.get(self.name, f"{self.base_url}#")
        return tuple(prefix + model for model in self.models if not _NOT_CHAT.search(model))


@dataclass(frozen=True, slots=True)
class AvailableModel:
    """A model at hand. ``llm`` is its name for ``--llm``; ``source`` who runs or defines it."""

    llm: str
    source: str
    is_default: bool = False


def find_servers(servers: Sequence[tuple[str, str]] | None = None) -> list[ModelServer]:
    """The model servers that answer now.

    Args:
        servers: (name, base URL) to ask in place of the usual ones.
    """
    candidates = list(servers if servers is not None else _usual_servers())
    if not candidates:
        return []
    with ThreadPoolExecutor(len(candidates)) as pool:
        lists = list(pool.map(lambda candidate: list_models(candidate[1]), candidates))
    return [
        ModelServer(name, url, models)
        for (name, url), models in zip(candidates, lists, strict=True)
        if models is not None
    ]


def available_models(configured: Settings) -> list[AvailableModel]:
    """Profiles first, then downloaded chat models, then what servers of this machine list.

    The default of the settings is always among them, also where it is a folder or a server that is
    not on a usual port.
    """
    rows = [
        (name, f"profile, {profile.base_url or profile.model}")
        for name, profile in sorted(configured.models.items())
    ]
    rows += [
        (model.name, f"downloaded, {model.size / 1e9:.1f} GB")
        for model in pulled_models()
        if model.kind == CHAT and model.name not in configured.models
    ]
    for server in find_servers():
        rows += [(spec, f"{server.name}, {mask_secrets(server.base_url)}") for spec in server.specs]
    if configured.llm not in (EXTRACTIVE, *(llm for llm, _ in rows)):
        rows.insert(0, (configured.llm, "settings"))
    return [AvailableModel(llm, source, llm == configured.llm) for llm, source in rows]


def _usual_servers() -> list[tuple[str, str]]:
    servers = [("Ollama", ollama_url()), *_DEFAULT_SERVERS]
    if url := os.environ.get(_VARIABLE):
        servers.append((_VARIABLE, with_scheme(url).rstrip("/")))
    distinct = {url: name for name, url in reversed(servers)}
    return [(name, url) for url, name in reversed(distinct.items()) if is_loopback(url)]
