"""A GGUF file run in this process by llama.cpp, with its own template, tokenizer and prompt cache.

llama.cpp's server comes with the wheel; it listens on a loopback port that takes a key made for
this process, and is asked as any other server. Imported only when such a file is asked for.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import replace
from pathlib import Path

from rag_infer.errors import MissingDependencyError, ModelError
from rag_infer.generate.openai_chat import OpenAIChat
from rag_infer.settings import ModelProfile

_DEFAULT_WINDOW = 8192  # tokens; memory grows with it, and few answers need more
_BATCH_TOKENS = 256
_MAGIC = b"GGUF"


class GgufChat(OpenAIChat):
    """A chat model in a GGUF file.

    Args:
        path: The file.
        profile: Its window in tokens, where another than 8,192 is wanted.

    Raises:
        ModelError: The file is no GGUF file, or llama.cpp cannot load it.
        MissingDependencyError: The extra ``gguf`` is not installed.
    """

    def __init__(self, path: Path, profile: ModelProfile | None = None) -> None:
        try:
            import xllamacpp
        except ImportError:
            raise MissingDependencyError(
                "running a GGUF file needs an optional package", where=str(path), extra="gguf"
            ) from None
        _require_gguf(path)
        key, port = secrets.token_urlsafe(24), _unused_port()
        window = (profile and profile.window) or _DEFAULT_WINDOW
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel = window, 1
        params.n_batch = params.n_ubatch = _BATCH_TOKENS
        params.hostnames, params.port, params.api_keys = ["127.0.0.1"], port, [key]
        params.ui, params.offline, params.verbosity = False, True, -1
        for threads in (params.cpuparams, params.cpuparams_batch):
            # Threads that spin while others compute bring writing to a standstill.
            threads.n_threads, threads.poll = thread_count(), 0
        try:
            self._server = xllamacpp.Server(params)
        except Exception as error:  # the wheel raises whatever llama.cpp throws
            raise ModelError(f"llama.cpp cannot load it: {error}", where=str(path)) from error
        address = str(self._server.listening_address).rstrip("/")
        base = profile or ModelProfile(str(path), path.stem)
        super().__init__(
            replace(base, model=path.stem, base_url=f"{address}/v1", api_key=key, api_key_env=None)
        )


def thread_count() -> int:
    """Threads to compute with: one less than the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) - 1)


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=str(path)) from error
    if magic != _MAGIC:
        raise ModelError("not a GGUF file", where=str(path))


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
