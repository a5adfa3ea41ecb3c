"""Runs the application on a socket, with the limits of its connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from types import FrameType
from typing import NoReturn

import uvicorn

from rag_infer.serve.app import create_app
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.connections import close_timed_out, guarded_protocol
from rag_infer.serve.logs import configure_logging
from rag_infer.serve.shard_app import create_shard_app
from rag_infer.serve.uploads import UPLOAD_THREAD_PREFIX

# Requests that run when the server is told to stop get so long: an answer of a model takes a while.
SHUTDOWN_GRACE_S = 20
# Threads that compute hold the interpreter for this long before another one gets it: the default
# of 5 ms adds up where several do and the event loop has many short steps.
SWITCH_INTERVAL_S = 0.001


def run(config: ServerConfig, listener: socket.socket) -> None:
    """Serves until the process is told to stop.

    Args:
        config: What is served.
        listener: A bound socket.

    Raises:
        RagError: An index cannot be opened.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    configure_logging(has_access_log=config.access_log is not None)
    protocol = guarded_protocol(config.limits, config.proxies)
    server = _Server(
        uvicorn.Config(
            create_app(config) if config.shard is None else create_shard_app(config, config.shard),
            http=protocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # rag_infer.serve.proxies: from those that the operator names
            server_header=False,
            timeout_keep_alive=config.limits.idle_timeout_s,
            timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        )
    )

    async def serve() -> None:
        watcher = asyncio.create_task(close_timed_out(protocol, lambda: server.should_exit))
        try:
            await server.serve(sockets=[listener])
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    loop_factory = server.config.get_loop_factory()
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(serve())
    if any(_is_at_work(thread) for thread in threading.enumerate()):
        _exit(0)  # a model in the middle of a prompt cannot be interrupted


class _Server(uvicorn.Server):
    """Stops in order at the first signal, at once at the second.

    That is safe at any moment: an index is a complete generation, an upload that was accepted is
    on disk, and child processes end with this one.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            _exit(128 + sig)
        super().handle_exit(sig, frame)


def _is_at_work(thread: threading.Thread) -> bool:
    is_upload = thread.name.startswith(UPLOAD_THREAD_PREFIX)
    return thread is not threading.main_thread() and (is_upload or not thread.daemon)


def _exit(code: int) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
